/** The rows of a sub-table, read only: a plain table that scrolls sideways on a phone. */
import type { FieldSchema } from "@/definition/schema";
import { useRendering } from "../context";
import { effective, isFigure } from "./effective";
import { ShowValue } from "./ShowValue";

type ShowRowsProps = { field: FieldSchema; rows: Record<string, unknown>[] };

export function ShowRows({ field, rows }: ShowRowsProps) {
  const { app } = useRendering();
  const columns = Object.entries(field.items?.properties ?? {}).map(([key, column]) => [key, effective(column, app.entities)] as const);
  return (
    <div className="kz-scroll" role="region" aria-label={field.title} tabIndex={0}>
      <table className="kz-table">
        <thead>
          <tr>
            {columns.map(([key, column]) => (
              <th key={key} scope="col" className={isFigure(column) ? "kz-right" : undefined}>{column.title ?? key}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={String(row["id"] ?? index)}>
              {columns.map(([key, column]) => (
                <td key={key} className={isFigure(column) ? "kz-right" : undefined}>
                  <ShowValue field={column} value={row[key]} compact />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
