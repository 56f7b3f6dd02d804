/** Teams, or positions: a list with how many people belong to each. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Skeleton } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Position, type Team, usePositions, useTeams } from "@/api/people";
import { type DataColumn, DataTable } from "@/ui/DataTable";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "../ProblemNotice";
import { UnitDialog } from "./UnitDialog";

type UnitRow = Team | Position;

export function Teams() {
  return <Units kind="teams" found={useTeams()} />;
}

export function Positions() {
  return <Units kind="positions" found={usePositions()} />;
}

type UnitsProps = { kind: "teams" | "positions"; found: { data?: UnitRow[]; isLoading: boolean; isError: boolean; isFetching: boolean; error: unknown; refetch: () => unknown } };

function Units({ kind, found }: UnitsProps) {
  const { t } = useTranslation("people");
  const [edited, setEdited] = useState<UnitRow | "new">();
  const rows = (found.data ?? []).toSorted((a, b) => a.title.localeCompare(b.title, "zh-CN"));
  const size = (row: UnitRow) => ("members" in row ? row.members.length : row.people);
  const columns: DataColumn<UnitRow>[] = [
    { key: "title", title: t("unit.title"), width: 200, render: (row) => <button type="button" className="kz-link" onClick={(event) => { event.stopPropagation(); setEdited(row); }}>{row.title}</button> },
    { key: "people", title: t("unit.size"), width: 100, align: "end", render: size },
  ];
  return (
    <>
      <div className="kz-tools"><span className="kz-spring" /><Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setEdited("new")}>{t(`unit.new.${kind}`)}</Button></div>
      {found.isLoading && <Skeleton active />}
      {found.isError && <ProblemNotice problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data?.length === 0 && <EmptyState title={t(`unit.none.${kind}`)} hint={t(`unit.noneHint.${kind}`)} />}
      {rows.length > 0 && <DataTable<UnitRow> label={t(`tab.${kind}`)} columns={columns} rows={rows} rowKey={({ id }) => id} onOpen={setEdited} isBusy={found.isFetching} />}
      {edited && <UnitDialog kind={kind} unit={edited === "new" ? undefined : edited} onClose={() => setEdited(undefined)} />}
    </>
  );
}
