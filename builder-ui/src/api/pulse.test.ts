/** After a change one looks often, and then seldom again. */
import { expect, it } from "vitest";
import { noteChange, pulse } from "./pulse";

it("is quick in the aftermath of a change and slow after it", () => {
  expect(pulse(60_000, 0)).toBe(60_000);
  noteChange(1_000);
  expect(pulse(60_000, 2_000)).toBe(1_500);
  expect(pulse(false, 60_000)).toBe(false);
});
