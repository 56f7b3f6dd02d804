/**
 * Lunar dates as the engine writes them, `1990-05-15` and, in a leap month, `1990-L05-15`:
 * and how they are read aloud. Which months a lunar year has, the picker knows.
 */
import { currentLanguage } from "./i18n";

export type LunarDate = { year: number; month: number; leap: boolean; day: number };

const MONTHS = ["正月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "冬月", "腊月"];
const DIGITS = ["十", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

export function parseLunar(text: unknown): LunarDate | undefined {
  const match = typeof text === "string" ? /^(\d{4})-(L?)(\d{2})-(\d{2})$/.exec(text) : null;
  if (!match) return undefined;
  const [, year, leap, month, day] = match;
  return { year: Number(year), month: Number(month), leap: leap === "L", day: Number(day) };
}

export function writeLunar({ year, month, leap, day }: LunarDate): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${leap ? "L" : ""}${two(month)}-${two(day)}`;
}

/** `农历1990年五月十五`, or `1990-05-15 (lunar)` in English. Other text as it is. */
export function formatLunar(text: string): string {
  const lunar = parseLunar(text);
  if (!lunar) return text;
  if (currentLanguage() === "en") return `${text} (lunar)`;
  return `农历${lunar.year}年${lunarMonth(lunar.month, lunar.leap)}${lunarDay(lunar.day)}`;
}

/** `闰五月`; in English `5` and `5 (leap)`. */
export function lunarMonth(month: number, leap: boolean): string {
  if (currentLanguage() === "en") return leap ? `${month} (leap)` : String(month);
  return `${leap ? "闰" : ""}${MONTHS[month - 1] ?? month}`;
}

/** `初一` … `三十`; in English the number. */
export function lunarDay(day: number): string {
  if (currentLanguage() === "en") return String(day);
  if (day <= 10) return `初${DIGITS[day]}`;
  if (day < 20) return `十${DIGITS[day - 10]}`;
  if (day === 20) return "二十";
  if (day < 30) return `廿${DIGITS[day - 20]}`;
  return "三十";
}
