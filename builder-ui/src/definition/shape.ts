/**
 * Whether a value is of its field's kind: what the engine's first step would say, said at the field
 * before anything is sent. Codes and arguments are the engine's; what this file cannot know (regions,
 * references, uniqueness) it lets pass, so that it never refuses what the engine takes.
 */
import { compareDecimals } from "./decimal";
import type { FieldSchema } from "./entity";
import { isObject } from "./json";
import { listFault } from "./shapeList";
import { codePoints, textFault } from "./shapeText";
import { isDate, isInstant } from "./time";

/** `code` is one of the engine's; `args` fill its sentence, `expected` being a word of its own. */
export type Fault = { code: string; args?: { [name: string]: string | number } };
/** A fault and the JSON pointer below the field, such as `/0/price`; empty for the field itself. */
export type FaultAt = Fault & { below: string; field: FieldSchema };

/** Text that is no JSON yet, kept as typed until it is. */
export const UNREADABLE = "$unreadable";
export const JSON_BYTES = 64 * 1024;

const BEYOND = 2 ** 53;
const DIGITS = 15;
const SCALES: Record<string, number> = { money: 2, percent: 2, decimal: 4 };

export const wrongType = (expected: string): Fault => ({ code: "record.wrong_type", args: { expected } });
export const wrongFormat = (expected: string): Fault => ({ code: "record.format", args: { expected } });

/** Everything that is wrong with a value; nothing for an empty one. */
export function faultsOf(field: FieldSchema, value: unknown): FaultAt[] {
  if (value === undefined || value === null || value === "") return [];
  if (field["x-kind"] === "table") return tableFaults(field, value);
  const fault = faultOf(field, value);
  return fault ? [{ ...fault, below: "", field }] : [];
}

function tableFaults(field: FieldSchema, value: unknown): FaultAt[] {
  const whole = listFault(field, value);
  if (whole) return [{ ...whole, below: "", field }];
  return (value as unknown[]).flatMap((row, index) =>
    Object.entries(field.items?.properties ?? {}).flatMap(([key, column]) =>
      faultsOf(column, isObject(row) ? row[key] : undefined).map((fault) => ({ ...fault, below: `/${index}/${key}${fault.below}` })),
    ),
  );
}

function faultOf(field: FieldSchema, value: unknown): Fault | undefined {
  switch (field["x-kind"]) {
    case "boolean":
      return typeof value === "boolean" ? undefined : wrongType("boolean");
    case "integer":
      return integerFault(field, value);
    case "rating":
      return ratingFault(field, value);
    case "money":
    case "decimal":
    case "percent":
      return decimalFault(field, value);
    case "date":
      return isDate(value) ? undefined : wrongFormat("date");
    case "datetime":
      return isInstant(value) ? undefined : wrongFormat("datetime");
    case "lunar_date":
      return /^\d{4}-L?(0[1-9]|1[0-2])-(0[1-9]|[12]\d|30)$/.test(String(value)) ? undefined : wrongFormat("lunar_date");
    case "location":
      return locationFault(value);
    case "address":
      return addressFault(value);
    case "json":
      return jsonFault(value);
    case "choices":
    case "tags":
    case "cascade":
    case "people":
    case "departments":
    case "relations":
    case "attachment":
    case "image":
      return listFault(field, value);
    default:
      return textFault(field, value);
  }
}

function integerFault(field: FieldSchema, value: unknown): Fault | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return wrongType("integer");
  const [min, max] = [field.minimum ?? 1 - BEYOND, field.maximum ?? BEYOND - 1];
  if (value < min) return { code: "record.too_small", args: { min } };
  return value > max ? { code: "record.too_large", args: { max } } : undefined;
}

function ratingFault(field: FieldSchema, value: unknown): Fault | undefined {
  if (typeof value !== "number" || !Number.isInteger(value)) return wrongType("integer");
  const max = field["x-max"] ?? 5;
  if (value < 0) return { code: "record.too_small", args: { min: 0 } };
  return value > max ? { code: "record.too_large", args: { max } } : undefined;
}

function decimalFault(field: FieldSchema, value: unknown): Fault | undefined {
  const match = /^-?(\d+)(?:\.(\d+))?$/.exec(typeof value === "number" && Number.isInteger(value) ? String(value) : typeof value === "string" ? value : "");
  if (!match) return wrongType("decimal");
  const [text, whole = "", fraction = ""] = match;
  const scale = field["x-scale"] ?? SCALES[field["x-kind"]] ?? 2;
  if (fraction.length > scale) return { code: "record.scale", args: { scale } };
  if (whole.replace(/^0+/, "").length > DIGITS - scale) return { code: "record.too_many_digits", args: { max: DIGITS } };
  const [min, max] = [field["x-minimum"], field["x-maximum"]];
  if (min !== undefined && (compareDecimals(text, min) ?? 0) < 0) return { code: "record.too_small", args: { min } };
  if (max !== undefined && (compareDecimals(text, max) ?? 0) > 0) return { code: "record.too_large", args: { max } };
  return undefined;
}

function locationFault(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrongType("location");
  const { lat, lng } = value;
  if (typeof lat !== "number" || typeof lng !== "number") return wrongType("location");
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 ? undefined : wrongFormat("location");
}

function addressFault(value: unknown): Fault | undefined {
  if (!isObject(value)) return wrongType("address");
  const { region, detail } = value;
  if (region !== undefined && region !== null && !Array.isArray(region)) return wrongType("address");
  if (detail !== undefined && detail !== null && typeof detail !== "string") return wrongType("address");
  return typeof detail === "string" && codePoints(detail) > 500 ? { code: "record.too_long", args: { max: 500 } } : undefined;
}

function jsonFault(value: unknown): Fault | undefined {
  if (isObject(value) && UNREADABLE in value) return { code: "record.format", args: { expected: "json", ...unreadableAt(String(value[UNREADABLE])) } };
  const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
  return bytes > JSON_BYTES ? { code: "record.too_large_bytes", args: { max: JSON_BYTES / 1024 } } : undefined;
}

/** Line and column, from 1, of the first character that is no JSON; the end of the text where the browser does not say. */
export function unreadableAt(text: string): { line: number; column: number } | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : "";
    const [, line, column] = /line (\d+) column (\d+)/.exec(said) ?? [];
    if (line && column) return { line: Number(line), column: Number(column) };
    const before = text.slice(0, Number(/position (\d+)/.exec(said)?.[1] ?? text.length)).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  }
}
