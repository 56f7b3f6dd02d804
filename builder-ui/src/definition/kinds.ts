/** The kinds of field: how they are grouped for people, what a new one looks like, what may be asked of them. */

import type { Operator } from "./condition";
import type { FieldSchema } from "./entity";

export const KINDS = [
  "text", "long_text", "rich_text", "phone", "email", "url", "id_card", "company_code", "barcode", "secret", "serial", "json",
  "integer", "decimal", "money", "percent", "rating",
  "choice", "choices", "tags", "cascade", "boolean", "color",
  "date", "datetime", "time", "duration", "lunar_date",
  "address", "location", "attachment", "image", "signature",
  "person", "people", "department", "departments", "relation", "relations", "table",
  "computed", "rollup", "lookup", "grade",
] as const;

export type FieldKind = (typeof KINDS)[number];

export type KindGroup = "text" | "number" | "choice" | "time" | "place" | "file" | "link" | "derived";

/** Palette order; titles are texts `kind.<kind>` and `kindGroup.<group>`. */
export const KIND_GROUPS: { group: KindGroup; kinds: FieldKind[] }[] = [
  { group: "text", kinds: ["text", "long_text", "rich_text", "phone", "email", "url", "id_card", "company_code", "barcode", "secret", "serial", "json"] },
  { group: "number", kinds: ["integer", "decimal", "money", "percent", "rating"] },
  { group: "choice", kinds: ["choice", "choices", "tags", "cascade", "boolean", "color"] },
  { group: "time", kinds: ["date", "datetime", "time", "duration", "lunar_date"] },
  { group: "place", kinds: ["address", "location"] },
  { group: "file", kinds: ["attachment", "image", "signature"] },
  { group: "link", kinds: ["person", "people", "department", "departments", "relation", "relations", "table"] },
  { group: "derived", kinds: ["computed", "rollup", "lookup", "grade"] },
];

/** Kinds that a sub-table has no column of: they live on the record itself. */
export const COLUMN_KINDS: readonly FieldKind[] = KINDS.filter((kind) => !["table", "rollup", "grade", "serial", "lookup", "relations", "secret"].includes(kind));

const DERIVED = new Set<string>(["computed", "rollup", "grade", "lookup", "serial"]);
const LISTS = new Set<string>(["choices", "tags", "relations", "people", "departments"]);
const UNIQUE = new Set<string>(["text", "phone", "email", "url", "id_card", "company_code", "barcode", "integer", "date", "datetime", "lunar_date", "person", "department", "relation"]);
const SEARCHED = new Set<string>(["text", "long_text", "rich_text", "phone", "email", "url", "id_card", "company_code", "barcode", "tags", "serial"]);

export function isKind(kind: string | undefined): kind is FieldKind {
  return (KINDS as readonly string[]).includes(kind ?? "");
}

/** Whether the engine fills the field and nobody else. */
export function isDerived(kind: string | undefined): boolean {
  return DERIVED.has(kind ?? "");
}

/** Whether `x-unique` makes sense for the kind. */
export function mayBeUnique(kind: string): boolean {
  return UNIQUE.has(kind);
}

/** Whether search can find a record by a field of the kind. */
export function mayBeSearched(kind: string): boolean {
  return SEARCHED.has(kind);
}

/** The smallest field of a kind that says what it is; the author fills in the rest. */
export function newField(kind: FieldKind, title: string): FieldSchema {
  const base: FieldSchema = { title, "x-kind": kind };
  switch (kind) {
    case "choice":
    case "choices":
      return { ...base, enum: [], "x-labels": {} };
    case "money":
      return { ...base, "x-currency": "CNY" };
    case "serial":
      return { ...base, "x-serial": "NO-{yyyy}{mm}-{seq:5}" };
    case "rating":
      return { ...base, "x-max": 5 };
    case "lookup":
      return { ...base, "x-lookup": { via: "", field: "" } };
    case "relation":
    case "relations":
      return { ...base, "x-relation": { entity: "", on_delete: "refuse" } };
    case "table":
      return { ...base, items: { type: "object", properties: {} } };
    case "computed":
      return { ...base, "x-result": "decimal", "x-compute": "" };
    case "rollup":
      return { ...base, "x-rollup": { entity: "", via: "", aggregate: "count" } };
    case "grade":
      return { ...base, "x-grade": "" };
    default:
      return base;
  }
}

/** The comparisons that make sense for a kind, the commonest first. `changed…` only where `triggers`. */
export function operatorsFor(kind: string | undefined): Operator[] {
  if (LISTS.has(kind ?? "")) return ["has", "has_any", "has_all", "empty", "not_empty"];
  switch (kind) {
    case "text":
    case "long_text":
    case "email":
    case "url":
    case "phone":
    case "serial":
    case "id_card":
    case "company_code":
    case "barcode":
      return ["eq", "ne", "contains", "not_contains", "starts_with", "in", "not_in", "empty", "not_empty"];
    case "choice":
    case "person":
    case "relation":
    case "color":
      return ["eq", "ne", "in", "not_in", "empty", "not_empty"];
    case "department":
      return ["under", "eq", "ne", "in", "not_in", "empty", "not_empty"];
    case "cascade":
    case "address":
      return ["under", "empty", "not_empty"];
    case "date":
    case "datetime":
      return ["eq", "gt", "gte", "lt", "lte", "within_last", "within_next", "empty", "not_empty"];
    case "time":
    case "lunar_date":
      return ["eq", "gt", "gte", "lt", "lte", "empty", "not_empty"];
    case "boolean":
      return ["eq", "empty", "not_empty"];
    case "duration":
      return ["eq", "ne", "empty", "not_empty"];
    case "table":
    case "rich_text":
    case "secret":
    case "json":
    case "location":
    case "attachment":
    case "image":
    case "signature":
      return ["empty", "not_empty"];
    default:
      return ["eq", "ne", "gt", "gte", "lt", "lte", "in", "empty", "not_empty"];
  }
}
