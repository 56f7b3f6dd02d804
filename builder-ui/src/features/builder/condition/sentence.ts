/** A condition as people say it: 偏好 包含 化妆品, 并且 累计消费 大于 10000. */
import type { Condition } from "@/definition/condition";
import { isReference } from "@/definition/condition";
import type { Subject } from "./subjects";

type Translate = (key: string, args?: Record<string, unknown>) => string;

export function sentence(condition: Condition | undefined, subjects: readonly Subject[], t: Translate): string {
  if (condition === undefined) return t("condition.always");
  if ("all" in condition) return joined(condition.all, "condition.and", subjects, t);
  if ("any" in condition) return joined(condition.any, "condition.or", subjects, t);
  if ("not" in condition) return t("condition.notThat", { what: sentence(condition.not, subjects, t) });
  if ("some" in condition) return t("condition.some", { path: condition.some, what: sentence(condition.where, subjects, t) });
  if ("every" in condition) return t("condition.every", { path: condition.every, what: sentence(condition.where, subjects, t) });
  if ("count" in condition) return `${t("condition.count", { path: condition.count })} ${t(`op.${condition.op}`)} ${String(condition.value)}`;
  const subject = subjects.find((each) => each.path === condition.field);
  const name = subject?.label ?? condition.field;
  return [name, t(`op.${condition.op}`), valueText(condition.value, subject, subjects, t)].filter((part) => part !== "").join(" ");
}

function joined(parts: readonly Condition[], word: string, subjects: readonly Subject[], t: Translate): string {
  const texts = parts.map((part) => {
    const text = sentence(part, subjects, t);
    return "all" in part || "any" in part ? `(${text})` : text;
  });
  return texts.length === 0 ? t("condition.always") : texts.join(` ${t(word)} `);
}

function valueText(value: unknown, subject: Subject | undefined, subjects: readonly Subject[], t: Translate): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item) => valueText(item, subject, subjects, t)).join(t("condition.comma"));
  if (isReference(value)) return `${referenceText(value.ref, subjects, t)}${value.plus ? ` ${value.plus}` : ""}`;
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  return subject?.options.find((option) => option.value === value)?.label ?? String(value);
}

function referenceText(ref: string, subjects: readonly Subject[], t: Translate): string {
  const field = ref.startsWith("record.") ? ref.slice("record.".length) : undefined;
  if (field === undefined) return t(`ref.${ref.replace(".", "_")}`);
  return subjects.find((each) => each.path === field)?.label ?? field;
}
