/** Stars up to `x-max`: the browser's own radio buttons under a drawing, so the arrow keys walk them. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { InputProps } from "./types";

const MOST_STARS = 5;

export function RatingInput({ id, field, value, onChange, required, describedBy, invalid }: InputProps) {
  const { t } = useTranslation("workspace");
  const max = field["x-max"] ?? MOST_STARS;
  const given = typeof value === "number" ? value : undefined;
  return (
    <span className="kz-rating">
      <span id={id} className="kz-rating-stars" role="radiogroup" aria-label={field.title} aria-required={required || undefined} aria-invalid={invalid || undefined} aria-describedby={describedBy}>
        {Array.from({ length: max }, (_, index) => index + 1).map((stars) => (
          <label key={stars} data-on={stars <= (given ?? 0) || undefined}>
            <input type="radio" name={id} value={stars} checked={given === stars} aria-label={t("rating.stars", { count: stars })} onChange={() => onChange(stars)} />
            <span aria-hidden>★</span>
          </label>
        ))}
      </span>
      <span className="kz-quiet">{given === undefined ? t("rating.none") : t("rating.of", { given, max })}</span>
      {given !== undefined && !required && <Button type="text" size="small" onClick={() => onChange(null)}>{t("rating.clear")}</Button>}
    </span>
  );
}
