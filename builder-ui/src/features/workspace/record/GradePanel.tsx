/** A record's grades: the letter, the score, the reasons, and on demand the whole reckoning. */
import { CheckOutlined, MinusOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useExplain } from "@/api/hooks";
import type { Explanation, GradeValue, RecordBody } from "@/api/types";
import { ShowValue } from "@/renderer/values/ShowValue";
import { GradeBadge } from "@/ui/GradeBadge";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";
import { lettersOf, useSession } from "../session";

type GradePanelProps = { entityKey: string; record: RecordBody };

export function GradePanel({ entityKey, record }: GradePanelProps) {
  const { app } = useSession();
  const fields = Object.entries(app.entities[entityKey]!.schema.properties).filter(([, field]) => field["x-kind"] === "grade");
  return fields.map(([key, field]) => (
    <OneGrade key={key} entityKey={entityKey} record={record} name={key} title={field.title ?? key} letters={lettersOf(app, entityKey)[key]} />
  ));
}

type OneGradeProps = GradePanelProps & { name: string; title: string; letters: string[] | undefined };

function OneGrade({ entityKey, record, name, title, letters }: OneGradeProps) {
  const { t } = useTranslation("workspace");
  const [isOpen, setOpen] = useState(false);
  const explain = useExplain(entityKey, record.id, isOpen);
  const value = record[name] as GradeValue | null | undefined;
  const why = explain.data?.grades.find((grade) => grade.field === name);
  return (
    <Panel title={title}>
      {!value && <p className="kz-quiet">{t("grade.none")}</p>}
      {value && (
        <>
          <p className="kz-grade-line">
            <GradeBadge letter={value.letter} letters={letters} label={title} />
            <span className="kz-grade-score">{t("grade.points", { score: value.score })}</span>
            {value.overridden && <span className="kz-quiet">{t("grade.overridden")}</span>}
          </p>
          <ul className="kz-reasons" aria-label={t("grade.reasons")}>
            {value.reasons.map((reason) => <li key={reason}>{reason}</li>)}
          </ul>
          <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t("grade.why")}</Button>
        </>
      )}
      {isOpen && explain.isLoading && <Skeleton active />}
      {isOpen && explain.isError && <ProblemNotice problem={explain.error} onRetry={() => void explain.refetch()} />}
      {isOpen && why && <Why entityKey={entityKey} why={why} />}
    </Panel>
  );
}

function Why({ entityKey, why }: { entityKey: string; why: Explanation["grades"][number] }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const properties = app.entities[entityKey]!.schema.properties;
  const bands = app.grades[why.grade]?.bands;
  return (
    <div className="kz-why">
      <ul className="kz-why-rows" aria-label={t("grade.rows")}>
        {why.rows.map((row) => (
          <li key={`${row.reason}${row.points}`} data-matched={row.matched}>
            {row.matched ? <CheckOutlined aria-label={t("grade.matched")} /> : <MinusOutlined aria-label={t("grade.notMatched")} />}
            <span>{row.reason}</span>
            <span className="kz-figure">{row.matched ? signed(row.points) : t("grade.missed", { points: signed(row.points) })}</span>
          </li>
        ))}
      </ul>
      <dl className="kz-inputs">
        {Object.entries(why.inputs).map(([path, value]) => {
          const field = properties[path];
          return (
            <div key={path}>
              <dt>{field?.title ?? path}</dt>
              <dd>{field ? <ShowValue field={field} value={value} compact /> : String(value ?? "—")}</dd>
            </div>
          );
        })}
      </dl>
      {bands && <p className="kz-quiet">{bands.map((band) => t("grade.band", { letter: band.letter, score: band.at_least })).join(" · ")}</p>}
      <p className="kz-quiet">{t("grade.release", { release: why.release })}</p>
    </div>
  );
}

function signed(points: number): string {
  return points > 0 ? `+${points}` : String(points);
}
