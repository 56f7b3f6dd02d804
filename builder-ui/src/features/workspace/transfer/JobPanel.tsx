/** A job: how far it is, then what came of it and which rows were wrong. */
import { Alert, App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { isEnded, type Job } from "@/api/jobs";
import { type CellProblem, type ToldRow, useUndoImport, wrongRowsAddress } from "@/api/transfer";
import { formatDecimal } from "@/lib/format";
import { type DataColumn, DataTable } from "@/ui/DataTable";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { problemWords } from "../ProblemNotice";
import { JobProgress } from "./JobProgress";

type JobPanelProps = { job: Job; onUndo: (undo: Job) => void };

export function JobPanel({ job, onUndo }: JobPanelProps) {
  const { t } = useTranslation("workspace");
  const refused = job.result.refused ?? [];
  const isImport = job.kind === "import";
  return (
    <>
      {isEnded(job.state) ? <Outcome job={job} /> : <JobProgress job={job} of="transfer" />}
      {refused.length > 0 && (
        <>
          <div className="kz-actions">
            <strong>{t(isImport ? "transfer.wrongRows" : "transfer.leftRows")}</strong>
            {isImport && <a href={wrongRowsAddress(job.id)} download>{t("transfer.wrongFile")}</a>}
          </div>
          {isImport && <p className="kz-quiet">{t("transfer.wrongHint")}</p>}
          <ToldRows rows={refused} label={t("transfer.wrongRows")} />
          {job.errors > refused.length && <p className="kz-quiet">{t("transfer.more", { shown: formatDecimal(refused.length), count: job.errors })}</p>}
        </>
      )}
      {(job.result.warnings ?? []).length > 0 && (
        <details>
          <summary>{t("transfer.warned", { count: job.result.warned ?? 0 })}</summary>
          <ToldRows rows={job.result.warnings!} label={t("transfer.warned", { count: job.result.warned ?? 0 })} />
        </details>
      )}
      <Undo job={job} onUndo={onUndo} />
    </>
  );
}

function Outcome({ job }: { job: Job }) {
  const { t } = useTranslation("workspace");
  const { result, state } = job;
  const number = (value: number | undefined) => formatDecimal(value ?? 0);
  const counts = { created: number(result.created), updated: number((result.updated ?? 0) - (result.unchanged ?? 0)), unchanged: number(result.unchanged), refused: number(job.errors), deleted: number(result.deleted), restored: number(result.restored) };
  const key = job.kind === "undo" ? "undone" : result.dry_run ? "tried" : "imported";
  if (state === "failed") return <Alert type="error" showIcon title={t("transfer.failed")} description={result.failure?.message} />;
  return (
    <Alert type={state === "cancelled" || job.errors > 0 ? "warning" : "success"} showIcon role="status"
      title={state === "cancelled" ? t("transfer.stopped") : t(`transfer.${key}`)} description={t(`transfer.${key}Counts`, counts)} />
  );
}

/** Taking an import back, where it stored anything and nobody has done so. */
function Undo({ job, onUndo }: JobPanelProps) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const undo = useUndoImport();
  const { result } = job;
  const stored = (result.created ?? 0) + (result.updated ?? 0) - (result.unchanged ?? 0);
  if (job.kind !== "import" || !isEnded(job.state) || result.dry_run || result.undone_by || stored === 0) return null;
  const confirm = () =>
    undo.mutate(job.id, {
      onSuccess: onUndo,
      onError: (problem) => {
        const words = problemWords(problem, t);
        void message.error([words.title, words.detail].filter(Boolean).join(" · "));
      },
    });
  return (
    <div className="kz-actions">
      <Popconfirm title={t("transfer.undoAsk")} description={t("transfer.undoHint")} okText={t("transfer.undo")} okButtonProps={{ danger: true }} onConfirm={confirm}>
        <Button danger loading={undo.isPending}>{t("transfer.undo")}</Button>
      </Popconfirm>
    </div>
  );
}

type Line = CellProblem & { at: number; key: string };

function ToldRows({ rows, label }: { rows: readonly ToldRow[]; label: string }) {
  const { t } = useTranslation("workspace");
  const lines = rows.flatMap(({ row, problems }) => problems.map((problem, index): Line => ({ ...problem, at: problem.row ?? row, key: `${row}.${index}` })));
  const isNarrow = useIsNarrow();
  const place = (line: Line) => [line.column, line.header].filter(Boolean).join(" · ");
  const short: DataColumn<Line>[] = [
    { key: "row", title: t("transfer.row"), width: 60, align: "end", render: (line) => formatDecimal(line.at) },
    { key: "why", title: t("transfer.why"), width: 220, render: (line) => [place(line), line.value, line.message].filter(Boolean).join(" · ") },
  ];
  const whole: DataColumn<Line>[] = [
    { key: "row", title: t("transfer.row"), width: 60, align: "end", render: (line) => formatDecimal(line.at) },
    { key: "column", title: t("transfer.column"), width: 120, render: place },
    { key: "value", title: t("transfer.value"), width: 140, render: (line) => line.value ?? "" },
    { key: "why", title: t("transfer.why"), width: 240, render: (line) => line.message },
  ];
  return <DataTable<Line> label={label} columns={isNarrow ? short : whole} rows={lines} rowKey={(line) => line.key} />;
}
