/** A publication that takes its time: how far it is, stopping it, and how it ended. */
import { useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isEnded, type Job, useCancelJob, useJob, useJobs } from "@/api/jobs";
import { formatDecimal } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { useDraftFiles } from "../draft/context";
import { problemText } from "../parts/problemText";

/**
 * The publication that is watched: one that was begun here, or after a reload and in another tab the newest of the caller's
 * jobs that is under way. It stays until `close` even when it has ended, so that nobody misses how.
 */
export function usePublishJob(): { job: string | undefined; watch: (job: string) => void; close: () => void } {
  const jobs = useJobs();
  const [job, setJob] = useState<string>();
  const [closed, setClosed] = useState<string>();
  const running = jobs.data?.find(({ id, kind, state }) => kind === "publish" && !isEnded(state) && id !== closed)?.id;
  if (job === undefined && running !== undefined) setJob(running);
  const close = () => {
    setClosed(job);
    setJob(undefined);
  };
  return { job: job ?? running, watch: setJob, close };
}

type PublishJobProps = { id: string; onEnd: () => void };

export function PublishJob({ id, onEnd }: PublishJobProps) {
  const { t } = useTranslation("builder");
  const job = useJob(id);
  useReleased(job.data);
  return (
    <Panel title={t("publish.running")}>
      {job.isError && <Alert type="error" showIcon title={problemText(job.error, t)} />}
      {job.data && (isEnded(job.data.state) ? <Ended job={job.data} onEnd={onEnd} /> : <Running job={job.data} />)}
    </Panel>
  );
}

function Running({ job }: { job: Job }) {
  const { t } = useTranslation("builder");
  const cancel = useCancelJob();
  const done = formatDecimal(job.done);
  const text = job.total === null ? t("publish.doneSoFar", { done }) : t("publish.doneOf", { done, total: formatDecimal(job.total) });
  return (
    <>
      <div className="kz-job">
        <progress aria-label={t("publish.progress")} max={job.total ?? undefined} value={job.total === null ? undefined : job.done} />
        <span role="status">{text}</span>
        <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate(job.id)}>{t("publish.stop")}</Button>
      </div>
      <p className="kz-quiet">{t("publish.mayLeave")}</p>
      {cancel.isError && <Alert type="error" showIcon title={problemText(cancel.error, t)} />}
    </>
  );
}

function Ended({ job, onEnd }: { job: Job; onEnd: () => void }) {
  const { t } = useTranslation("builder");
  const { failure, number } = job.result;
  const close = <Button size="small" onClick={onEnd}>{t("close")}</Button>;
  if (job.state === "done") return <Alert type="success" showIcon role="status" title={t("publish.done", { number })} action={close} />;
  if (job.state === "cancelled") return <Alert type="warning" showIcon role="status" title={t("publish.cancelled")} description={t("publish.unchanged")} action={close} />;
  return <Alert type="error" showIcon role="alert" title={t("publish.failed")} description={[failure?.message, t("publish.unchanged")].filter(Boolean).join(" ")} action={close} />;
}

/** Once the release is there, everything in this browser is read anew. */
function useReleased(job: Job | undefined): void {
  const { t } = useTranslation("builder");
  const { message } = App.useApp();
  const files = useDraftFiles();
  const client = useQueryClient();
  const number = job?.state === "done" ? job.result.number : undefined;
  useEffect(() => {
    if (number === undefined) return;
    void message.success(t("publish.done", { number }));
    void files.refresh().then(() => client.invalidateQueries());
  }, [number]); // oxlint-disable-line react/exhaustive-deps
}
