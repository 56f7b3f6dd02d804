/** What goes over to the surviving record, in words. */
import type { Moved } from "@/api/merge";
import type { AppModel } from "@/api/types";
import { formatDecimal } from "@/lib/format";

type Translate = (key: string, values?: Record<string, unknown>) => string;

/** `{"order.customer": 12, "comments": 3}` → `订单（客户）12 条`, `评论 3 条`; nothing for what is none. */
export function movedTexts(moved: Moved, app: Pick<AppModel, "entities">, t: Translate): string[] {
  return Object.entries(moved).flatMap(([key, count]) => {
    if (count === 0) return [];
    const counts = { count, shown: formatDecimal(count) };
    const [entity = "", field] = key.split(".");
    const model = app.entities[entity];
    if (model && field !== undefined) return [t("merge.movedRecords", { entity: model.title, field: model.schema.properties[field]?.title ?? field, ...counts })];
    return [t(`merge.moved.${key}`, { defaultValue: t("merge.movedOther", counts), ...counts })];
  });
}
