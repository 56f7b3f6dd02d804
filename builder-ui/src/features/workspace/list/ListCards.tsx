/** The list on a phone: one card for each record, the first columns on it. */
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { ShowValue } from "@/renderer/values/ShowValue";
import { paths } from "../paths";
import type { ListRowsProps } from "./ListTable";

const SHOWN = 4;

export function ListCards({ entityKey, columns, records, isLoading, picking }: ListRowsProps) {
  const { t } = useTranslation("workspace");
  const [first, ...rest] = columns;
  if (isLoading && records.length === 0) return <Skeleton active />;
  return (
    <ul className="kz-cards" aria-label={t("list.table")}>
      {records.map((record) => (
        <li key={record.id} className={picking && "kz-card-pick"}>
          {picking && <input type="checkbox" aria-label={picking.nameOf(record)} checked={picking.picked.has(record.id)} onChange={(event) => picking.onPick([record], event.target.checked)} />}
          <Link to={paths.record(entityKey, record.id)} className="kz-card">
            <strong>{first && <ShowValue field={first.field} value={record[first.key]} compact />}</strong>
            <dl>
              {rest.slice(0, SHOWN).map(({ key, field }) => (
                <div key={key}>
                  <dt>{field.title ?? key}</dt>
                  <dd><ShowValue field={field} value={record[key]} compact /></dd>
                </div>
              ))}
            </dl>
          </Link>
        </li>
      ))}
    </ul>
  );
}
