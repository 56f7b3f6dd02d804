/** The entries that are asked for as a file: begun, watched, fetched. */
import { Alert, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { auditFile, type AuditQuestion, useAuditExport } from "@/api/audit";
import { isEnded, type Job, useJob } from "@/api/jobs";
import { formatDecimal } from "@/lib/format";
import { ProblemNotice } from "../ProblemNotice";

export function ExportPanel({ question }: { question: AuditQuestion }) {
  const { t } = useTranslation("audit");
  const [job, setJob] = useState<string>();
  const begin = useAuditExport();
  const start = (format: "csv" | "jsonl") => begin.mutate({ ...question, format }, { onSuccess: (begun) => setJob(begun.id) });
  return (
    <div className="kz-tools">
      <Button loading={begin.isPending} onClick={() => start("csv")}>{t("export.csv")}</Button>
      <Button loading={begin.isPending} onClick={() => start("jsonl")}>{t("export.jsonl")}</Button>
      {begin.isError && <ProblemNotice problem={begin.error} />}
      {job !== undefined && <Exporting id={job} />}
    </div>
  );
}

function Exporting({ id }: { id: string }) {
  const job = useJob(id);
  if (job.isError) return <ProblemNotice problem={job.error} onRetry={() => void job.refetch()} />;
  return job.data ? <Exported job={job.data} /> : null;
}

function Exported({ job }: { job: Job }) {
  const { t } = useTranslation("audit");
  const count = formatDecimal(job.done);
  if (!isEnded(job.state)) return <span role="status">{t("export.writing", { entries: count })}</span>;
  if (job.state !== "done") return <Alert type="error" showIcon title={t("export.failed")} description={job.result.failure?.message} />;
  return <a href={auditFile(job.id)} download>{t("export.fetch", { entries: count })}</a>;
}
