/** Several records become one: what they differ in, whose value is taken, which one survives, and what goes over to it. */
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Navigate, useParams, useSearchParams } from "react-router";
import { useRecords } from "@/api/hooks";
import { RenderingProvider } from "@/renderer/context";
import { EmptyState } from "@/ui/EmptyState";
import { LinkButton } from "@/ui/LinkButton";
import { idsIn, MOST_MERGED } from "./merge/choice";
import { MergeForm } from "./merge/MergeForm";
import { paths } from "./paths";
import { ProblemNotice } from "./ProblemNotice";
import { entityOf, useSession } from "./session";
import { useTitle } from "./useTitle";

export default function MergePage() {
  const { entity: key = "" } = useParams();
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const [search] = useSearchParams();
  const entity = entityOf(app, key);
  const title = t("merge.title", { entity: entity?.title });
  useTitle(title);
  if (!entity) return <Navigate to="/" replace />;
  const ids = idsIn(search.get("ids"));
  return (
    <>
      <div className="kz-page-head">
        <h1>{title}</h1>
        <span className="kz-spring" />
        <LinkButton to={paths.list(key)}>{t("transfer.toList")}</LinkButton>
      </div>
      {ids.length < 2 || ids.length > MOST_MERGED
        ? <EmptyState title={t("merge.number", { most: MOST_MERGED })} hint={t("merge.numberHint")} />
        : <Merge key={ids.join()} entityKey={key} ids={ids} />}
    </>
  );
}

function Merge({ entityKey, ids }: { entityKey: string; ids: string[] }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const list = useRecords(entityKey, { where: { field: "id", op: "in", value: ids }, limit: MOST_MERGED, count: "none" });
  if (list.isError) return <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />;
  if (!list.data) return <Skeleton active paragraph={{ rows: 8 }} />;
  const records = ids.flatMap((id) => list.data.items.find((record) => record.id === id) ?? []);
  return (
    <RenderingProvider app={app} titles={list.data.titles} linkTo={paths.record}>
      <MergeForm entityKey={entityKey} records={records} isComplete={records.length === ids.length} missing={t("merge.gone")} />
    </RenderingProvider>
  );
}
