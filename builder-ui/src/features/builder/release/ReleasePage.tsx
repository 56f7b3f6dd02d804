/** From draft to release: what has changed, what is wrong, what it affects; publish, discard, go back. */
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Panel } from "@/ui/Panel";
import type { DraftItem } from "../api";
import { titleOf, useDiagnostics, useDraftItems, useOpenFiles } from "../draft/context";
import { ProblemList } from "../file/ProblemList";
import { routeOfPath } from "../routes";
import { usePeople } from "./usePeople";
import { PublishJob, usePublishJob } from "./PublishJob";
import { PublishPanel } from "./PublishPanel";
import { ReleaseList } from "./ReleaseList";

export function ReleasePage() {
  const { t } = useTranslation("builder");
  const draft = useDraftItems().data;
  const changed = draft?.items.filter((item) => item.state !== "same") ?? [];
  const problems = useDiagnostics();
  const { job, watch, close } = usePublishJob();
  useEffect(() => {
    document.title = `${t("nav.release")} · ${t("brand")}`;
  }, [t]);
  return (
    <div className="kzb-page">
      <header className="kzb-page-head">
        <div>
          <h1>{t("nav.release")}</h1>
          <p className="kz-quiet">{t("release.base", { number: draft?.base ?? "…" })}</p>
        </div>
      </header>
      <Panel title={t("release.changes", { count: changed.length })}>
        {changed.length === 0 ? <p className="kz-quiet">{t("release.unchanged")}</p> : <Changes items={changed} />}
      </Panel>
      <Panel title={t("release.problems", { count: problems.length })}>
        {problems.length === 0 ? <p className="kz-quiet">{t("release.sound")}</p> : <ProblemList problems={problems} withPath />}
      </Panel>
      {job !== undefined && <PublishJob key={job} id={job} onEnd={close} />}
      {job === undefined && changed.length > 0 && <PublishPanel items={changed} blocked={problems.some((each) => each.severity === "error")} onJob={watch} />}
      <ReleaseList onJob={watch} />
    </div>
  );
}

function Changes({ items }: { items: readonly DraftItem[] }) {
  const { t } = useTranslation("builder");
  const open = useOpenFiles();
  const people = usePeople();
  return (
    <ul className="kzb-changes">
      {items.map((item) => {
        const route = item.state === "removed" ? null : routeOfPath(item.path);
        const title = titleOf(open.get(item.path)?.history.document, item.path);
        const by = people(item.by);
        return (
          <li key={item.path}>
            <span className="kzb-state" data-state={item.state}>
              {t(`state.${item.state}`)}
            </span>
            {route ? <Link to={route}>{title}</Link> : <span>{title}</span>}
            <code>{item.path}</code>
            {by && <span className="kz-quiet">{by}</span>}
          </li>
        );
      })}
    </ul>
  );
}
