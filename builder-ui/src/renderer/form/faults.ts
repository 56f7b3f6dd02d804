/** Faults of values as the sentences that the engine would say about them, in the language that is on. */
import i18next from "i18next";
import type { Violation } from "@/api/client";
import { isEmpty } from "@/definition/compare";
import type { FieldSchema } from "@/definition/schema";
import { type FaultAt, faultsOf } from "@/definition/shape";

/** A required field that is empty. */
export function missing(key: string, field: FieldSchema): Violation {
  return violation(`/${key}`, { code: "record.required", below: "", field });
}

/** A field some of whose files are still on their way. */
export function uploading(key: string, field: FieldSchema): Violation {
  return violation(`/${key}`, { code: "record.uploading", below: "", field });
}

/** What is wrong with the value of one field, each at its place. */
export function violationsOf(key: string, field: FieldSchema, value: unknown): Violation[] {
  return [...missingCells(key, field, value), ...faultsOf(field, value).map((fault) => violation(`/${key}${fault.below}`, fault))];
}

function missingCells(key: string, field: FieldSchema, rows: unknown): Violation[] {
  const columns = (field.items?.required ?? []).flatMap((name) => {
    const column = field.items?.properties[name];
    return column && column.default === undefined ? [{ name, column }] : [];
  });
  return (Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []).flatMap((row, index) =>
    columns.filter(({ name }) => isEmpty(row[name])).map(({ name, column }) => missing(`${key}/${index}/${name}`, column)),
  );
}

function violation(pointer: string, { code, args, field }: FaultAt): Violation {
  const expected = args?.["expected"];
  const words = { ...args, field: field.title, expected: expected === undefined ? "" : i18next.t(`workspace:expected.${expected}`) };
  if (expected === "json") return { code, pointer, message: i18next.t("workspace:json.wrongAt", words) };
  return { code, pointer, message: i18next.t(`workspace:refusal.${code.replace("record.", "")}`, words) };
}
