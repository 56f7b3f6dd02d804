/**
 * Records that are there twice: looked for by a job, shown in groups, each of which can be merged. `?job=` names the search
 * that is shown, so that a reload goes on watching it.
 */
import { Alert, Button, Checkbox } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useParams, useSearchParams } from "react-router";
import { useSearchDuplicates } from "@/api/duplicates";
import { isEnded, type Job, useJob } from "@/api/jobs";
import { formatDecimal } from "@/lib/format";
import { RenderingProvider } from "@/renderer/context";
import { LinkButton } from "@/ui/LinkButton";
import { Panel } from "@/ui/Panel";
import { Groups } from "./alike/Groups";
import { JobProgress } from "./transfer/JobProgress";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { entityOf, useSession } from "./session";
import { useTitle } from "./useTitle";

export default function DuplicatesPage() {
  const { entity: key = "" } = useParams();
  const { app } = useSession();
  const entity = entityOf(app, key);
  if (!entity?.schema["x-duplicates"]?.length) return <Navigate to={entity ? paths.list(key) : "/"} replace />;
  return <RenderingProvider key={key} app={app} linkTo={paths.record}><Duplicates entityKey={key} /></RenderingProvider>;
}

function Duplicates({ entityKey }: { entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const entity = app.entities[entityKey]!;
  const rules = entity.schema["x-duplicates"] ?? [];
  const [search, setSearch] = useSearchParams();
  const [chosen, setChosen] = useState(() => rules.map(({ key }) => key));
  const id = search.get("job") ?? undefined;
  const start = useSearchDuplicates(entityKey);
  const job = useJob(id);
  const title = t("alike.title", { entity: entity.title });
  useTitle(title);
  const isRunning = job.data !== undefined && !isEnded(job.data.state);
  const begin = () => start.mutate(chosen, { onSuccess: (next) => setSearch({ job: next.id }, { replace: true }) });
  return (
    <>
      <div className="kz-page-head">
        <h1>{title}</h1>
        <span className="kz-spring" />
        <LinkButton to={paths.list(entityKey)}>{t("transfer.toList")}</LinkButton>
      </div>
      <div className="kz-sheet-form">
        <Panel title={t("alike.rules")}>
          <fieldset className="kz-ways">
            <legend className="kz-quiet">{t("alike.rulesHint")}</legend>
            <Checkbox.Group value={chosen} onChange={setChosen} options={rules.map(({ key, title: label }) => ({ value: key, label: label || key }))} />
          </fieldset>
          <div className="kz-actions"><Button type="primary" disabled={chosen.length === 0 || isRunning} loading={start.isPending} onClick={begin}>{t(id === undefined ? "alike.start" : "alike.again")}</Button></div>
          {start.isError && <ProblemNotice problem={start.error} />}
        </Panel>
        {job.isError && <ProblemNotice problem={job.error} onRetry={() => void job.refetch()} />}
        {job.data && <Result entityKey={entityKey} job={job.data} />}
      </div>
    </>
  );
}

/** How far the search is, then what it found. */
function Result({ entityKey, job }: { entityKey: string; job: Job }) {
  const { t } = useTranslation("workspace");
  const { groups = 0, records = 0, complete, failure } = job.result;
  if (!isEnded(job.state)) return <Panel title={t("alike.searching")}><JobProgress job={job} of="alike" /></Panel>;
  if (job.state === "failed") return <Alert type="error" showIcon title={t("transfer.failed")} description={failure?.message} />;
  if (job.state === "cancelled") return <Alert type="warning" showIcon role="status" title={t("alike.stopped")} />;
  const counts = { groups: formatDecimal(groups), records: formatDecimal(records) };
  return (
    <Panel title={t("alike.result")}>
      <p role="status">{t(groups === 0 ? "alike.none" : "alike.found", counts)}</p>
      {complete === false && <p className="kz-quiet">{t("alike.incomplete")}</p>}
      {groups > 0 && <Groups entityKey={entityKey} job={job.id} />}
    </Panel>
  );
}
