/** What a person chooses about an import, and what the server is asked for with it. */
import type { FileColumn, ImportMode, ImportOptions, ToldRow } from "@/api/transfer";
import type { EntityModel } from "@/api/types";
import { isDerived } from "@/definition/kinds";

export type Choice = {
  /** Header to field, once somebody has changed what the server guessed; an empty field leaves the column out. */
  map: Record<string, string> | undefined;
  mode: ImportMode;
  /** By which field a row finds its record, where rows may change records. */
  key: string | undefined;
  workflows: boolean;
  clearEmpty: boolean;
  /** Rules of level confirm that were confirmed. */
  confirm: string[];
};

export const FIRST_CHOICE: Choice = { map: undefined, mode: "create", key: undefined, workflows: true, clearEmpty: false, confirm: [] };

export type Target = { value: string; label: string };

export function optionsOf(choice: Choice, isTrial: boolean): ImportOptions {
  const { map, mode, key, workflows, clearEmpty, confirm } = choice;
  const changes = mode !== "create" && key !== undefined;
  return { map: mapOf(map, key), mode: changes ? mode : "create", key: changes ? [key] : [], dry_run: isTrial, workflows, clear_empty: changes && clearEmpty, confirm };
}

/** The column of ids is read only where it says which record is meant. */
function mapOf(map: Choice["map"], key: string | undefined): Record<string, string> | undefined {
  if (map === undefined) return undefined;
  return Object.fromEntries(Object.entries(map).map(([header, field]) => [header, isId(header) ? (key === "id" ? "id" : "") : field]));
}

/** The mapping with one column changed; a field goes to one column only. */
export function mapped(columns: readonly FileColumn[], map: Choice["map"], header: string, field: string): Record<string, string> {
  const before = map ?? Object.fromEntries(columns.map((column) => [column.header, column.field ?? ""]));
  const freed = Object.entries(before).map(([known, target]) => [known, target === field && field !== "" ? "" : target]);
  return { ...Object.fromEntries(freed), [header]: field };
}

export function targetOf(column: FileColumn, map: Choice["map"]): string {
  return map?.[column.header] ?? column.field ?? "";
}

/** Whether a column holds the ids of records, as in a file that was exported. */
export function isId(header: string): boolean {
  return header.trim().toLowerCase() === "id";
}

/** The fields that a column may go to, those of sub-tables among them. */
export function targetsOf(entity: EntityModel, owner: string): Target[] {
  const own = Object.entries(entity.schema.properties).filter(([key, field]) => {
    const kind = field["x-kind"];
    return entity.fields[key] === "write" && (kind === "serial" || !isDerived(kind));
  });
  const fields = own.flatMap(([key, field]): Target[] => {
    if (field["x-kind"] !== "table") return [{ value: key, label: field.title }];
    const columns = Object.entries(field.items?.properties ?? {}).filter(([, column]) => !isDerived(column["x-kind"]));
    return columns.map(([column, { title }]) => ({ value: `${key}.${column}`, label: `${field.title}.${title}` }));
  });
  return entity.schema["x-owner"] ? [...fields, { value: "owner", label: owner }] : fields;
}

/** The fields by which a row may find its record: unique, with a column in the file. */
export function keysOf(entity: EntityModel, columns: readonly FileColumn[], map: Choice["map"]): Target[] {
  const fields = columns.flatMap((column): Target[] => {
    if (isId(column.header)) return [{ value: "id", label: column.header }];
    const key = targetOf(column, map);
    const field = entity.schema.properties[key];
    return field && (field["x-unique"] || field["x-kind"] === "serial") ? [{ value: key, label: field.title }] : [];
  });
  return fields.filter(({ value }, index) => fields.findIndex((one) => one.value === value) === index);
}

/** What rules ask to confirm among wrong rows: rule to its sentence. */
export function questionsOf(rows: readonly ToldRow[]): Record<string, string> {
  const asked = rows.flatMap((row) => row.problems).filter((problem) => problem.code === "rule.confirm" && problem.rule !== undefined);
  return Object.fromEntries(asked.map((problem) => [problem.rule!, problem.message]));
}
