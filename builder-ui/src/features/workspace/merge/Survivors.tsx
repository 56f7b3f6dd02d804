/** Which of the records survives, and the way to take everything from one of them. */
import { Button } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { RecordBody } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { paths } from "../paths";
import { titleOf, useSession } from "../session";

type SurvivorsProps = { entityKey: string; records: readonly RecordBody[]; into: string; onInto: (id: string) => void; onAllFrom: (id: string) => void };

export function Survivors({ entityKey, records, into, onInto, onAllFrom }: SurvivorsProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const name = useId();
  const entity = app.entities[entityKey]!;
  return (
    <fieldset className="kz-survivors">
      <legend className="kz-quiet">{t("merge.survivorHint")}</legend>
      {records.map((record) => {
        const title = titleOf(entity, record);
        return (
          <div key={record.id} data-chosen={record.id === into || undefined}>
            <label><input type="radio" name={name} checked={record.id === into} onChange={() => onInto(record.id)} /> <strong>{title}</strong></label>
            <span className="kz-quiet">
              <time dateTime={record.created_at} title={formatInstant(record.created_at, app.zone)}>{t("merge.created", { ago: formatAgo(record.created_at) })}</time>
              {" · "}
              <time dateTime={record.updated_at} title={formatInstant(record.updated_at, app.zone)}>{t("record.updated", { ago: formatAgo(record.updated_at) })}</time>
              {" · "}
              <Link to={paths.record(entityKey, record.id)} target="_blank" rel="noreferrer">{t("merge.open")}<span className="kz-sr">{title}{t("alike.newTab")}</span></Link>
            </span>
            <Button size="small" onClick={() => onAllFrom(record.id)} aria-label={t("merge.allFromOf", { title })}>{t("merge.allFrom")}</Button>
          </div>
        );
      })}
    </fieldset>
  );
}
