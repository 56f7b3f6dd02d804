/** What a derived field looks like: a computed field as its result, a rollup or a lookup as the field it comes from. */
import type { AppModel } from "@/api/types";
import type { FieldSchema } from "@/definition/schema";

const COUNTED = new Set(["count"]);

/** The field to draw, filter and align by. Where its source is not visible, its values' shape decides when shown. */
export function effective(field: FieldSchema, entities: AppModel["entities"]): FieldSchema {
  const kind = field["x-kind"];
  if (kind === "computed") return { ...field, "x-kind": field["x-result"] ?? "text" };
  if (kind === "lookup") return lookedUp(field, entities);
  if (kind !== "rollup") return field;
  const rollup = field["x-rollup"];
  if (!rollup || COUNTED.has(rollup.aggregate)) return { ...field, "x-kind": "integer" };
  const source = rollup.field === undefined ? undefined : entities[rollup.entity]?.schema.properties[rollup.field];
  if (!source) return { ...field, "x-kind": "guess" };
  const { title: _, ...shape } = effective(source, entities);
  return { ...shape, title: field.title };
}

/** The field that a lookup reads: of the entity that its relation leads to. */
function lookedUp(field: FieldSchema, entities: AppModel["entities"]): FieldSchema {
  const lookup = field["x-lookup"];
  const own = Object.values(entities).find(({ schema }) => Object.values(schema.properties).includes(field))?.schema.properties;
  const target = own?.[lookup?.via ?? ""]?.["x-relation"]?.entity;
  const source = entities[target ?? ""]?.schema.properties[lookup?.field ?? ""];
  if (!source || source["x-kind"] === "lookup") return { ...field, "x-kind": "guess" };
  return { ...effective(source, entities), title: field.title };
}

/** The kind of a value whose field is not known. */
export function guessKind(value: unknown): string {
  if (typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value))) return "decimal";
  if (typeof value !== "string") return "text";
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return "date";
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? "datetime" : "text";
}

const FIGURES = new Set(["money", "integer", "decimal", "percent", "duration"]);

/** Whether a column of an effective field is set to the right, as figures are. */
export function isFigure(field: FieldSchema): boolean {
  return FIGURES.has(field["x-kind"]);
}
