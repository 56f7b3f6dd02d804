/** Values as people read them: dates, instants, numbers and money in the language that is on. */
import { currentLanguage } from "./i18n";

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${currentLanguage()}${JSON.stringify(options)}`;
  const known = formats.get(key) as Intl.NumberFormat | undefined;
  const format = known ?? new Intl.NumberFormat(currentLanguage(), options);
  formats.set(key, format);
  return format;
}

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${currentLanguage()}${JSON.stringify(options)}`;
  const known = formats.get(key) as Intl.DateTimeFormat | undefined;
  const format = known ?? new Intl.DateTimeFormat(currentLanguage(), options);
  formats.set(key, format);
  return format;
}

/** `"1234.50"` → `1,234.50`, exactly: the text is grouped, never rounded. Other text as it is. */
export function formatDecimal(value: string | number): string {
  const match = /^(-?)(\d+)(\.\d+)?$/.exec(String(value));
  if (!match) return String(value);
  const [, sign, whole = "", fraction = ""] = match;
  return `${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${fraction}`;
}

/** `("1234.50", "CNY")` → `¥1,234.50`; the digits are the stored ones. */
export function formatMoney(value: string | number, currency: string): string {
  const amount = formatDecimal(value);
  const negative = amount.startsWith("-");
  return `${negative ? "-" : ""}${currencySign(currency)}${negative ? amount.slice(1) : amount}`;
}

/** The sign before an amount, such as `¥`; the code itself where the currency has none. */
export function currencySign(currency: string): string {
  try {
    const parts = numberFormat({ style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0);
    return parts.find((part) => part.type === "currency")?.value ?? currency;
  } catch {
    return `${currency} `;
  }
}

/** `2026-03-01` → `2026年3月1日` or `Mar 1, 2026`. Other text as it is. */
export function formatDate(date: string): string {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at)) return date;
  return dateFormat({ dateStyle: currentLanguage() === "en" ? "medium" : "long", timeZone: "UTC" }).format(at);
}

/** An instant in the workspace's zone, to the minute. */
export function formatInstant(instant: string, zone: string): string {
  const at = Date.parse(instant);
  if (Number.isNaN(at)) return instant;
  return dateFormat({ year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(at);
}

/** `3 小时前`, `in 2 days`; the largest unit that is at least one. Days are those of the calendar, so that 明天 is tomorrow. */
export function formatAgo(instant: string, now: number = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1000;
  if (Number.isNaN(seconds)) return instant;
  const ago = new Intl.RelativeTimeFormat(currentLanguage(), { numeric: "auto" });
  const units: [Intl.RelativeTimeFormatUnit, number][] = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return ago.format(unit === "day" ? daysBetween(now, Date.parse(instant)) : Math.trunc(seconds / length), unit);
}

function daysBetween(from: number, to: number): number {
  return Math.round((new Date(to).setHours(0, 0, 0, 0) - new Date(from).setHours(0, 0, 0, 0)) / 86_400_000);
}

/** `1536` → `1.5 kB`: files as people weigh them, in steps of 1024. */
export function formatBytes(bytes: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return numberFormat({ style: "unit", unit: units[step], maximumFractionDigits: step === 0 ? 0 : 1 }).format(bytes / 1024 ** step);
}

/** The hour of the day in a zone, 0 to 23. */
export function hourIn(zone: string, now: number = Date.now()): number {
  return Number(new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" }).format(now));
}

/** Today in a zone, `2026-03-01`. */
export function todayIn(zone: string, now: number = Date.now()): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now);
}
