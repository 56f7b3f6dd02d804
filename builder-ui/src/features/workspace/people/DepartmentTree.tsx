/** Departments as a tree: who leads each, how many people belong to it. */
import { PlusOutlined, UploadOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useUsers } from "@/api/hooks";
import { type DepartmentRow, useDepartmentRows } from "@/api/people";
import { EmptyState } from "@/ui/EmptyState";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";
import { type DepartmentNode, treeOf } from "./tree";
import { UnitDialog } from "./UnitDialog";

const RosterDialog = lazy(() => import("./RosterDialog"));

/** What is being edited: a department, or a new one below another. */
type Edited = { row?: DepartmentRow; parent?: string };

export function DepartmentTree() {
  const { t } = useTranslation("people");
  const departments = useDepartmentRows();
  const users = useUsers(true);
  const names = new Map((users.data?.items ?? []).map(({ id, name }) => [id, name]));
  const [edited, setEdited] = useState<Edited>();
  const [isImporting, setImporting] = useState(false);
  const roots = treeOf(departments.data ?? []);
  return (
    <>
      <div className="kz-tools">
        <span className="kz-spring" />
        <Button icon={<UploadOutlined aria-hidden />} onClick={() => setImporting(true)}>{t("roster.departments")}</Button>
        <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setEdited({})}>{t("unit.new.departments")}</Button>
      </div>
      {departments.isLoading && <Skeleton active />}
      {departments.isError && <ProblemNotice problem={departments.error} onRetry={() => void departments.refetch()} />}
      {departments.isSuccess && roots.length === 0 && <EmptyState title={t("unit.none.departments")} hint={t("unit.noneHint.departments")} />}
      {roots.length > 0 && <div className="kz-panel"><Branch nodes={roots} names={names} label={t("tab.departments")} onEdit={setEdited} /></div>}
      {edited && <UnitDialog kind="departments" unit={edited.row} parent={edited.parent} onClose={() => setEdited(undefined)} />}
      {isImporting && <Suspense><RosterDialog kind="departments" onClose={() => setImporting(false)} /></Suspense>}
    </>
  );
}

type BranchProps = { nodes: DepartmentNode[]; names: ReadonlyMap<string, string>; label?: string; onEdit: (edited: Edited) => void };

function Branch({ nodes, names, label, onEdit }: BranchProps) {
  const { t } = useTranslation("people");
  return (
    <ul className="kz-tree" aria-label={label}>
      {nodes.map(({ row, below }) => {
        const deputies = row.deputies.map((id) => names.get(id)).filter(Boolean);
        const led = [row.head && t("unit.headIs", { name: names.get(row.head) ?? "" }), deputies.length > 0 && t("unit.deputiesAre", { names: deputies.join(t("and")) })];
        return (
          <li key={row.id}>
            <div className="kz-tree-line">
              <button type="button" className="kz-link" onClick={() => onEdit({ row })}>{row.title}</button>
              <Link className="kz-quiet" to={paths.people({ department: row.id })}>{t("unit.people", { count: row.people })}</Link>
              <span className="kz-quiet">{led.filter(Boolean).join(" · ")}</span>
              <span className="kz-spring" />
              <Button size="small" type="text" icon={<PlusOutlined aria-hidden />} aria-label={t("unit.below", { title: row.title })} onClick={() => onEdit({ parent: row.id })} />
            </div>
            {below.length > 0 && <Branch nodes={below} names={names} onEdit={onEdit} />}
          </li>
        );
      })}
    </ul>
  );
}
