/**
 * The audit: who did what, when, to what, and whether all of it is still as it was sealed. What is asked lies in the address, so that
 * it can be passed on. Nothing on this page changes an entry.
 */
import { Button, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Navigate, useSearchParams } from "react-router";
import { useAudit } from "@/api/audit";
import { formatInstant } from "@/lib/format";
import { EmptyState } from "@/ui/EmptyState";
import { Entries } from "./audit/Entries";
import { ExportPanel } from "./audit/ExportPanel";
import { Filters } from "./audit/Filters";
import { askedWith, questionOf } from "./audit/question";
import { StatePanel } from "./audit/StatePanel";
import { ProblemNotice } from "./ProblemNotice";
import { useSession } from "./session";
import { useTitle } from "./useTitle";

export default function AuditPage() {
  const { t } = useTranslation("audit");
  const { me } = useSession();
  useTitle(t("title"));
  if (!me.may.includes("view_audit")) return <Navigate to="/" replace />;
  return <Audit mayTake={me.may.includes("audit")} />;
}

function Audit({ mayTake }: { mayTake: boolean }) {
  const { t } = useTranslation("audit");
  const { app } = useSession();
  const [search, setSearch] = useSearchParams();
  const question = questionOf(search, app.zone);
  const list = useAudit(question);
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const lookedTo = list.data?.pages.at(-1)?.looked_to;
  return (
    <>
      <div className="kz-page-head"><h1>{t("title")}</h1></div>
      <StatePanel />
      <Filters search={search} onAsk={(name, value) => setSearch(askedWith(search, name, value), { replace: true })} onClear={() => setSearch({}, { replace: true })} />
      {mayTake && <ExportPanel key={search.toString()} question={question} />}
      {list.isError && <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />}
      {list.isLoading && <Skeleton active />}
      {list.data && entries.length === 0 && !list.hasNextPage && <EmptyState title={t("none")} hint={t("noneHint")} />}
      {entries.length > 0 && <Entries entries={entries} />}
      {list.hasNextPage && (
        <div className="kz-pager">
          <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button>
          {lookedTo && <span className="kz-quiet" role="status">{t("lookedTo", { at: formatInstant(lookedTo, app.zone) })}</span>}
        </div>
      )}
    </>
  );
}
