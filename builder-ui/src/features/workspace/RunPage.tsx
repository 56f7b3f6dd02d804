/** The course of one run: a vertical chart of what is done, who is on it, and what comes. */
import { CheckCircleOutlined, ClockCircleOutlined, MinusCircleOutlined } from "@ant-design/icons";
import { Skeleton, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { Problem } from "@/api/client";
import { useRun } from "@/api/hooks";
import type { Run, RunVisit } from "@/api/types";
import { formatInstant } from "@/lib/format";
import { EmptyState } from "@/ui/EmptyState";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { useSession } from "./session";
import { useTitle } from "./useTitle";
import { type ChartStep, stepsOf, visitTitle } from "./work/runChart";

export default function RunPage() {
  const { id = "" } = useParams();
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const loaded = useRun(id);
  const run = loaded.data;
  useTitle(run?.title);
  if (loaded.error instanceof Problem && loaded.error.status === 404) return <EmptyState title={t("run.gone")} />;
  if (loaded.isError) return <ProblemNotice problem={loaded.error} onRetry={() => void loaded.refetch()} />;
  if (!run) return <Skeleton active />;
  return (
    <>
      <div className="kz-page-head">
        <div className="kz-record-name">
          <p className="kz-quiet"><Link to={paths.record(run.entity, run.record.id)}>{run.record.title ?? run.title}</Link></p>
          <h1>{run.title}</h1>
          <p className="kz-quiet">
            <Tag>{t(`run.state.${run.state}`, { defaultValue: run.state })}</Tag>
            {t("run.started", { name: run.initiator?.name ?? t("timeline.system"), at: formatInstant(run.started_at, app.zone) })} · {t("run.release", { release: run.release })}
          </p>
        </div>
      </div>
      <ol className="kz-chart kz-panel" aria-label={t("run.chart")}>
        {stepsOf(run).map((step, index) => <li key={index} data-kind={step.kind} aria-current={step.kind === "current" ? "step" : undefined}><Step step={step} run={run} /></li>)}
      </ol>
    </>
  );
}

function Step({ step, run }: { step: ChartStep; run: Run }) {
  const { t } = useTranslation("workspace");
  if (step.kind !== "ahead") return <Visit visit={step.visit} run={run} isCurrent={step.kind === "current"} />;
  return (
    <>
      <MinusCircleOutlined className="kz-chart-mark" aria-label={t("run.ahead")} />
      <div>
        <p><strong>{step.title || t(`node.${step.type}`)}</strong> {step.title && <span className="kz-quiet">{t(`node.${step.type}`, { defaultValue: step.type })}</span>}</p>
        {step.branches.length > 0 && (
          <ul className="kz-plain kz-quiet">
            {step.branches.map((branch, index) => {
              const to = branch.to || t(`node.${branch.type}`, { defaultValue: branch.type });
              return <li key={index}>{branch.title ? t("run.branch", { to }) : t("run.otherwise", { to })}</li>;
            })}
          </ul>
        )}
      </div>
    </>
  );
}

function Visit({ visit, run, isCurrent }: { visit: RunVisit; run: Run; isCurrent: boolean }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const Mark = isCurrent ? ClockCircleOutlined : CheckCircleOutlined;
  return (
    <>
      <Mark className="kz-chart-mark" aria-label={t(isCurrent ? "run.current" : "run.taken")} />
      <div>
        <p>
          <strong>{visitTitle(visit) || t(`node.${visit.type}`, { defaultValue: visit.node })}</strong> {visitTitle(visit) && <span className="kz-quiet">{t(`node.${visit.type}`, { defaultValue: visit.type })}</span>}
          {visit.outcome && <Tag>{run.chart[visit.node]?.outcomes?.[visit.outcome]?.title ?? t(`outcome.${visit.outcome}`, { defaultValue: visit.outcome })}</Tag>}
        </p>
        {visit.tasks.map((task) => (
          <div key={task.id}>
            {task.assignee?.name ?? ""} · {t(`task.state.${task.state}`, { defaultValue: task.state })}
            {task.decided_at && <span className="kz-quiet"> · {formatInstant(task.decided_at, app.zone)}</span>}
            {task.comment && <blockquote>{task.comment}</blockquote>}
          </div>
        ))}
        <time className="kz-quiet" dateTime={visit.entered_at}>{formatInstant(visit.entered_at, app.zone)}</time>
      </div>
    </>
  );
}
