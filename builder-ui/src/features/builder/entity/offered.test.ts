/** The palette and the engine know the same kinds. */
import { expect, it } from "vitest";
import { KINDS } from "@/definition/kinds";
import { $defs } from "@schema/entity.schema.json";
import { OFFERED, OFFERED_COLUMNS } from "./offered";

it("offers every kind that the engine takes, once, and none that it refuses", () => {
  const offered = OFFERED.flatMap(({ kinds }) => kinds);
  expect([...offered].sort()).toEqual([...$defs.FieldKind.enum].sort());
});

it("has a place for every kind, and no column of what lives on the record", () => {
  expect(KINDS).toEqual(expect.arrayContaining($defs.FieldKind.enum));
  expect(OFFERED_COLUMNS).not.toEqual(expect.arrayContaining(["table"]));
});
