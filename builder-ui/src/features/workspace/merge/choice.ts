/** Whose value is taken for which field when records become one. */
import type { MergeTrial } from "@/api/merge";
import type { EntityModel, RecordBody } from "@/api/types";
import { isEmpty } from "@/definition/compare";
import type { FieldSchema } from "@/definition/schema";
import { isDerivedKind } from "@/renderer/form/model";
import { fieldOf } from "../list/columns";

/** As many records as one merge takes. */
export const MOST_MERGED = 5;

/** The ids of an address, each once, in their order. */
export function idsIn(text: string | null): string[] {
  return [...new Set((text ?? "").split(",").filter((id) => id !== ""))];
}

/** A line of the comparison. `mayChoose` is false for what this caller may only read. */
export type Line = { key: string; field: FieldSchema; values: Record<string, unknown>; differs: boolean; mayChoose: boolean };

type Translate = (key: string) => string;

/** Every field that people enter, those that differ first; the server says which differ. */
export function linesOf(entity: EntityModel, records: readonly RecordBody[], trial: MergeTrial, t: Translate): Line[] {
  const differing = new Map(trial.fields.map(({ field, values }) => [field, values]));
  const own = Object.entries(entity.schema.properties).filter(([, field]) => !isDerivedKind(field["x-kind"])).map(([key]) => key);
  const keys = [...new Set([...own, ...differing.keys()])];
  const lines = keys.flatMap((key): Line[] => {
    const field = fieldOf(entity, key, (system) => t(`system.${system}`));
    if (!field) return [];
    const told = differing.get(key);
    const values = Object.fromEntries(records.map((record) => [record.id, record[key] ?? told?.[record.id] ?? null]));
    return [{ key, field, values, differs: told !== undefined, mayChoose: told !== undefined && (entity.fields[key] ?? "write") === "write" }];
  });
  return [...lines.filter(({ differs }) => differs), ...lines.filter(({ differs }) => !differs)];
}

/** What is taken unless somebody chooses: the surviving record's own value, else the first of the others that has one. */
export function choiceBefore(line: Line, into: string, from: readonly string[]): string {
  if (!isEmpty(line.values[into])) return into;
  return from.find((id) => !isEmpty(line.values[id])) ?? into;
}

export type Choices = Readonly<Record<string, string>>;

/** Whose value each line takes as things stand. */
export function chosen(line: Line, choices: Choices, into: string, from: readonly string[]): string {
  return choices[line.key] ?? choiceBefore(line, into, from);
}

/** Takes every field that may be chosen from one record. */
export function allFrom(lines: readonly Line[], id: string): Choices {
  return Object.fromEntries(lines.filter(({ mayChoose }) => mayChoose).map(({ key }) => [key, id]));
}

/** What is sent: every choice that may be made, also those that nobody touched, so that what was seen is what is done. */
export function choicesSent(lines: readonly Line[], choices: Choices, into: string, from: readonly string[]): Record<string, string> {
  return Object.fromEntries(lines.filter(({ mayChoose }) => mayChoose).map((line) => [line.key, chosen(line, choices, into, from)]));
}
