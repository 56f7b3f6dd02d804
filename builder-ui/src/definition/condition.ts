/**
 * Conditions: one closed tree that forms, rules, views, triggers and permissions share.
 *
 * This file judges them over the record at hand and the caller, with the meaning that the
 * engine gives them (`tests/cases/conditions.json` and the random cases beside it hold both to it). What needs other records
 * is `"unknown"`: ask the server's `evaluate` for it.
 */

import { compareValues, isEmpty, type Kinds, listHas, textHas } from "./compare";
import type { Json } from "./json";
import { addToDate, addToInstant, isDate, isInstant, moved, negated, parseDuration, startOfDate } from "./time";

export type Operator =
  | "eq" | "ne" | "gt" | "gte" | "lt" | "lte" | "in" | "not_in"
  | "contains" | "not_contains" | "starts_with"
  | "has" | "has_any" | "has_all" | "under"
  | "within_last" | "within_next" | "empty" | "not_empty" | "changed" | "changed_to";

/** A value that is looked up when the condition is judged; `plus` is a duration such as `-30d`. */
export type Reference = { ref: string; plus?: string };

export type Leaf = { field: string; op: Operator; value?: Json | Reference };

/** `{}` does not occur; "always" is the absence of a condition. */
export type Condition =
  | Leaf
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition }
  | { some: string; where: Condition }
  | { every: string; where: Condition }
  | { count: string; where?: Condition; op: Operator; value: Json };

export type Fields = { [key: string]: Json | undefined };

/** Whom and when a condition is judged for; `today` is a date in `zone`, `now` an instant. */
export type JudgeContext = {
  record: Fields;
  caller?: { id: string; department?: string; roles: readonly string[] };
  today: string;
  now: string;
  zone: string;
  /** The record as it stood; absent on create. */
  before?: Fields;
  /** Inside a row of a table: the record around it, which `record.x` names. */
  around?: Fields;
  /** What the fields are; without it a kind is guessed from the values. */
  kinds?: Kinds;
};

export type Verdict = boolean | "unknown";

/** Whether the condition holds. `undefined` always holds. */
export function judge(condition: Condition | undefined, context: JudgeContext): Verdict {
  if (condition === undefined) return true;
  if ("all" in condition) return every(condition.all, context);
  if ("any" in condition) return negate(every(condition.any.map((not) => ({ not })), context));
  if ("not" in condition) return negate(judge(condition.not, context));
  if ("some" in condition) return judgeRows(condition.some, context, (rows) => some(rows, condition.where, rowContext(condition.some, context)));
  if ("every" in condition) {
    const { where } = condition;
    return judgeRows(condition.every, context, (rows) => negate(some(rows, { not: where }, rowContext(condition.every, context))));
  }
  if ("count" in condition) return judgeCount(condition, context);
  return judgeLeaf(condition, context);
}

/** The field paths that the condition reads of the record itself, each once. */
export function fieldsOf(condition: Condition | undefined): string[] {
  if (condition === undefined) return [];
  if ("all" in condition) return unique(condition.all.flatMap(fieldsOf));
  if ("any" in condition) return unique(condition.any.flatMap(fieldsOf));
  if ("not" in condition) return fieldsOf(condition.not);
  if ("some" in condition) return [condition.some];
  if ("every" in condition) return [condition.every];
  if ("count" in condition) return [condition.count];
  const ref = isReference(condition.value) ? condition.value.ref : "";
  return unique([condition.field, ...(ref.startsWith("record.") ? [ref.slice("record.".length)] : [])]);
}

export function isReference(value: unknown): value is Reference {
  return typeof value === "object" && value !== null && !Array.isArray(value) && typeof (value as Reference).ref === "string";
}

function every(parts: readonly Condition[], context: JudgeContext): Verdict {
  const verdicts = parts.map((part) => judge(part, context));
  if (verdicts.includes(false)) return false;
  return verdicts.includes("unknown") ? "unknown" : true;
}

function some(rows: readonly Fields[], where: Condition, context: JudgeContext): Verdict {
  return anyOf(rows.map((record) => judgeRow(record, where, context)));
}

function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes(true)) return true;
  return verdicts.includes("unknown") ? "unknown" : false;
}

function judgeRow(record: Fields, where: Condition | undefined, context: JudgeContext): Verdict {
  return judge(where, { ...context, record });
}

/** Around the rows of a table: what they stand in, and the kinds of its columns. */
function rowContext(table: string, context: JudgeContext): JudgeContext {
  return { ...context, around: context.around ?? context.record, before: undefined, kinds: context.kinds?.[table]?.columns };
}

/** Rows of a `table` field lie in the record; every other path leads to records that are not at hand. */
function judgeRows(path: string, context: JudgeContext, decide: (rows: Fields[]) => Verdict): Verdict {
  if (path.includes(".")) return "unknown";
  const value = context.record[path];
  if (isEmpty(value)) return decide([]);
  if (!Array.isArray(value) || value.some((row) => typeof row !== "object")) return "unknown";
  return decide(value as Fields[]);
}

function judgeCount(condition: Extract<Condition, { count: string }>, context: JudgeContext): Verdict {
  return judgeRows(condition.count, context, (rows) => {
    const inside = rowContext(condition.count, context);
    const verdicts = rows.map((row) => judgeRow(row, condition.where, inside));
    if (verdicts.includes("unknown")) return "unknown";
    const number = verdicts.filter((verdict) => verdict === true).length;
    const leaf: Leaf = { field: "count", op: condition.op, value: condition.value };
    return judgeLeaf(leaf, { ...context, record: { count: number }, kinds: { count: { kind: "integer" } } });
  });
}

function judgeLeaf(leaf: Leaf, context: JudgeContext): Verdict {
  const left = read(leaf.field, context.record, context);
  if (left === "unknown") return "unknown";
  if (leaf.op === "changed" || leaf.op === "changed_to") return judgeChange(leaf, left.value, context);
  const right = resolve(leaf.value, context);
  if (right === "unknown") return "unknown";
  return compareLeaf(leaf.op, left.value, sinceDay(left.value, right.value, context.zone), { field: leaf.field, context });
}

/** An instant is compared with the first instant of a day. */
function sinceDay(left: Json | undefined, right: Json | undefined, zone: string): Json | undefined {
  return isInstant(left) && isDate(right) ? new Date(startOfDate(right, zone)).toISOString() : right;
}

function judgeChange(leaf: Leaf, value: Json | undefined, context: JudgeContext): Verdict {
  const before = read(leaf.field, context.before ?? {}, context);
  if (before === "unknown") return "unknown";
  const stayed = (isEmpty(before.value) && isEmpty(value)) || compareValues(before.value, value, context.kinds?.[leaf.field]) === 0;
  if (stayed || leaf.op === "changed") return !stayed;
  const right = resolve(leaf.value, context);
  return right === "unknown" ? right : compareLeaf("eq", value, sinceDay(value, right.value, context.zone), { field: leaf.field, context });
}

type Subject = { field: string; context: JudgeContext };

function compareLeaf(op: Operator, left: Json | undefined, right: Json | undefined, subject: Subject): Verdict {
  const kind = subject.context.kinds?.[subject.field];
  const order = () => compareValues(left, right, kind);
  const isIn = () => Array.isArray(right) && right.some((item) => compareValues(left, item, kind) === 0);
  switch (op) {
    case "empty": return isEmpty(left);
    case "not_empty": return !isEmpty(left);
    case "eq": return order() === 0;
    case "ne": return order() !== 0;
    case "gt": return (order() ?? 0) > 0;
    case "lt": return (order() ?? 0) < 0;
    case "gte": return (order() ?? -1) >= 0;
    case "lte": return (order() ?? 1) <= 0;
    case "in": return isIn();
    case "not_in": return !isIn();
    case "contains": return textHas(left, right, (text, part) => text.includes(part));
    case "not_contains": return !textHas(left, right, (text, part) => text.includes(part));
    case "starts_with": return textHas(left, right, (text, part) => text.startsWith(part));
    case "has": return listHas(left, [right], "any");
    case "has_any": return listHas(left, right, "any");
    case "has_all": return listHas(left, right, "all");
    case "under": return isUnder(left, right);
    case "within_last": return isWithin(left, right, -1, subject.context);
    case "within_next": return isWithin(left, right, 1, subject.context);
    default: return "unknown";
  }
}

/** A cascade value is a list of codes, top first; what lies below a department only the server knows. */
function isUnder(left: unknown, right: unknown): Verdict {
  if (left === undefined || left === null || right === undefined) return false;
  const codes = typeof left === "object" && "region" in left ? left.region : left;
  if (typeof codes === "object" && !Array.isArray(codes)) return false;
  if (!Array.isArray(codes)) return codes === right ? true : "unknown";
  return codes.includes(Array.isArray(right) ? right.at(-1) : right);
}

function isWithin(left: unknown, right: unknown, sign: 1 | -1, context: JudgeContext): boolean {
  const duration = parseDuration(right);
  if (!duration) return false;
  const span = sign === 1 ? duration : negated(duration);
  if (isDate(left)) return between(left, context.today, addToDate(context.today, span));
  if (!isInstant(left)) return false;
  const now = Date.parse(context.now);
  return between(Date.parse(left), now, addToInstant(now, span, context.zone));
}

function between<T extends string | number>(value: T, a: T, b: T): boolean {
  return a <= b ? a <= value && value <= b : b <= value && value <= a;
}

type Found = { value: Json | undefined } | "unknown";

/** A path of one step is in the record; `grade.score` too; everything longer leads to another record. */
function read(path: string, record: Fields, context: JudgeContext): Found {
  const [key = "", step, ...more] = path.split(".");
  const value = record[key];
  const kind = context.kinds?.[key]?.kind;
  // What is shown of another record is what this person may read of it; conditions judge with full sight.
  if (kind === "lookup") return "unknown";
  if (step === undefined) return { value: kind === undefined || kind === "grade" ? letterOf(value) : value };
  const isGrade = kind === "grade" || isGradeValue(value);
  if (more.length > 0 || !isGrade) return "unknown";
  return { value: isGradeValue(value) ? value[step] : undefined };
}

/** In conditions a grade is its letter. */
function letterOf(value: Json | undefined): Json | undefined {
  return isGradeValue(value) ? value["letter"] : value;
}

function isGradeValue(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "letter" in value && "score" in value;
}

function resolve(value: Json | Reference | undefined, context: JudgeContext): Found {
  if (!isReference(value)) return { value };
  const { ref } = value;
  if (ref.startsWith("record.")) {
    const found = read(ref.slice("record.".length), context.around ?? context.record, context);
    return found === "unknown" ? found : { value: moved(found.value, value.plus, context.zone) };
  }
  const values: Record<string, Json | undefined> = {
    today: context.today,
    now: context.now,
    "caller.id": context.caller?.id,
    "caller.department": context.caller?.department,
    "caller.roles": context.caller ? [...context.caller.roles] : undefined,
  };
  return { value: moved(values[ref], value.plus, context.zone) };
}

function negate(verdict: Verdict): Verdict {
  return verdict === "unknown" ? verdict : !verdict;
}

const unique = (values: string[]): string[] => [...new Set(values)];
