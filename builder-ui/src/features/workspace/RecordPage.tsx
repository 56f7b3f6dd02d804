/** One record from all sides: facts, grade with reasons, open tasks, timeline, what points to it. */
import { Skeleton } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useParams, useSearchParams } from "react-router";
import { Problem } from "@/api/client";
import { type LoadedRecord, useRecord } from "@/api/hooks";
import { RenderingProvider } from "@/renderer/context";
import { FactsView } from "@/renderer/form/FactsView";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Panel";
import { setupOf } from "./form/setup";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { GradePanel } from "./record/GradePanel";
import { RecordHead } from "./record/RecordHead";
import { RecordWork } from "./record/RecordWork";
import { RelatedLists } from "./record/RelatedLists";
import { Timeline } from "./record/Timeline";
import { entityOf, titleOf, useSession } from "./session";
import { useTitle } from "./useTitle";

const RecordForm = lazy(() => import("./form/RecordForm"));
const MergesPanel = lazy(() => import("./merge/MergesPanel"));

export default function RecordPage() {
  const { entity = "", id = "" } = useParams();
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const loaded = useRecord(entity, id, entityOf(app, entity) !== undefined);
  if (!entityOf(app, entity)) return <Navigate to="/" replace />;
  const merged = loaded.error instanceof Problem && loaded.error.code === "record.merged" ? loaded.error.body["merged_into"] : undefined;
  if (typeof merged === "string") return <EmptyState title={t("merge.went")} hint={t("merge.wentHint")}><Link to={paths.record(entity, merged)}>{t("merge.toRecord")}</Link></EmptyState>;
  if (loaded.error instanceof Problem && loaded.error.status === 404) return <EmptyState title={t("record.gone")} hint={t("record.goneHint")} />;
  if (loaded.isError && !loaded.data) return <ProblemNotice problem={loaded.error} onRetry={() => void loaded.refetch()} />;
  if (!loaded.data) return <Skeleton active paragraph={{ rows: 8 }} />;
  return (
    <RenderingProvider key={id} app={app} titles={loaded.data.titles} linkTo={paths.record} record={{ entity, id }}>
      <Sides entityKey={entity} loaded={loaded.data} />
    </RenderingProvider>
  );
}

function Sides({ entityKey, loaded: { record } }: { entityKey: string; loaded: LoadedRecord }) {
  const { t } = useTranslation("workspace");
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const isEditing = search.get("edit") === "1";
  const entity = session.app.entities[entityKey]!;
  const setup = useMemo(() => setupOf(session, { entity: entityKey, record }), [session.app, session.me, entityKey, record]); // oxlint-disable-line react/exhaustive-deps
  useTitle(titleOf(entity, record));
  const stopEditing = () => setSearch({}, { replace: true });
  return (
    <>
      <RecordHead entityKey={entityKey} record={record} isEditing={isEditing} />
      <div className="kz-sides" data-editing={isEditing}>
        <div className="kz-side-first">
          <GradePanel entityKey={entityKey} record={record} />
          <RecordWork entityKey={entityKey} record={record} />
        </div>
        <div className="kz-side-main">
          <Panel title={isEditing ? t("record.editing") : t("record.facts")}>
            {isEditing ? (
              <Suspense fallback={<Skeleton active />}>
                <RecordForm entity={entityKey} record={record} onSaved={stopEditing} onCancel={stopEditing} />
              </Suspense>
            ) : (
              <FactsView setup={setup} />
            )}
          </Panel>
          {!isEditing && <RelatedLists entityKey={entityKey} record={record} />}
        </div>
        <div className="kz-side-last">
          <Suspense><MergesPanel entityKey={entityKey} id={record.id} /></Suspense>
          <Timeline entityKey={entityKey} id={record.id} />
        </div>
      </div>
    </>
  );
}
