/** How far a job is, with the button that stops it. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { type Job, useCancelJob } from "@/api/jobs";
import { formatDecimal } from "@/lib/format";
import { ProblemNotice } from "../ProblemNotice";

/** `of` says what is counted: rows of a file, or records that are compared. */
export function JobProgress({ job, of }: { job: Job; of: "transfer" | "alike" }) {
  const { t } = useTranslation("workspace");
  const cancel = useCancelJob();
  const shown = formatDecimal(job.done);
  const text = job.total === null ? t(`${of}.doneSoFar`, { done: shown }) : t(`${of}.doneOf`, { done: shown, total: formatDecimal(job.total) });
  return (
    <>
      <div className="kz-job">
        <progress aria-label={t("transfer.progress")} max={job.total ?? undefined} value={job.total === null ? undefined : job.done} />
        <span role="status">{text}</span>
        <Button size="small" loading={cancel.isPending} onClick={() => cancel.mutate(job.id)}>{t("transfer.stop")}</Button>
      </div>
      {cancel.isError && <ProblemNotice problem={cancel.error} />}
    </>
  );
}
