/** The list on a wide screen: a dense table, sorted by its heads; a row opens its record. */
import { Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { RecordBody } from "@/api/types";
import { isFigure } from "@/renderer/values/effective";
import { ShowValue } from "@/renderer/values/ShowValue";
import { type DataColumn, DataTable, type RowPicking } from "@/ui/DataTable";
import { paths } from "../paths";
import type { Column } from "./columns";

export type ListRowsProps = {
  entityKey: string;
  columns: Column[];
  records: RecordBody[];
  sort: string | undefined;
  isLoading: boolean;
  onSort: (sort: string | undefined) => void;
  onOpen: (id: string) => void;
  picking?: RowPicking<RecordBody>;
};

export function ListTable({ entityKey, columns, records, sort, isLoading, onSort, onOpen, picking }: ListRowsProps) {
  const { t } = useTranslation("workspace");
  if (isLoading && records.length === 0) return <Skeleton active paragraph={{ rows: 10 }} />;
  const shown = columns.map(({ key, field, width, sortable }, index): DataColumn<RecordBody> => ({
    key,
    title: field.title ?? key,
    width,
    align: isFigure(field) ? "end" : "start",
    sortable,
    render: (record) => {
      const cell = <ShowValue field={field} value={record[key]} compact />;
      return index === 0 ? <Link to={paths.record(entityKey, record.id)} onClick={(event) => event.stopPropagation()}>{cell}</Link> : cell;
    },
  }));
  return (
    <DataTable<RecordBody> label={t("list.table")} columns={shown} rows={records} rowKey={(record) => record.id} sort={sort}
      onSort={onSort} onOpen={(record) => onOpen(record.id)} isBusy={isLoading} picking={picking} />
  );
}
