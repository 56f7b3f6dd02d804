/** What a lunar year and month hold, by the calendar library that the engine's is the sister of. Loaded with the picker. */
import { LunarDay, LunarMonth, LunarYear } from "tyme4ts";
import type { LunarDate } from "@/lib/lunar";

/** The month that the year has twice, if any. */
export function leapMonthOf(year: number): number | undefined {
  return LunarYear.fromYear(year).getLeapMonth() || undefined;
}

/** 30 in a 大月, 29 in a 小月. */
export function daysIn({ year, month, leap }: Pick<LunarDate, "year" | "month" | "leap">): number {
  return LunarMonth.fromYm(year, leap ? -month : month).getDayCount();
}

/** The day of the solar calendar, `2020-06-06`; `undefined` for a lunar day that does not exist. */
export function solarOf({ year, month, leap, day }: LunarDate): string | undefined {
  try {
    const solar = LunarDay.fromYmd(year, leap ? -month : month, day).getSolarDay();
    const two = (value: number) => String(value).padStart(2, "0");
    return `${String(solar.getYear()).padStart(4, "0")}-${two(solar.getMonth())}-${two(solar.getDay())}`;
  } catch {
    return undefined;
  }
}
