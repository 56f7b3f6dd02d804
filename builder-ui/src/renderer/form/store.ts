/**
 * The values of one open form, outside React: a key stroke wakes only the fields that it changes,
 * so a form with 200 fields types without lag.
 */
import { isEmpty } from "@/definition/compare";
import { isReference } from "@/definition/condition";
import type { Json, JsonObject } from "@/definition/json";
import type { Fields, FieldSchema } from "@/definition/schema";
import type { Violation } from "@/api/client";
import type { Evaluation } from "@/api/types";
import { missing, uploading, violationsOf } from "./faults";
import { fieldState, type FieldState, type FormSetup, isComputedDefault, isDerivedKind, kindsOf, needsServer } from "./model";

export class FormStore {
  private values: Fields;
  private readonly start: Fields;
  private readonly touched = new Set<string>();
  private problems: readonly Violation[] = [];
  /** What was seen to be wrong on leaving a field, before anything was sent. */
  private noticed = new Map<string, readonly Violation[]>();
  private server: Partial<Evaluation> = {};
  private states = new Map<string, FieldState>();
  /** How many uploads of a field are on their way. */
  private waiting = new Map<string, number>();
  private listeners = new Set<() => void>();
  private readonly kinds;
  private readonly proposed = new Set<string>(); // defaults that the server reckoned and nobody touched: they are not sent
  /** Counts changes of values, so that a late evaluation of older values is recognised. */
  revision = 0;

  constructor(readonly setup: FormSetup) {
    this.kinds = kindsOf(setup.schema, setup.letters);
    this.values = { ...(setup.stored ?? defaults(setup)) };
    this.start = { ...setup.stored };
    this.judge();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same object until something about the field changes. */
  field = (key: string): FieldState | undefined => this.states.get(key);

  /** All problems as they stand; the same array until they change. */
  allProblems = (): readonly Violation[] => this.problems;
  get all(): Fields {
    return this.values;
  }

  set(key: string, value: unknown): void {
    this.values = { ...this.values, [key]: value as Json };
    this.touch(key);
    this.problems = this.problems.filter((problem) => !isAt(problem, key));
    this.noticed.delete(key);
    this.changed();
  }

  /** Says at once what is wrong with a field that was typed in and left; never that it is still empty. */
  leave(key: string): void {
    if (!this.touched.has(key) || this.problems.some((problem) => isAt(problem, key))) return;
    const found = this.faults(key, false);
    if (same(found as unknown as Json, (this.noticed.get(key) ?? []) as unknown as Json)) return;
    this.noticed.set(key, found);
    this.judge();
    this.tell();
  }

  /** Everything that the server would refuse as far as can be told here, in the order of the fields. */
  check(): Violation[] {
    return Object.keys(this.setup.schema.properties).flatMap((key) => this.faults(key, true));
  }

  /** Counts what must end before the form is saved. */
  wait(key: string, change: 1 | -1): void {
    this.waiting.set(key, (this.waiting.get(key) ?? 0) + change);
  }

  private touch = (key: string): void => void (this.touched.add(key), this.proposed.delete(key));
  /** Puts kept input back, as if it had been typed again. */
  restore(values: Fields): void {
    this.values = { ...this.values, ...values };
    Object.keys(values).forEach(this.touch);
    this.changed();
  }

  refuse(problems: readonly Violation[]): void {
    this.problems = problems;
    this.noticed.clear();
    this.judge();
    this.tell();
  }

  /** Whether the server must be asked how the values settle. */
  get needsServer(): boolean {
    return needsServer(this.setup, this.context());
  }

  /** Takes the server's view of the values of `revision`: derived values, and what conditions could not tell. */
  settle(evaluation: Evaluation, revision: number): void {
    this.server = evaluation;
    const adopted: Fields = {};
    for (const [key, field] of Object.entries(this.setup.schema.properties)) {
      if (isDerivedKind(field["x-kind"])) adopted[key] = evaluation.values[key];
      else if (this.mayAdopt(key, revision)) {
        adopted[key] = evaluation.values[key];
        this.proposed.add(key);
      }
    }
    if (revision === this.revision) Object.assign(adopted, this.reckonedRows(evaluation.values));
    this.values = { ...this.values, ...adopted };
    this.judge();
    this.tell();
  }

  /** What was typed and differs from what is stored. */
  changes(): Fields {
    const changed: Fields = {};
    for (const [key, field] of Object.entries(this.setup.schema.properties)) {
      if (isDerivedKind(field["x-kind"])) continue;
      const state = this.states.get(key);
      if (this.proposed.has(key) || !state || state.readonly || (!state.visible && field["x-on-hide"] !== "keep")) continue;
      const value = cleaned(this.values[key], field);
      if (!same(value, cleaned(this.start[key], field))) changed[key] = value;
    }
    return changed;
  }

  sent = (key: string): Json => cleaned(this.values[key], this.setup.schema.properties[key]!); // as a value of `changes()`
  /** What a reload would lose: only what this person typed, and no secret, which must not lie in a browser. */
  typed(): Fields {
    const keepable = [...this.touched].filter((key) => this.setup.schema.properties[key]?.["x-kind"] !== "secret");
    return Object.fromEntries(keepable.map((key) => [key, this.values[key]]));
  }

  get isDirty(): boolean {
    return this.touched.size > 0 && Object.keys(this.changes()).length > 0;
  }

  /** Sub-tables whose rows have computed columns, with those columns as the server reckons them. */
  private reckonedRows(reckoned: Fields): Fields {
    const tables: Fields = {};
    for (const [key, field] of Object.entries(this.setup.schema.properties)) {
      const columns = derivedColumns(field);
      const [rows, news] = [this.values[key], reckoned[key]];
      if (columns.length === 0 || !Array.isArray(rows) || !Array.isArray(news)) continue;
      tables[key] = rows.map((row, index) => ({ ...(row as JsonObject), ...picked(news[index] as JsonObject | undefined, columns) }));
    }
    return tables;
  }

  private faults(key: string, withMissing: boolean): Violation[] {
    const field = this.setup.schema.properties[key];
    const state = this.states.get(key);
    if (!field || !state?.visible || state.readonly) return [];
    if (withMissing && (this.waiting.get(key) ?? 0) > 0) return [uploading(key, field)];
    const value = this.values[key];
    const mayBeFilled = field.default !== undefined && this.setup.stored === undefined;
    if (withMissing && state.required && !mayBeFilled && isEmpty(value)) return [missing(key, field)];
    // What is stored already is not sent again, so nobody judges it.
    return same(cleaned(value, field), cleaned(this.start[key], field)) ? [] : violationsOf(key, field, value);
  }

  private mayAdopt(key: string, revision: number): boolean {
    const isFree = this.values[key] === undefined || this.proposed.has(key);
    return this.setup.stored === undefined && revision === this.revision && !this.touched.has(key) && isFree;
  }

  private changed(): void {
    this.revision += 1;
    this.judge();
    this.tell();
  }

  private context() {
    const { caller, zone, stored, today, now } = this.setup;
    return { record: this.values, before: stored, caller, zone, today: today(), now: now(), kinds: this.kinds };
  }

  private judge(): void {
    const judged = { setup: this.setup, context: this.context(), server: this.server };
    for (const [key, field] of Object.entries(this.setup.schema.properties)) {
      const refused = this.problems.filter((problem) => isAt(problem, key));
      const problems = refused.length > 0 ? refused : (this.noticed.get(key) ?? []);
      const next = fieldState(key, field, this.values[key], problems, judged);
      const last = this.states.get(key);
      if (!last || !sameState(last, next)) this.states.set(key, next);
    }
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function isAt({ pointer }: Violation, key: string): boolean {
  return pointer === `/${key}` || pointer.startsWith(`/${key}/`);
}

function defaults(setup: FormSetup): Fields {
  const values: Fields = {};
  for (const [key, field] of Object.entries(setup.schema.properties)) {
    const value = setup.form.fields?.[key]?.default ?? field.default;
    if (isComputedDefault(value)) continue;
    const start = isReference(value) ? referred(value.ref, setup) : value;
    if (start !== undefined) values[key] = start;
  }
  return values;
}

/** Today and the caller are known here; whatever else a default refers to comes with the first evaluation. */
function referred(ref: string, setup: FormSetup): Json | undefined {
  const known: Fields = { today: setup.today(), now: setup.now(), "caller.id": setup.caller?.id, "caller.department": setup.caller?.department };
  return known[ref];
}

/** Emptied fields are null over HTTP, and what the engine reckons in a row is not sent. */
function cleaned(value: Json | undefined, field: FieldSchema): Json {
  if (value === undefined || value === "") return null;
  if (!Array.isArray(value)) return value;
  const columns = derivedColumns(field);
  if (value.length === 0) return null;
  if (columns.length === 0) return value;
  return value.map((row) => Object.fromEntries(Object.entries(row as JsonObject).filter(([key]) => !columns.includes(key))));
}

function derivedColumns(field: FieldSchema): string[] {
  return Object.entries(field.items?.properties ?? {}).flatMap(([key, column]) => (isDerivedKind(column["x-kind"]) ? [key] : []));
}

function picked(row: JsonObject | undefined, keys: string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (row && key in row ? [[key, row[key] as Json]] : [])));
}

function same(a: Json, b: Json): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function sameState(a: FieldState, b: FieldState): boolean {
  return (
    a.value === b.value &&
    a.visible === b.visible &&
    a.required === b.required &&
    a.readonly === b.readonly &&
    same((a.options ?? null) as Json, (b.options ?? null) as Json) &&
    a.problems.length === b.problems.length &&
    a.problems.every((problem, index) => problem === b.problems[index])
  );
}
