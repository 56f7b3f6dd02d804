/**
 * The definitions as authored, as far as the interface reads them: entities (a JSON Schema with
 * `x-` keywords), forms, views and menus. Keys that are not named here are kept as they are.
 */
import type { Json } from "./json";

/** The record's fields by key, as the API gives and takes them. */
export type Fields = Record<string, unknown>;

/** The closed tree of `definitions.md`; judged by `condition.ts`. */
export type Condition = { [key: string]: Json };

export type FieldKind =
  | "text" | "long_text" | "rich_text" | "email" | "url" | "phone" | "id_card" | "company_code" | "barcode" | "color" | "secret"
  | "integer" | "money" | "decimal" | "percent" | "boolean" | "choice" | "choices" | "tags" | "cascade"
  | "date" | "datetime" | "time" | "lunar_date" | "duration"
  | "relation" | "person" | "department" | "relations" | "people" | "departments"
  | "table" | "attachment" | "image" | "signature" | "address" | "location" | "rating" | "json"
  | "serial" | "computed" | "rollup" | "lookup" | "grade";

export type FieldSchema = {
  title?: string;
  description?: string;
  "x-kind": FieldKind;
  type?: string | string[];
  enum?: string[];
  "x-labels"?: Record<string, string>;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  "x-minimum"?: string;
  "x-maximum"?: string;
  "x-scale"?: number;
  "x-currency"?: string;
  /** The kind that a `computed` field has. */
  "x-result"?: FieldKind;
  "x-show"?: Condition;
  "x-require"?: Condition;
  "x-readonly"?: Condition | boolean;
  "x-on-hide"?: "clear" | "keep" | "ignore";
  "x-options"?: { when?: Condition; only: string[] }[] | { where: Condition };
  "x-relation"?: { entity: string; on_delete?: "refuse" | "clear" | "cascade" };
  "x-rollup"?: { entity: string; via: string; aggregate: string; field?: string; where?: Condition; by?: string };
  "x-compute"?: string | { script: string };
  "x-grade"?: string;
  "x-unique"?: boolean;
  "x-search"?: boolean;
  default?: Json;
  /** The rows of a `table`. */
  items?: EntitySchema;
  [keyword: string]: unknown;
};

export type EntitySchema = {
  title?: string;
  type?: "object";
  required?: string[];
  properties: Record<string, FieldSchema>;
  "x-title-field"?: string;
  "x-owner"?: boolean;
  [keyword: string]: unknown;
};

/** One element of a form's layout: the vocabulary of JSON Forms' UI schema. */
export type LayoutElement =
  | { type: "VerticalLayout" | "HorizontalLayout"; elements: LayoutElement[] }
  | { type: "Group"; label?: string; elements: LayoutElement[] }
  | { type: "Categorization"; elements: LayoutElement[] }
  | { type: "Category"; label?: string; elements: LayoutElement[] }
  | { type: "Control"; scope: string; label?: string | false; options?: Fields }
  | { type: "Label"; text: string };

export type FormField = { required?: boolean; readonly?: boolean; hidden?: boolean; default?: Json; help?: string };

export type FormDef = {
  title?: string;
  entity: string;
  layout?: LayoutElement;
  fields?: Record<string, FormField>;
  [key: string]: unknown;
};

export type ViewDef = {
  title?: string;
  entity: string;
  type?: "table" | "board" | "calendar" | "gallery";
  where?: Condition;
  sort?: string | string[];
  columns?: { field: string; width?: number }[];
  [key: string]: unknown;
};

export type MenuItem = { view?: string; form?: string; dashboard?: string; items?: MenuItem[]; title?: string; icon?: string };
export type MenuDef = { title?: string; items: MenuItem[] };

/** `#/properties/name` → `name`; `undefined` for any other scope. */
export function scopeField(scope: string): string | undefined {
  return /^#\/properties\/([^/]+)$/.exec(scope)?.[1];
}
