/** A grade file: a weighted table or a script, the bands that turn points into letters, and their edits. */

import { command, type Command } from "./commands";
import type { Condition } from "./condition";
import { type Edit, isObject, type Json } from "./json";

/** `points` is an integer and may be negative; `reason` is what people read beside the grade. */
export type GradeRow = { when: Condition; points: number; reason: string };
export type Band = { letter: string; at_least: number };

export type GradeDef = {
  title: string;
  entity: string;
  field: string;
  method: { table: GradeRow[] } | { script: string };
  bands: Band[];
  recompute?: Json;
  override?: { roles: string[]; needs_reason?: boolean; expires?: string };
  notes?: string;
};

export function newGrade(title: string, entity: string, field: string): GradeDef {
  const bands = [
    { letter: "A", at_least: 70 },
    { letter: "B", at_least: 40 },
    { letter: "C", at_least: 0 },
  ];
  return { title, entity, field, method: { table: [] }, bands };
}

/** The rows of a table grade; none for a script. */
export function rowsOf(grade: GradeDef): GradeRow[] {
  return "table" in grade.method ? grade.method.table : [];
}

export function addRow(grade: GradeDef, row: GradeRow): Command {
  return rowCommand("command.addRow", { op: "insert", path: [...TABLE, rowsOf(grade).length], value: row as Json });
}

export function removeRow(index: number): Command {
  return rowCommand("command.removeRow", { op: "remove", path: [...TABLE, index] });
}

/** Moves a row of a table of `count`. */
export function moveRow(count: number, index: number, to: number): Command {
  if (index >= count || to < 0 || to >= count) return command({ text: "command.moveRow" }, []);
  return rowCommand("command.moveRow", { op: "move", path: [...TABLE, index], to });
}

/** Changes one row and touches no other. */
export function changeRow(row: GradeRow, index: number, change: Partial<GradeRow>): Command {
  const value = { ...row, ...change } as Json;
  return rowCommand("command.changeRow", { op: "put", path: [...TABLE, index], value }, `row:${index}:${Object.keys(change).join()}`);
}

/** Bands are kept best first: the highest `at_least` on top. */
export function setBands(bands: readonly Band[]): Command {
  const sorted = bands.toSorted((a, b) => b.at_least - a.at_least);
  return command({ text: "command.bands" }, [{ op: "put", path: ["bands"], value: sorted }], "bands");
}

/** The letter for a score: the highest band at or below it. */
export function letterFor(grade: GradeDef, score: number): string | undefined {
  return grade.bands.toSorted((a, b) => b.at_least - a.at_least).find((band) => band.at_least <= score)?.letter;
}

export function isGrade(value: unknown): value is GradeDef {
  return isObject(value) && isObject(value["method"]) && Array.isArray(value["bands"]);
}

const TABLE = ["method", "table"] as const;

function rowCommand(text: string, edit: Edit, merge?: string): Command {
  return command({ text }, [edit], merge);
}
