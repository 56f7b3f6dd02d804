/**
 * What one field of a form is right now: shown or not, required or not, and why it was refused.
 * Decided here from conditions over the values at hand; what they cannot tell is left to the
 * server's last evaluation.
 */
import { fieldsOf, judge, type JudgeContext, type Verdict } from "@/definition/condition";
import { isEmpty, type Kinds } from "@/definition/compare";
import type { Condition, EntitySchema, Fields, FieldSchema, FormDef } from "@/definition/schema";
import type { Violation } from "@/api/client";
import type { Evaluation, FieldRight } from "@/api/types";

export type FieldState = {
  value: unknown;
  visible: boolean;
  required: boolean;
  readonly: boolean;
  /** The choices left, where `x-options` narrows them. */
  options: readonly string[] | undefined;
  problems: readonly Violation[];
};

/** What a task's node allows on its record; keys it does not name are readable. */
export type TaskFields = Record<string, "write" | "read" | "hidden" | "required">;

export type FormSetup = {
  schema: EntitySchema;
  form: FormDef;
  rights: Record<string, FieldRight>;
  /** The stored fields of the record under edit; absent on create. */
  stored?: Fields;
  masked?: readonly string[];
  task?: TaskFields;
  caller?: JudgeContext["caller"];
  zone: string;
  letters?: Record<string, readonly string[]>;
  today: () => string;
  now: () => string;
};

const DERIVED = new Set(["computed", "rollup", "grade", "lookup", "serial"]);

/** Whether people never enter the field. */
export function isDerivedKind(kind: string): boolean {
  return DERIVED.has(kind);
}

/** What comparisons must know of the fields, those of tables included. */
export function kindsOf(schema: Pick<EntitySchema, "properties">, letters: Record<string, readonly string[]> = {}): Kinds {
  return Object.fromEntries(
    Object.entries(schema.properties).map(([key, field]) => {
      const kind = field["x-kind"] === "computed" ? (field["x-result"] ?? "text") : field["x-kind"];
      const columns = field.items && kindsOf(field.items);
      return [key, { kind, letters: kind === "grade" ? letters[key] : undefined, ...(columns && { columns }) }];
    }),
  );
}

type Judged = { setup: FormSetup; context: JudgeContext; server: Partial<Evaluation> };

/** One field's state from the values; `problems` are kept by the caller. */
export function fieldState(key: string, field: FieldSchema, value: unknown, problems: readonly Violation[], judged: Judged): FieldState {
  const { setup, server } = judged;
  const onForm = setup.form.fields?.[key];
  const byTask = setup.task?.[key];
  // What the engine will fill in says nothing before there is a record.
  const isPending = setup.stored === undefined && isDerivedKind(field["x-kind"]) && isEmpty(value);
  const visible = !isPending && onForm?.hidden !== true && byTask !== "hidden" && settled(field["x-show"], judged, server.visible?.[key], true);
  const asked = setup.schema.required?.includes(key) === true || onForm?.required === true || byTask === "required";
  const required = visible && (asked || (field["x-require"] !== undefined && settled(field["x-require"], judged, server.required?.[key], false)));
  return { value, visible, required, readonly: isReadonly(key, field, judged), options: optionsOf(key, field, judged), problems };
}

/** Whether the server must say how the values settle: a condition over other records, a value or a default that it computes. */
export function needsServer(setup: FormSetup, context: JudgeContext): boolean {
  return Object.entries(setup.schema.properties).some(([key, field]) => {
    if (setup.stored === undefined && isComputedDefault(setup.form.fields?.[key]?.default ?? field.default)) return true;
    if (field["x-kind"] === "computed" || field["x-kind"] === "lookup" || Object.values(field.items?.properties ?? {}).some((column) => column["x-kind"] === "computed")) return true;
    return conditionsOf(field).some((condition) => judge(condition, context) === "unknown");
  });
}

/** Whether only the server can say what a new record starts with. */
export function isComputedDefault(value: unknown): boolean {
  return typeof value === "object" && value !== null && "expr" in value;
}

/** Whether any condition of the entity reads the field: then typing in it may show or hide others. */
export function isRead(setup: FormSetup, key: string): boolean {
  return Object.values(setup.schema.properties).some((field) =>
    conditionsOf(field).some((condition) => fieldsOf(condition).some((path) => path.split(".")[0] === key)),
  );
}

function conditionsOf(field: FieldSchema): Condition[] {
  const options = Array.isArray(field["x-options"]) ? (field["x-options"] as { when?: Condition }[]) : [];
  return [field["x-show"], field["x-require"], field["x-readonly"], ...options.map((option) => option.when)].filter(
    (condition): condition is Condition => typeof condition === "object",
  );
}

function settled(condition: Condition | undefined, judged: Judged, told: boolean | undefined, otherwise: boolean): boolean {
  if (condition === undefined) return told ?? otherwise;
  const verdict: Verdict = judge(condition, judged.context);
  return verdict === "unknown" ? (told ?? otherwise) : verdict;
}

function isReadonly(key: string, field: FieldSchema, judged: Judged): boolean {
  const { setup, server } = judged;
  if (isDerivedKind(field["x-kind"])) return true;
  // A secret is always covered; whoever may write it writes a new one.
  const isCovered = setup.masked?.includes(key) === true && field["x-kind"] !== "secret";
  if (setup.form.fields?.[key]?.readonly === true || isCovered) return true;
  const byTask = setup.task?.[key];
  if (setup.task && byTask !== "write" && byTask !== "required") return true;
  if (!setup.task && setup.rights[key] !== undefined && setup.rights[key] !== "write") return true;
  const condition = field["x-readonly"] as Condition | boolean | undefined;
  if (condition === undefined || typeof condition === "boolean") return condition === true;
  return settled(condition, judged, server.readonly?.[key], false);
}

function optionsOf(key: string, field: FieldSchema, judged: Judged): readonly string[] | undefined {
  const rules = field["x-options"];
  if (!Array.isArray(rules)) return undefined;
  for (const { when, only } of rules as { when?: Condition; only: string[] }[]) {
    const verdict = judge(when, judged.context);
    if (verdict === "unknown") return judged.server.options?.[key];
    if (verdict) return only;
  }
  return undefined;
}
