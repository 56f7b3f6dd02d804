/** A filter in words: “等级 是 A”. */
import type { EntityModel } from "@/api/types";
import type { Leaf } from "@/definition/condition";
import { parseDuration } from "@/definition/time";
import { formatInstant } from "@/lib/format";
import { fieldOf } from "./columns";

type Translate = (key: string, values?: Record<string, unknown>) => string;

/** What turns ids and keys into words. */
export type Words = { names: Record<string, string>; zone: string; t: Translate };

export function filterText(filter: Leaf, entity: EntityModel | undefined, { names, zone, t }: Words): string {
  const field = entity && fieldOf(entity, filter.field, (system) => t(`system.${system}`));
  const words = valuesOf(filter.value).map((value) => {
    const label = field?.["x-labels"]?.[value] ?? names[value];
    if (label) return label;
    if (value === "true" || value === "false") return t(value === "true" ? "value.yes" : "value.no");
    const duration = filter.op.startsWith("within_") || field?.["x-kind"] === "duration" ? parseDuration(value) : null;
    if (duration) return t(`duration.${duration.unit}`, { count: duration.amount });
    if (field?.["x-kind"] === "time") return value.replace(/^(\d+:\d+):00$/, "$1");
    return field?.["x-kind"] === "datetime" && value.includes("T") ? formatInstant(value, zone) : value;
  });
  return [field?.title ?? filter.field, t(`operator.${filter.op}`), words.join(t("filter.or"))].filter((part) => part !== "").join(" ");
}

function valuesOf(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === "object") return [String((value as { ref?: string }).ref ?? "")];
  return [String(value)];
}
