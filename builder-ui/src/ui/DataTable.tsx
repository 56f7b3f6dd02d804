/**
 * A dense table of rows with heads that sort. Plain HTML: Ant Design's Table brings filters,
 * trees, menus and paging along that a page of fifty rows does not need, a fifth of the script
 * that the first screens may weigh.
 */
import { CaretDownOutlined, CaretUpOutlined } from "@ant-design/icons";
import type { ReactNode } from "react";

export type DataColumn<Row> = {
  key: string;
  title: string;
  /** In pixels; a head is never narrower. */
  width?: number;
  align?: "start" | "end";
  sortable?: boolean;
  render: (row: Row) => ReactNode;
};

/** Rows that can be picked: what is picked, and what the boxes are called. */
export type RowPicking<Row> = {
  picked: ReadonlySet<string>;
  nameOf: (row: Row) => string;
  allName: string;
  onPick: (rows: readonly Row[], on: boolean) => void;
};

type DataTableProps<Row> = {
  label: string;
  columns: DataColumn<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** `amount` ascending, `-amount` descending. */
  sort?: string;
  onSort?: (sort: string | undefined) => void;
  onOpen?: (row: Row) => void;
  isBusy?: boolean;
  picking?: RowPicking<Row>;
};

export function DataTable<Row>({ label, columns, rows, rowKey, sort, onSort, onOpen, isBusy, picking }: DataTableProps<Row>) {
  return (
    <div className="kz-data" role="region" aria-label={label} tabIndex={0} aria-busy={isBusy || undefined}>
      <table>
        <thead>
          <tr>
            {picking && <PickAll picking={picking} rows={rows} rowKey={rowKey} />}
            {columns.map((column) => <Head key={column.key} column={column} sort={sort} onSort={onSort} />)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            // The first cell holds the link that keyboards use; the row is for the pointer's convenience.
            <tr key={rowKey(row)} data-open={onOpen !== undefined} onClick={() => onOpen?.(row)}>
              {picking && (
                <td className="kz-pick" onClick={(event) => event.stopPropagation()}>
                  <input type="checkbox" aria-label={picking.nameOf(row)} checked={picking.picked.has(rowKey(row))} onChange={(event) => picking.onPick([row], event.target.checked)} />
                </td>
              )}
              {columns.map((column) => <td key={column.key} data-align={column.align}><div>{column.render(row)}</div></td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

type PickAllProps<Row> = { picking: RowPicking<Row>; rows: Row[]; rowKey: (row: Row) => string };

/** Picks the rows of this page; neither on nor off while only some are. */
function PickAll<Row>({ picking, rows, rowKey }: PickAllProps<Row>) {
  const count = rows.filter((row) => picking.picked.has(rowKey(row))).length;
  const mark = (box: HTMLInputElement | null) => {
    if (box) box.indeterminate = count > 0 && count < rows.length;
  };
  return (
    <th scope="col" className="kz-pick">
      <input ref={mark} type="checkbox" aria-label={picking.allName} checked={rows.length > 0 && count === rows.length} onChange={(event) => picking.onPick(rows, event.target.checked)} />
    </th>
  );
}

type HeadProps<Row> = { column: DataColumn<Row>; sort: string | undefined; onSort: ((sort: string | undefined) => void) | undefined };

/** Ascending, descending, and back to the order that the view has. */
function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const first = sort?.split(",")[0];
  const order = first === column.key ? "ascending" : first === `-${column.key}` ? "descending" : undefined;
  const next = order === undefined ? column.key : order === "ascending" ? `-${column.key}` : undefined;
  return (
    <th scope="col" data-align={column.align} style={{ minWidth: column.width }} aria-sort={order}>
      {column.sortable && onSort ? (
        <button type="button" onClick={() => onSort(next)}>
          {column.title}
          {order === "ascending" && <CaretUpOutlined aria-hidden />}
          {order === "descending" && <CaretDownOutlined aria-hidden />}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}
