/** What a batch would do or has done, counted and with its reasons. */
import type { BatchAnswer, BatchResult } from "@/api/batch";
import type { Violation } from "@/api/client";
import type { EntityModel } from "@/api/types";
import { isDerived } from "@/definition/kinds";
import type { FieldSchema } from "@/definition/schema";

/** `reasons` say why records are refused, each with how many; `questions` are rules that want to be confirmed. */
export type Outcome = { good: string[]; bad: number; reasons: { message: string; count: number; ids: string[] }[]; questions: Record<string, string> };

const CONFIRM = "rule.confirm";

/** `ids` are those that were sent, in order: a refusal names only its place among them. */
export function outcomeOf({ results }: BatchAnswer, ids: readonly string[], nameOf: (status: number) => string): Outcome {
  const isGood = (result: BatchResult) => result.status < 300;
  const idOf = ({ id, index }: BatchResult) => id ?? ids[index] ?? "";
  const reasons = new Map<string, string[]>();
  const questions: Record<string, string> = {};
  const bad = results.filter((result) => !isGood(result));
  for (const result of bad) {
    for (const message of messagesOf(result, questions, nameOf)) reasons.set(message, [...(reasons.get(message) ?? []), idOf(result)]);
  }
  return {
    good: results.filter(isGood).map(idOf),
    bad: bad.length,
    reasons: [...reasons].map(([message, ids]) => ({ message, count: ids.length, ids: ids.filter((id) => id !== "") })),
    questions,
  };
}

/** The sentences of one refusal; a rule that only asks is put among the questions. */
function messagesOf(result: BatchResult, questions: Record<string, string>, nameOf: (status: number) => string): string[] {
  const violations: Violation[] = result.violations ?? [];
  for (const { code, rule, message } of violations) if (code === CONFIRM && rule !== undefined) questions[rule] = message;
  if (violations.length > 0) return [...new Set(violations.map(({ message }) => message))];
  return [nameOf(result.status)];
}

/** Kinds whose value is a thing of one record: a list of rows, a drawing, what must differ anyway. */
const OWN = new Set(["table", "signature", "secret", "json", "rich_text", "attachment", "image"]);

/** The fields that the same value may be given in many records. */
export function changeable(entity: EntityModel): [string, FieldSchema][] {
  return Object.entries(entity.schema.properties).filter(([key, field]) => {
    const kind = field["x-kind"];
    return entity.fields[key] === "write" && !isDerived(kind) && !OWN.has(kind) && field["x-unique"] !== true;
  });
}
