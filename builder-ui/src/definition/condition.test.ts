/** The judge of conditions against the cases that it shares with the engine, and a few of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Condition, fieldsOf, type Fields, isReference, judge, type JudgeContext, type Verdict } from "./condition";
import type { Kinds } from "./compare";
import { compareDecimals } from "./decimal";
import { addToDate, addToInstant } from "./time";

type Case = {
  name: string;
  condition: Condition;
  record: Fields;
  before?: Fields;
  caller?: JudgeContext["caller"];
  today?: string;
  now?: string;
  zone?: string;
  kinds?: { [field: string]: string | { kind: string; letters?: string[] } };
  expect: Verdict;
  /** What is judged here where the engine knows more: `unknown` where other records decide. */
  browser?: "unknown";
};

function verdict(each: Case, of?: Kinds): Verdict {
  const { record, before, caller, today = "2026-11-22", now = "2026-11-22T04:00:00.000Z", zone = "Asia/Shanghai" } = each;
  const own = each.kinds && Object.fromEntries(Object.entries(each.kinds).map(([field, kind]) => [field, typeof kind === "string" ? { kind } : kind]));
  const kinds: Kinds | undefined = own ?? of;
  return judge(each.condition, { record, before, caller, today, now, zone, kinds });
}

const CASES = join(import.meta.dirname, "../../../tests/cases");
const shared = <T>(file: string) => JSON.parse(readFileSync(join(CASES, file), "utf8")) as T;

type SharedFields = Record<string, { "x-kind": string; "x-result"?: string; items?: { properties: SharedFields } }>;

/** The kinds of the entity that the shared cases are about, as forms know them. */
function sharedKinds(): Kinds {
  const { bands } = shared<{ bands: { letter: string }[] }>("grade.json");
  const letters = bands.map((band) => band.letter);
  const kindsOf = (fields: SharedFields): Kinds =>
    Object.fromEntries(
      Object.entries(fields).map(([key, field]) => {
        const kind = field["x-result"] ?? field["x-kind"];
        return [key, { kind, ...(kind === "grade" && { letters }), ...(field.items && { columns: kindsOf(field.items.properties) }) }];
      }),
    );
  return kindsOf(shared<{ properties: SharedFields }>("entity.json").properties);
}

/** Whether the record at hand cannot decide this: it asks other records, or what lies below a department. */
function isFar(condition: Condition, kinds: Kinds | undefined): boolean {
  if ("all" in condition) return condition.all.some((part) => isFar(part, kinds));
  if ("any" in condition) return condition.any.some((part) => isFar(part, kinds));
  if ("not" in condition) return isFar(condition.not, kinds);
  if ("some" in condition) return isFarRow(condition.some, condition.where, kinds);
  if ("every" in condition) return isFarRow(condition.every, condition.where, kinds);
  if ("count" in condition) return isFarRow(condition.count, condition.where, kinds);
  const { field, op, value } = condition;
  const [first = "", step] = field.split(".");
  const kind = kinds?.[first]?.kind;
  if (kind === "lookup" || (step !== undefined && kind !== "grade")) return true;
  return op === "under" && isReference(value);
}

function isFarRow(path: string, where: Condition | undefined, kinds: Kinds | undefined): boolean {
  const rows = kinds?.[path];
  return rows?.kind !== "table" || (where !== undefined && isFar(where, rows.columns));
}

describe("the cases shared with the engine", () => {
  const kinds = sharedKinds();
  it.each(shared<Case[]>("conditions.json").map((each) => [each.name, each] as const))("%s", (_, each) => {
    expect(verdict(each, kinds)).toBe(each.browser ?? each.expect);
  });
});

describe("the random cases that the engine judged", () => {
  const kinds = sharedKinds();
  const cases = shared<Case[]>("random.json");
  it.each(cases.map((each) => [each.name, each] as const))("%s", (_, each) => {
    const told = verdict(each, kinds);
    // It may say that it does not know where other records decide; never the opposite.
    if (told !== "unknown" || !isFar(each.condition, kinds)) expect(told, JSON.stringify(each)).toBe(each.expect);
  });

  it("are mostly decided here", () => {
    expect(cases.length).toBeGreaterThan(900);
    expect(cases.filter((each) => verdict(each, kinds) !== "unknown").length).toBeGreaterThan(cases.length * 0.8);
  });
});

describe("a leaf", () => {
  const holds = (field: string, op: string, value: unknown, record: unknown, kinds?: Case["kinds"]) =>
    verdict({ name: "", condition: { field, op, value } as Condition, record: record as Fields, kinds, expect: true });

  it("is false when it compares with an absent value, except for ne, not_in and not_contains", () => {
    for (const op of ["eq", "gt", "gte", "lt", "lte", "in", "contains", "starts_with", "has", "within_last"]) expect(holds("a", op, "1", {})).toBe(false);
    for (const op of ["ne", "not_in", "not_contains"]) expect(holds("a", op, op === "not_in" ? ["1"] : "1", {})).toBe(true);
    expect(holds("a", "empty", undefined, { a: [] })).toBe(true);
  });

  it("compares money exactly and as numbers", () => {
    expect(holds("a", "eq", "0.3", { a: "0.30" }, { a: "money" })).toBe(true);
    expect(holds("a", "gt", "9.99", { a: "10.00" })).toBe(true);
    expect(holds("a", "gt", "9007199254740993.000001", { a: "9007199254740993.000002" }, { a: "decimal" })).toBe(true);
    expect(holds("a", "eq", "7", { a: "007" }, { a: "text" })).toBe(false);
  });

  it("takes a grade by its letter, the better one as the greater, and its score as a number", () => {
    const value = { letter: "B", score: 55, reasons: [] };
    const kinds = { value: { kind: "grade", letters: ["A", "B", "C"] } };
    expect(holds("value", "gte", "B", { value }, kinds)).toBe(true);
    expect(holds("value", "gte", "A", { value }, kinds)).toBe(false);
    expect(holds("value.score", "gt", 50, { value }, kinds)).toBe(true);
  });

  it("looks for words in lists and for parts in texts, ignoring the case of A–Z only", () => {
    expect(holds("a", "has", "cosmetics", { a: ["food", "cosmetics"] })).toBe(true);
    expect(holds("a", "has_all", ["food", "x"], { a: ["food", "cosmetics"] })).toBe(false);
    expect(holds("a", "contains", "acme", { a: "ACME 公司" })).toBe(true);
    expect(holds("a", "contains", "é", { a: "É" })).toBe(false);
  });

  it("counts days in the workspace's zone", () => {
    expect(holds("a", "within_last", "30d", { a: "2026-10-23" })).toBe(true);
    expect(holds("a", "within_last", "30d", { a: "2026-10-22" })).toBe(false);
    expect(holds("a", "within_next", "1month", { a: "2026-12-22" })).toBe(true);
  });

  it("is unknown where it leads to another record", () => {
    expect(holds("referrer.value", "eq", "A", { referrer: "0190" })).toBe("unknown");
  });
});

describe("a tree", () => {
  const yes: Condition = { field: "a", op: "eq", value: 1 };
  const no: Condition = { not: yes };
  const far: Condition = { count: "order.customer", op: "gte", value: 3 };
  const of = (condition: Condition) => verdict({ name: "", condition, record: { a: 1, lines: [{ n: 1 }, { n: 3 }] }, expect: true });

  it("is decided by the parts that can be judged", () => {
    expect(of({ any: [yes, far] })).toBe(true);
    expect(of({ all: [no, far] })).toBe(false);
    expect(of({ all: [yes, far] })).toBe("unknown");
    expect(of({ all: [] })).toBe(true);
    expect(of({ any: [] })).toBe(false);
  });

  it("goes through the rows of a sub-table", () => {
    const big: Condition = { field: "n", op: "gt", value: 2 };
    expect(of({ some: "lines", where: big })).toBe(true);
    expect(of({ every: "lines", where: big })).toBe(false);
    expect(of({ count: "lines", where: big, op: "eq", value: 1 })).toBe(true);
    expect(of({ every: "absent", where: big })).toBe(true);
  });

  it("names the fields that it reads", () => {
    expect(fieldsOf({ all: [yes, { field: "b", op: "gt", value: { ref: "record.c" } }, { any: [yes] }] })).toEqual(["a", "b", "c"]);
  });
});

describe("time and numbers", () => {
  it("clamps months to their last day", () => {
    expect(addToDate("2026-01-31", { amount: 1, unit: "month" })).toBe("2026-02-28");
    expect(addToDate("2028-02-29", { amount: -1, unit: "y" })).toBe("2027-02-28");
  });

  it("keeps the wall time over daylight saving", () => {
    const at = Date.parse("2026-03-28T08:00:00Z");
    expect(new Date(addToInstant(at, { amount: 1, unit: "d" }, "Europe/Berlin")).toISOString()).toBe("2026-03-29T07:00:00.000Z");
  });

  it("takes the earlier of two instants when clocks were put back, and the time after a gap", () => {
    const later = (at: string, zone: string) => new Date(addToInstant(Date.parse(at), { amount: 1, unit: "d" }, zone)).toISOString();
    expect(later("2026-10-24T00:30:00Z", "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
    expect(later("2026-10-31T05:30:00Z", "America/New_York")).toBe("2026-11-01T05:30:00.000Z");
    expect(later("2026-03-28T01:30:00Z", "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    expect(later("2026-09-05T04:00:00Z", "America/Santiago")).toBe("2026-09-06T04:00:00.000Z");
  });

  it("compares decimals of any length", () => {
    expect(compareDecimals("-0", "0.00")).toBe(0);
    expect(compareDecimals("-10.5", "-10.49")).toBe(-1);
    expect(compareDecimals("1e5", "1")).toBe(null);
  });
});
