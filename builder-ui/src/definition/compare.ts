/**
 * How two values of one field compare: numbers and decimal strings exactly, instants by time,
 * grade letters in the order of their bands, everything else by code points.
 */

import { compareDecimals, isDecimal } from "./decimal";
import type { Json } from "./json";
import { isInstant } from "./time";

/** What a comparison must know of a field; `letters` are a grade's bands, best first, `columns` those of a table. */
export type Kinds = { [field: string]: { kind: string; letters?: readonly string[]; columns?: Kinds } | undefined };

const NUMBERS = new Set(["integer", "decimal", "money", "percent", "rollup", "rating"]);

/** Absent, `""`, `[]` and `{}` are empty; `0` and `false` are not. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "") return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Negative, zero, positive; `null` where the two cannot be compared or one is absent. */
export function compareValues(left: Json | undefined, right: Json | undefined, field: Kinds[string]): number | null {
  if (left === undefined || left === null || right === undefined || right === null) return null;
  if (field?.letters) return compareLetters(left, right, field.letters);
  if (areNumbers(left, right, field?.kind)) return compareDecimals(left as string, right as string);
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  if (isInstant(left) && isInstant(right)) return Date.parse(left) - Date.parse(right);
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right, field?.kind);
  return isSame(left, right) ? 0 : null;
}

/** Equal as JSON: the order of an object's keys says nothing. */
function isSame(left: Json, right: Json): boolean {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return left === right;
  if (Array.isArray(left) || Array.isArray(right)) {
    const both = Array.isArray(left) && Array.isArray(right) && left.length === right.length;
    return both && left.every((item, index) => isSame(item, right[index] ?? null));
  }
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length && keys.every((key) => key in right && isSame(left[key] ?? null, right[key] ?? null));
}

const LUNAR = /^(\d{4}-)(L?)(\d{2})(-\d{2})$/;

/** Texts by code points; lunar days as they follow one another: a leap month comes after the month of its name. */
function compareTexts(left: string, right: string, kind: string | undefined): number {
  const lunar = kind === "lunar_date" || (kind === undefined && LUNAR.test(left) && LUNAR.test(right));
  const key = (text: string) => (lunar ? text.replace(LUNAR, "$1$3$2$4") : text);
  return compareText(key(left), key(right));
}

/** By code points, as `COLLATE "C"` does; JavaScript's `<` compares UTF-16 units. */
export function compareText(left: string, right: string): number {
  const a = Array.from(left);
  const b = Array.from(right);
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const difference = (a[index]?.codePointAt(0) ?? 0) - (b[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Whether both are texts and `test` holds for them in lower case. */
export function textHas(left: unknown, right: unknown, test: (text: string, part: string) => boolean): boolean {
  return typeof left === "string" && typeof right === "string" && test(lowerAscii(left), lowerAscii(right));
}

/** The case of A–Z only is ignored; a Turkish İ or a full-width Ａ stays what it is. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** Whether both are lists and the first has any or all of the second. */
export function listHas(left: unknown, right: unknown, mode: "any" | "all"): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return false;
  // Items are texts and ids: `"10"` and `"10.0"` are two.
  const has = (wanted: unknown) => left.includes(wanted);
  return mode === "any" ? right.some(has) : right.every(has);
}

function areNumbers(left: Json, right: Json, kind: string | undefined): boolean {
  if (!isDecimal(left) || !isDecimal(right)) return false;
  if (kind !== undefined) return NUMBERS.has(kind) || typeof left === "number";
  return typeof left === "number" || typeof right === "number" || (left.includes(".") && right.length > 0);
}

/** A better letter is greater: with bands A, B, C `A` is `gt` `B`. */
function compareLetters(left: Json, right: Json, letters: readonly string[]): number | null {
  const a = letters.indexOf(String(left));
  const b = letters.indexOf(String(right));
  return a < 0 || b < 0 ? null : b - a;
}
