/** Why records of a batch are refused, the same reason once with how many it is. */
import { useTranslation } from "react-i18next";
import { formatDecimal } from "@/lib/format";
import type { Outcome } from "./outcome";

export function Reasons({ outcome, titles }: { outcome: Outcome; titles?: ReadonlyMap<string, string> }) {
  const { t } = useTranslation("workspace");
  if (outcome.reasons.length === 0) return null;
  const names = (ids: string[]) => ids.flatMap((id) => titles?.get(id) ?? []).slice(0, 5).join(t("value.and"));
  return (
    <ul className="kz-problems">
      {outcome.reasons.map(({ message, count, ids }) => (
        <li key={message}>{message} <span className="kz-quiet">{names(ids) || t("batch.records", { count, shown: formatDecimal(count) })}</span></li>
      ))}
    </ul>
  );
}
