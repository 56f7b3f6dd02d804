/** Which columns a list has, and which of them can be sorted. */
import type { AppModel, EntityModel } from "@/api/types";
import type { FieldSchema, ViewDef } from "@/definition/schema";
import { effective } from "@/renderer/values/effective";

export type Column = { key: string; field: FieldSchema; width: number | undefined; sortable: boolean };

const AUTOMATIC = 7;
const UNSORTED = new Set([
  "long_text", "rich_text", "table", "choices", "tags", "cascade", "json", "lookup", "people", "departments", "relations", "attachment", "image", "signature",
  "address", "location", "secret",
]);
/** What does not fit in a cell of a list that nobody chose the columns of. */
const TOO_LARGE = new Set(["long_text", "rich_text", "table", "json", "address", "location", "secret", "attachment", "signature"]);

/** Fields that every record carries, shown when a view names them. */
const SYSTEM: Record<string, FieldSchema> = {
  created_at: { title: "created_at", "x-kind": "datetime" },
  updated_at: { title: "updated_at", "x-kind": "datetime" },
  owner: { title: "owner", "x-kind": "person" },
  created_by: { title: "created_by", "x-kind": "person" },
  updated_by: { title: "updated_by", "x-kind": "person" },
};

/** The view's columns, else the first seven fields that fit in a cell; `name` translates system fields. */
export function columnsOf(app: AppModel, entity: EntityModel, view: ViewDef | undefined, name: (system: string) => string): Column[] {
  const chosen = view?.columns?.length ? view.columns : automatic(entity);
  return chosen.flatMap(({ field: key, width }) => {
    const field = fieldOf(entity, key, name);
    return field ? [{ key, field: effective(field, app.entities), width, sortable: !UNSORTED.has(field["x-kind"]) }] : [];
  });
}

/** A field of the entity or a system field under its translated name. */
export function fieldOf(entity: EntityModel, key: string, name: (system: string) => string): FieldSchema | undefined {
  const own = entity.schema.properties[key];
  if (own) return own;
  const system = SYSTEM[key];
  return system && { ...system, title: name(key) };
}

function automatic(entity: EntityModel): { field: string; width?: number }[] {
  const title = entity.schema["x-title-field"];
  const keys = Object.keys(entity.schema.properties).filter((key) => !TOO_LARGE.has(entity.schema.properties[key]?.["x-kind"] ?? ""));
  const ordered = title && keys.includes(title) ? [title, ...keys.filter((key) => key !== title)] : keys;
  return ordered.slice(0, AUTOMATIC).map((field) => ({ field }));
}
