/** The generated list of one entity: search, filters, sort, pages; its address holds what it shows. */
import { CopyOutlined, ImportOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useNavigate, useParams, useSearchParams } from "react-router";
import { useRecords } from "@/api/hooks";
import { RenderingProvider } from "@/renderer/context";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { LinkButton } from "@/ui/LinkButton";
import { columnsOf } from "./list/columns";
import { FilterBar } from "./list/FilterBar";
import { ListCards } from "./list/ListCards";
import { ListEmpty } from "./list/ListEmpty";
import { listQuery, type ListState, readState, writeState } from "./list/listState";
import { ListTable } from "./list/ListTable";
import { Pager } from "./list/Pager";
import { SearchBox } from "./list/SearchBox";
import { SortPicker } from "./list/SortPicker";
import { usePicking } from "./list/usePicked";
import { ProblemNotice } from "./ProblemNotice";
import { paths } from "./paths";
import { defaultView, entityOf, useSession } from "./session";
import { ExportButton } from "./transfer/ExportButton";
import { useTitle } from "./useTitle";

const PickedBar = lazy(() => import("./list/PickedBar"));

export default function ListPage() {
  const { entity: key = "" } = useParams();
  const { app } = useSession();
  // One list for each entity: nothing of the last one stays.
  return entityOf(app, key) ? <List key={key} entityKey={key} /> : <Navigate to="/" replace />;
}

function List({ entityKey }: { entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const entity = app.entities[entityKey]!;
  const state = readState(search);
  const viewKey = state.view ?? defaultView(app, entityKey);
  const view = viewKey === undefined ? undefined : app.views[viewKey];
  const query = listQuery(state, view);
  const list = useRecords(entityKey, query);
  const title = view?.title ?? entity.title;
  useTitle(title);
  const change = (part: Partial<ListState>) => setSearch(writeState({ ...state, after: undefined, ...part }));
  const columns = columnsOf(app, entity, view, (system) => t(`system.${system}`));
  const records = list.data?.items ?? [];
  const open = (id: string) => void navigate(paths.record(entityKey, id));
  const Rows = isNarrow ? ListCards : ListTable;
  const { actions } = entity;
  const { picked, boxes, wasUsed, toggle } = usePicking(writeState({ ...state, sort: undefined, after: undefined }).toString(), entity, isNarrow);
  const isFiltered = state.q !== "" || state.filters.length > 0;
  return (
    <RenderingProvider app={app} titles={list.data?.titles}>
      <div className="kz-page-head">
        <h1>{title}</h1>
        <span className="kz-spring" />
        {entity.schema["x-duplicates"]?.length && actions.update ? <LinkButton to={paths.duplicates(entityKey)} icon={<CopyOutlined aria-hidden />}>{t("alike.search")}</LinkButton> : null}
        {actions.export && <ExportButton entityKey={entityKey} query={query} />}
        {actions.import && <LinkButton to={paths.import(entityKey)} icon={<ImportOutlined aria-hidden />}>{t("transfer.import")}</LinkButton>}
        {actions.create && (
          <LinkButton to={paths.create(entityKey)} type="primary" icon={<PlusOutlined aria-hidden />}>{t("action.new")}</LinkButton>
        )}
      </div>
      <Views entityKey={entityKey} current={viewKey} />
      <div className="kz-tools">
        <SearchBox value={state.q} onSearch={(q) => change({ q })} />
        <FilterBar entityKey={entityKey} filters={state.filters} onChange={(filters) => change({ filters })} />
        {isNarrow && <SortPicker columns={columns} sort={state.sort} onSort={(sort) => change({ sort })} />}
        {toggle && <Button aria-pressed={boxes !== undefined} onClick={toggle}>{t("batch.start")}</Button>}
      </div>
      {wasUsed && <Suspense><PickedBar entityKey={entityKey} picked={picked} query={query} count={list.data?.count} /></Suspense>}
      {list.isError && <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && records.length === 0 ? (
        <ListEmpty entityKey={entityKey} isFiltered={isFiltered} onClear={() => change({ q: "", filters: [] })} />
      ) : (
        <Rows entityKey={entityKey} columns={columns} records={records} sort={state.sort} isLoading={list.isFetching} onSort={(sort) => change({ sort })} onOpen={open} picking={boxes} />
      )}
      <Pager count={list.data?.count} next={list.data?.next} state={state} isLoading={list.isFetching} />
    </RenderingProvider>
  );
}

/** The other views of the entity, each an address of its own. */
function Views({ entityKey, current }: { entityKey: string; current: string | undefined }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const views = app.entities[entityKey]?.views.filter((key) => key === current || (app.views[key]?.type ?? "table") === "table") ?? [];
  if (views.length < 2) return null;
  return (
    <nav className="kz-views" aria-label={t("list.view")}>
      {views.map((key) => (
        <Link key={key} to={{ search: key === defaultView(app, entityKey) ? "" : `view=${key}` }} aria-current={key === current ? "page" : undefined}>{app.views[key]?.title ?? key}</Link>
      ))}
    </nav>
  );
}
