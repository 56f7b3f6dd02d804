/** What lists of every kind must look like: options, codes of a cascade, ids, files, rows. */
import type { FieldSchema } from "./entity";
import { isObject } from "./json";
import type { Fault } from "./shape";
import { optionFault } from "./shapeText";

/** Items when the field does not say. */
const MOST: Record<string, number> = { table: 1000 };
const ITEMS = 200;
const EXPECTED: Record<string, string> = { table: "rows", cascade: "codes", attachment: "files", image: "files", people: "ids", departments: "ids", relations: "ids" };

export function listFault(field: FieldSchema, value: unknown): Fault | undefined {
  const kind = field["x-kind"];
  const isFile = kind === "attachment" || kind === "image";
  const fits = (item: unknown) => (kind === "table" ? isObject(item) : isFile ? isObject(item) && typeof item["id"] === "string" : typeof item === "string");
  if (!Array.isArray(value) || !value.every(fits)) return { code: "record.wrong_type", args: { expected: EXPECTED[kind] ?? "texts" } };
  return countFault(field, value.length) ?? itemsFault(field, value);
}

function countFault(field: FieldSchema, items: number): Fault | undefined {
  const max = field.maxItems ?? MOST[field["x-kind"]] ?? ITEMS;
  const min = field.minItems ?? 0;
  if (items > max) return { code: "record.too_many", args: { max } };
  return items > 0 && items < min ? { code: "record.too_few", args: { min } } : undefined;
}

function itemsFault(field: FieldSchema, items: unknown[]): Fault | undefined {
  if (field["x-kind"] === "table" || field["x-kind"] === "cascade") return undefined;
  const texts = items.map((item) => (isObject(item) ? String(item["id"]) : String(item)));
  const twice = texts.find((text, index) => texts.indexOf(text) !== index);
  if (twice !== undefined) return { code: "record.duplicate_item", args: { value: twice } };
  if (field["x-kind"] !== "choices" && field["x-kind"] !== "tags") return undefined;
  return texts.map((text) => optionFault(field, text)).find((fault) => fault !== undefined);
}
