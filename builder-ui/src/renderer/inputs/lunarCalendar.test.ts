/** The lunar calendar: leap months, long and short months, and the solar days they are. */
import { expect, it } from "vitest";
import { daysIn, leapMonthOf, solarOf } from "./lunarCalendar";

it.each([[1990, 5], [2020, 4], [2023, 2], [2025, 6], [2026, undefined], [2033, 11]])("%s has %s twice", (year, month) => {
  expect(leapMonthOf(year)).toBe(month);
});

it.each([[{ year: 2020, month: 4, leap: false }, 30], [{ year: 2020, month: 4, leap: true }, 29], [{ year: 2024, month: 12, leap: false }, 29]])("%j has %s days", (month, days) => {
  expect(daysIn(month)).toBe(days);
});

it.each([
  [{ year: 1990, month: 5, leap: false, day: 15 }, "1990-06-07"],
  [{ year: 1990, month: 5, leap: true, day: 15 }, "1990-07-07"],
  [{ year: 2026, month: 1, leap: false, day: 1 }, "2026-02-17"],
  [{ year: 2025, month: 5, leap: true, day: 1 }, undefined],
])("%j is %s", (lunar, solar) => {
  expect(solarOf(lunar)).toBe(solar);
});
