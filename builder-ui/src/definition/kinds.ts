/** The kinds of field: how they are grouped for people, what a new one looks like, what may be asked of them. */

import type { Operator } from "./condition";
import type { FieldSchema } from "./entity";

export const KINDS = [
  "text", "long_text", "integer", "decimal", "percent", "money", "boolean", "choice", "choices", "tags",
  "date", "datetime", "lunar_date", "phone", "email", "url", "serial", "person", "relation", "table", "computed", "rollup", "grade",
] as const;

export type FieldKind = (typeof KINDS)[number];

export type KindGroup = "text" | "number" | "choice" | "time" | "link" | "derived";

/** Palette order; titles are texts `kind.<kind>` and `kindGroup.<group>`. */
export const KIND_GROUPS: { group: KindGroup; kinds: FieldKind[] }[] = [
  { group: "text", kinds: ["text", "long_text", "phone", "email", "url", "serial"] },
  { group: "number", kinds: ["integer", "decimal", "money", "percent"] },
  { group: "choice", kinds: ["choice", "choices", "tags", "boolean"] },
  { group: "time", kinds: ["date", "datetime", "lunar_date"] },
  { group: "link", kinds: ["person", "relation", "table"] },
  { group: "derived", kinds: ["computed", "rollup", "grade"] },
];

const DERIVED = new Set<string>(["computed", "rollup", "grade", "lookup", "serial"]);
const LISTS = new Set<string>(["choices", "tags", "relations", "people", "departments"]);

export function isKind(kind: string | undefined): kind is FieldKind {
  return (KINDS as readonly string[]).includes(kind ?? "");
}

/** Whether the engine fills the field and nobody else. */
export function isDerived(kind: string | undefined): boolean {
  return DERIVED.has(kind ?? "");
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
    case "relation":
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
      return ["eq", "ne", "contains", "not_contains", "starts_with", "in", "not_in", "empty", "not_empty"];
    case "choice":
    case "person":
    case "relation":
      return ["eq", "ne", "in", "not_in", "empty", "not_empty"];
    case "date":
    case "datetime":
      return ["eq", "gt", "gte", "lt", "lte", "within_last", "within_next", "empty", "not_empty"];
    case "boolean":
      return ["eq", "empty", "not_empty"];
    case "table":
    case "lunar_date":
      return ["empty", "not_empty"];
    default:
      return ["eq", "ne", "gt", "gte", "lt", "lte", "in", "empty", "not_empty"];
  }
}
