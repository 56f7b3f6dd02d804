/** The runs that this person set off, and how far they have come. */
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useStarted } from "@/api/hooks";
import { formatAgo } from "@/lib/format";
import { EmptyState } from "@/ui/EmptyState";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";

/** In this box the items are runs; some servers put the run under `run`. */
export function StartedList() {
  const { t } = useTranslation("workspace");
  const started = useStarted(true);
  if (started.isLoading) return <Skeleton active />;
  if (started.isError) return <ProblemNotice problem={started.error} onRetry={() => void started.refetch()} />;
  const runs = started.data?.items ?? [];
  if (runs.length === 0) return <EmptyState title={t("task.empty.started")} hint={t("task.emptyHint.started")} />;
  return (
    <ul className="kz-tasks kz-panel">
      {runs.map((run) => (
        <li key={run.id}>
          <Link className="kz-task-row" to={paths.run(run.id)}>
            <strong>{run.title || run.workflow}</strong>
            <span>{run.record?.title}</span>
            <span className="kz-quiet">{t(`run.state.${run.state}`, { defaultValue: run.state })} · {formatAgo(run.started_at)}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
