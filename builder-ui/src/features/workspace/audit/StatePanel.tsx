/** How far the chain goes, when it was signed last, and the proof that nothing of it was altered. */
import { Alert, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AuditState, checkpointLines, type Fault, type Proof, useAuditState, useProve, useSign } from "@/api/audit";
import { isEnded, type Job, useJob } from "@/api/jobs";
import { formatDecimal, formatInstant } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";

export function StatePanel() {
  const { t } = useTranslation("audit");
  const state = useAuditState();
  if (state.isError) return <ProblemNotice problem={state.error} onRetry={() => void state.refetch()} />;
  return <Panel title={t("state.title")}>{state.data && <State state={state.data} />}</Panel>;
}

function State({ state }: { state: AuditState }) {
  const { t } = useTranslation("audit");
  const { app } = useSession();
  const [job, setJob] = useState<string>();
  const prove = useProve();
  const sign = useSign();
  const { checkpoint, sealed_at: sealedAt } = state;
  const at = (instant: string) => formatInstant(instant, app.zone);
  return (
    <>
      <p role="status">
        {t("state.entries", { entries: formatDecimal(state.entries), blocks: formatDecimal(state.blocks) })}
        {sealedAt !== null && ` ${t("state.sealedAt", { at: at(sealedAt) })}`}
        {state.unsealed > 0 && ` ${t("state.unsealed", { entries: formatDecimal(state.unsealed) })}`}
      </p>
      <p className="kz-quiet">{checkpoint === null ? t("state.unsigned") : t("state.signed", { number: checkpoint.number, at: at(checkpoint.at), entries: formatDecimal(checkpoint.entries) })}</p>
      {state.may_audit && (
        <div className="kz-tools">
          <Button type="primary" loading={prove.isPending} onClick={() => prove.mutate(undefined, { onSuccess: (begun) => setJob(begun.id) })}>{t("state.prove")}</Button>
          <Button loading={sign.isPending} onClick={() => sign.mutate()}>{t("state.sign")}</Button>
          <Button disabled={checkpoint === null} onClick={() => void save()}>{t("state.save")}</Button>
        </div>
      )}
      {(prove.isError || sign.isError) && <ProblemNotice problem={prove.error ?? sign.error} />}
      {job !== undefined && <Proving id={job} />}
    </>
  );
}

/** Lets the browser keep every checkpoint as a file. */
async function save(): Promise<void> {
  const address = URL.createObjectURL(new Blob([await checkpointLines()], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "checkpoints.jsonl";
  link.click();
  URL.revokeObjectURL(address);
}

function Proving({ id }: { id: string }) {
  const job = useJob(id);
  if (job.isError) return <ProblemNotice problem={job.error} onRetry={() => void job.refetch()} />;
  return job.data ? <Proved job={job.data} /> : null;
}

function Proved({ job }: { job: Job }) {
  const { t } = useTranslation("audit");
  if (!isEnded(job.state)) return <p role="status"><progress aria-label={t("state.proving")} max={job.total ?? undefined} value={job.total === null ? undefined : job.done} /> {t("state.provingOf", { done: formatDecimal(job.done) })}</p>;
  if (job.state !== "done") return <Alert type="error" showIcon title={t("state.notProved")} description={job.result.failure?.message} />;
  const proof = job.result as unknown as Proof;
  const counts = { entries: formatDecimal(proof.entries), checkpoints: formatDecimal(proof.checkpoints), unsealed: formatDecimal(proof.unsealed), erased: formatDecimal(proof.erased) };
  if (proof.wrong === 0) return <Alert type="success" showIcon role="status" title={t("state.whole")} description={t("state.wholeHint", counts)} />;
  return (
    <Alert type="error" showIcon role="alert" title={t("state.wrong", { wrong: formatDecimal(proof.wrong) })}
      description={<ul>{proof.faults.map((fault, index) => <li key={index}><FaultText fault={fault} /></li>)}</ul>} />
  );
}

function FaultText({ fault: { what, entry, block, checkpoint } }: { fault: Fault }) {
  const { t } = useTranslation("audit");
  return t(`fault.${what}`, { defaultValue: what, entry: entry ?? "", block: block ?? "", checkpoint: checkpoint ?? "" });
}
