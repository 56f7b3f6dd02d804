/** *Try it*: what grade a record would have by the table as it stands here, saved or not, and why. */
import { Alert, Button, Select } from "antd";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useRecords } from "@/api/hooks";
import type { RecordBody } from "@/api/types";
import type { GradeDef } from "@/definition/grade";
import { GradeBadge } from "@/ui/GradeBadge";
import { Panel } from "@/ui/Panel";
import { type Trial, tryGrade } from "../api";
import { useEntities } from "../draft/context";
import { problemText } from "../parts/problemText";

export function TryPanel({ gradeKey, grade }: { gradeKey: string; grade: GradeDef }) {
  const { t } = useTranslation("builder");
  const [record, setRecord] = useState<string>();
  const trial = useMutation({ mutationFn: (id: string) => tryGrade(gradeKey, grade, id) });
  const problem = trial.error && problemText(trial.error, t);
  return (
    <Panel title={t("try.title")}>
      <p className="kz-quiet">{t("try.help")}</p>
      <RecordPicker grade={grade} value={record} onChange={setRecord} />
      <Button type="primary" disabled={record === undefined} loading={trial.isPending} onClick={() => record !== undefined && trial.mutate(record)}>
        {t("try.run")}
      </Button>
      <div aria-live="polite">
        {problem && <Alert type="error" showIcon title={problem} />}
        {trial.data && <Result trial={trial.data} letters={grade.bands.map(({ letter }) => letter)} />}
      </div>
    </Panel>
  );
}

type RecordPickerProps = { grade: GradeDef; value: string | undefined; onChange: (id: string) => void };

function RecordPicker({ grade, value, onChange }: RecordPickerProps) {
  const { t } = useTranslation("builder");
  const [q, setQ] = useState("");
  const entity = useEntities()[grade.entity];
  const live = useApp().data?.entities[grade.entity] !== undefined;
  const found = useRecords(grade.entity, { q, limit: 20, count: "none" }, live).data;
  const name = (record: RecordBody) => String(record[entity?.["x-title-field"] ?? "name"] ?? found?.titles?.[record.id] ?? record.id);
  return (
    <Select
      aria-label={t("try.record")}
      placeholder={t("try.pick", { entity: entity?.title ?? "" })}
      value={value}
      options={(found?.items ?? []).map((record) => ({ value: record.id, label: name(record) }))}
      showSearch={{ filterOption: false, onSearch: setQ }}
      onChange={onChange}
      style={{ width: "100%", marginBottom: 12 }}
    />
  );
}

function Result({ trial, letters }: { trial: Trial; letters: readonly string[] }) {
  const { t } = useTranslation("builder");
  return (
    <div className="kzb-trial">
      <p className="kzb-trial-head">
        <GradeBadge letter={trial.letter} letters={letters} /> {t("try.score", { score: trial.score })}
      </p>
      <ul>
        {trial.rows.map((row, index) => (
          <li key={index} data-matched={row.matched || undefined}>
            <span aria-hidden>{row.matched ? "✓" : "–"}</span>
            <span>
              {row.reason}
              <span className="kz-sr"> {t(row.matched ? "try.matched" : "try.missed")}</span>
            </span>
            <span className="kz-figure">{row.points > 0 ? `+${row.points}` : row.points}</span>
          </li>
        ))}
      </ul>
      {trial.rows.length === 0 && trial.reasons.map((reason) => <p key={reason}>{reason}</p>)}
      <h3>{t("try.inputs")}</h3>
      <dl>
        {Object.entries(trial.inputs).map(([path, value]) => (
          <div key={path}>
            <dt>
              <code>{path}</code>
            </dt>
            <dd>{value === null || value === undefined ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
