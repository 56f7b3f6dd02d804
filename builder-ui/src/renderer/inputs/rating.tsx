/** Stars up to `x-max`, none of them for 0; the arrow keys walk them. A chunk of its own. */
import { Button, Rate } from "antd";
import { useTranslation } from "react-i18next";
import type { InputProps } from "./types";

const MOST_STARS = 5;

export function RatingInput({ id, field, value, onChange, required, describedBy, invalid }: InputProps) {
  const { t } = useTranslation("workspace");
  const max = field["x-max"] ?? MOST_STARS;
  const given = typeof value === "number" ? value : undefined;
  return (
    <span id={id} className="kz-rating" role="group" aria-label={field.title} aria-describedby={describedBy} data-invalid={invalid || undefined}>
      <Rate count={max} value={given ?? 0} onChange={onChange} tooltips={Array.from({ length: max }, (_, index) => `${index + 1}`)} />
      <span className="kz-quiet" aria-live="polite">{given === undefined ? t("rating.none") : t("rating.of", { given, max })}</span>
      {given !== undefined && !required && <Button type="text" size="small" onClick={() => onChange(null)}>{t("rating.clear")}</Button>}
    </span>
  );
}
