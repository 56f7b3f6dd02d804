/**
 * Records from a file: choose it, see how it was understood and what would come of it, then import. `?job=` names the
 * job that is shown, so that a reload goes on watching it.
 */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useParams, useSearchParams } from "react-router";
import { isEnded, type Job, useJob } from "@/api/jobs";
import { LinkButton } from "@/ui/LinkButton";
import { Panel } from "@/ui/Panel";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { entityOf, useSession } from "./session";
import { type Choice, FIRST_CHOICE, optionsOf } from "./transfer/choice";
import { FileChooser } from "./transfer/FileChooser";
import { JobPanel } from "./transfer/JobPanel";
import { MappingPanel } from "./transfer/MappingPanel";
import { useSending } from "./transfer/useSending";
import { useTitle } from "./useTitle";

export default function ImportPage() {
  const { entity: key = "" } = useParams();
  const { app } = useSession();
  const entity = entityOf(app, key);
  if (!entity?.actions.import) return <Navigate to={entity ? paths.list(key) : "/"} replace />;
  return <Import key={key} entityKey={key} />;
}

/** A file in hand, and what was chosen when it was tried last. */
type Tried = { file: File; choice: Choice };

function Import({ entityKey }: { entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const entity = app.entities[entityKey]!;
  const [search, setSearch] = useSearchParams();
  const [tried, setTried] = useState<Tried>();
  const first: Choice = entity.actions.create ? FIRST_CHOICE : { ...FIRST_CHOICE, mode: "update" };
  const [choice, setChoice] = useState<Choice>(first);
  const show = (next: Job) => setSearch({ job: next.id }, { replace: true });
  const sending = useSending(entityKey, show);
  const job = useJob(search.get("job") ?? undefined);
  const title = t("transfer.title", { entity: entity.title });
  useTitle(title);
  const attempt = (file: File, chosen: Choice) => {
    setChoice(chosen);
    setTried({ file, choice: chosen });
    sending.send(file, optionsOf(chosen, true));
  };
  const shown = sending.share === undefined ? job.data : undefined;
  const isTrial = shown?.result.dry_run === true && isEnded(shown.state);
  const isWaiting = tried !== undefined && (shown === undefined || isTrial);
  return (
    <>
      <div className="kz-page-head">
        <h1>{title}</h1>
        <span className="kz-spring" />
        <LinkButton to={paths.list(entityKey)}>{t("transfer.toList")}</LinkButton>
      </div>
      <div className="kz-sheet-form">
        <Panel title={t("transfer.file")}>
          <FileChooser file={tried?.file} onFile={(file) => attempt(file, isTrial ? { ...choice, map: undefined } : first)} />
          {sending.share !== undefined && <div className="kz-job"><progress aria-label={t("transfer.sending")} max={1} value={sending.share} /><span role="status">{t("transfer.sending")}</span></div>}
          {sending.problem !== undefined && <ProblemNotice problem={sending.problem} />}
        </Panel>
        {job.isError && <ProblemNotice problem={job.error} onRetry={() => void job.refetch()} />}
        {isWaiting && isTrial && (
          <Panel title={t("transfer.mapping")}>
            <MappingPanel entity={entity} columns={shown.result.columns ?? []} wrong={shown.result.refused ?? []} choice={choice} onChange={setChoice} />
            <Go job={shown} isChanged={choice !== tried.choice} onTry={() => attempt(tried.file, choice)} onImport={() => sending.send(tried.file, optionsOf(choice, false))} />
          </Panel>
        )}
        {shown && (
          <Panel title={t(shown.kind === "undo" ? "transfer.undoing" : shown.result.dry_run ? "transfer.trial" : "transfer.result")}>
            <JobPanel job={shown} onUndo={show} />
          </Panel>
        )}
      </div>
    </>
  );
}

type GoProps = { job: Job; isChanged: boolean; onTry: () => void; onImport: () => void };

/** What was changed is tried before it is imported. */
function Go({ job, isChanged, onTry, onImport }: GoProps) {
  const { t } = useTranslation("workspace");
  const count = (job.result.created ?? 0) + (job.result.updated ?? 0);
  return (
    <div className="kz-actions">
      {isChanged
        ? <Button type="primary" onClick={onTry}>{t("transfer.tryAgain")}</Button>
        : <Button type="primary" disabled={count === 0} onClick={onImport}>{t("transfer.go", { count })}</Button>}
      {isChanged && <span className="kz-quiet">{t("transfer.tryFirst")}</span>}
    </div>
  );
}
