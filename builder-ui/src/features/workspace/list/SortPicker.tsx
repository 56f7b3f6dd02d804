/** How the cards of a phone are sorted; the browser's own picker, made for thumbs. */
import { useTranslation } from "react-i18next";
import type { Column } from "./columns";

type SortPickerProps = { columns: Column[]; sort: string | undefined; onSort: (sort: string | undefined) => void };

export function SortPicker({ columns, sort, onSort }: SortPickerProps) {
  const { t } = useTranslation("workspace");
  const sortable = columns.filter((column) => column.sortable);
  return (
    <select className="kz-sort" aria-label={t("list.sort")} value={sort ?? ""} onChange={(event) => onSort(event.target.value || undefined)}>
      <option value="">{t("list.sortDefault")}</option>
      {sortable.flatMap(({ key, field }) => [
        <option key={key} value={key}>{t("list.ascending", { field: field.title ?? key })}</option>,
        <option key={`-${key}`} value={`-${key}`}>{t("list.descending", { field: field.title ?? key })}</option>,
      ])}
    </select>
  );
}
