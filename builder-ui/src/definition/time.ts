/**
 * Dates, instants and durations as conditions read them. Nothing here reads a clock or the
 * browser's zone: `zone` is always the workspace's.
 */
import type { Json } from "./json";

export type Duration = { amount: number; unit: DurationUnit };
export type DurationUnit = "s" | "min" | "h" | "d" | "w" | "month" | "y";

const DURATION = /^([+-]?\d{1,9})(s|min|h|d|w|month|y)$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const EXACT: Partial<Record<DurationUnit, number>> = { s: 1000, min: 60_000, h: 3_600_000 };
const DAY = 86_400_000;

/** `"-30d"` → `{amount: -30, unit: "d"}`; `null` for anything else. */
export function parseDuration(text: unknown): Duration | null {
  const match = typeof text === "string" ? DURATION.exec(text) : null;
  return match ? { amount: Number(match[1]), unit: match[2] as DurationUnit } : null;
}

export function negated(duration: Duration): Duration {
  return { ...duration, amount: -duration.amount };
}

/** `2026-03-01` and a day that exists. */
export function isDate(value: unknown): value is string {
  if (typeof value !== "string" || !DATE.test(value)) return false;
  const at = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === value;
}

/** `08:30:00`, also with the seconds left out. */
export function isTime(value: unknown): value is string {
  return typeof value === "string" && /^(\d|[01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(value);
}

export function isInstant(value: unknown): value is string {
  return typeof value === "string" && INSTANT.test(value) && !Number.isNaN(Date.parse(value));
}

/** The day `duration` from `date`; month and year clamp to the last day. Units below a day move nothing. */
export function addToDate(date: string, duration: Duration): string {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  switch (duration.unit) {
    case "d":
      return civil(Date.UTC(year, month - 1, day + duration.amount));
    case "w":
      return civil(Date.UTC(year, month - 1, day + 7 * duration.amount));
    case "month":
      return addMonths(year, month, day, duration.amount);
    case "y":
      return addMonths(year, month, day, 12 * duration.amount);
    default:
      return date;
  }
}

/** The instant `duration` from `at` (milliseconds); calendar units keep the wall time in `zone`. */
export function addToInstant(at: number, duration: Duration, zone: string): number {
  const exact = EXACT[duration.unit];
  if (exact !== undefined) return at + exact * duration.amount;
  const wall = at + zoneOffset(at, zone);
  const date = civil(wall);
  const time = wall - Date.parse(`${date}T00:00:00Z`);
  return fromWall(Date.parse(`${addToDate(date, duration)}T00:00:00Z`) + time, zone);
}

/** The day in `zone` at the instant. */
export function dateIn(at: number, zone: string): string {
  return civil(at + zoneOffset(at, zone));
}

/** The first instant of the day in `zone`. */
export function startOfDate(date: string, zone: string): number {
  return fromWall(Date.parse(`${date}T00:00:00Z`), zone);
}

function addMonths(year: number, month: number, day: number, amount: number): string {
  const first = new Date(Date.UTC(year, month - 1 + amount, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return civil(first.getTime() + (Math.min(day, last) - 1) * DAY);
}

function civil(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/**
 * The instant whose wall clock in `zone` shows `wall` (milliseconds as if UTC). Of two, when clocks were put back, the earlier;
 * in a gap the time after it.
 */
function fromWall(wall: number, zone: string): number {
  const before = wall - zoneOffset(wall - DAY, zone);
  const after = wall - zoneOffset(wall + DAY, zone);
  const shown = [before, after].filter((at) => at + zoneOffset(at, zone) === wall);
  return shown.length > 0 ? Math.min(...shown) : before;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds that wall clocks in `zone` are ahead of UTC at the instant. */
function zoneOffset(at: number, zone: string): number {
  if (zone === "UTC") return 0;
  const format = formats.get(zone) ?? makeFormat(zone);
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  return wall - Math.floor(at / 1000) * 1000;
}

function makeFormat(zone: string): Intl.DateTimeFormat {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}

/** A date or an instant with a duration added; anything else as it is. */
export function moved(value: Json | undefined, plus: string | undefined, zone: string): Json | undefined {
  const duration = parseDuration(plus);
  if (!duration) return value;
  if (isDate(value)) return addToDate(value, duration);
  return isInstant(value) ? new Date(addToInstant(Date.parse(value), duration, zone)).toISOString() : value;
}
