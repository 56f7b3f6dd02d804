/** Rules that tell when two records of an entity may be the same. */
import { type Condition, fieldsOf } from "./condition";

/** What saving does where one is found: tells it, asks, or refuses. */
export type Then = "warn" | "confirm" | "refuse";

export type DuplicateRule = {
  key: string;
  title: string;
  /** `contacts.phone` is a column of a sub-table. */
  all: { field: string; by: "exact" | "normalised" | "pinyin" | "similar"; at_least?: number }[];
  /** `warn` where it is not said. */
  then?: Then;
  show?: string[];
  where?: Condition;
};

const PREFIX = "duplicates.";

/** The rule that a violation names, `duplicates.phone` → `phone`; `undefined` for any other kind of rule. */
export function ruleNamed(rule: string | undefined): string | undefined {
  return rule?.startsWith(PREFIX) ? rule.slice(PREFIX.length) : undefined;
}

/** The fields of the record that a rule compares; of a column of a sub-table, the table. */
export function comparedBy(rule: DuplicateRule): string[] {
  return [...new Set(rule.all.map(({ field }) => field.split(".")[0]!))];
}

/** The fields that rules compare. */
export function comparedFields(rules: readonly DuplicateRule[]): string[] {
  return [...new Set(rules.flatMap(comparedBy))];
}

/** The fields that rules read: those they compare, and those of their conditions. */
export function readFields(rules: readonly DuplicateRule[]): string[] {
  const conditions = rules.flatMap((rule) => (rule.where === undefined ? [] : fieldsOf(rule.where).map((path) => path.split(".")[0]!)));
  return [...new Set([...comparedFields(rules), ...conditions])];
}
