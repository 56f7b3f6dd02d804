/** Decimal strings compared exactly, without floating point: `"10.50"` equals `10.5`, `"-0"` equals `"0"`. */

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Whether the value is a number or a string such as `"12.50"`. */
export function isDecimal(value: unknown): value is string | number {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" && DECIMAL.test(value);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`; `null` if one is no decimal. */
export function compareDecimals(a: string | number, b: string | number): number | null {
  const left = parse(a);
  const right = parse(b);
  if (!left || !right) return null;
  const places = Math.max(left.fraction.length, right.fraction.length);
  const difference = scaled(left, places) - scaled(right, places);
  if (difference === 0n) return 0;
  return difference < 0n ? -1 : 1;
}

type Parsed = { negative: boolean; whole: string; fraction: string };

function parse(value: string | number): Parsed | null {
  const match = DECIMAL.exec(typeof value === "number" ? plain(value) : value);
  if (!match) return null;
  return { negative: match[1] === "-", whole: match[2] ?? "0", fraction: match[3] ?? "" };
}

function scaled(value: Parsed, places: number): bigint {
  const digits = BigInt(value.whole + value.fraction.padEnd(places, "0"));
  return value.negative ? -digits : digits;
}

/** A number without an exponent; JSON numbers in definitions stay within 2⁵³ and few places. */
function plain(value: number): string {
  const text = String(value);
  return text.includes("e") ? value.toFixed(20).replace(/\.?0+$/, "") : text;
}
