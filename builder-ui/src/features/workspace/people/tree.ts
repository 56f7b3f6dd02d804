/** Departments as a tree: what lies below what, in the order of their titles. */
import type { DepartmentRow } from "@/api/people";

export type DepartmentNode = { row: DepartmentRow; below: DepartmentNode[] };

/** The roots, each with everything below. What lies in a circle, or below what is gone, is a root, so that nothing is hidden. */
export function treeOf(rows: readonly DepartmentRow[]): DepartmentNode[] {
  const byParent = new Map<string, DepartmentRow[]>();
  const ids = new Set(rows.map((row) => row.id));
  for (const row of rows) {
    const parent = row.parent !== null && ids.has(row.parent) ? row.parent : "";
    byParent.set(parent, [...(byParent.get(parent) ?? []), row]);
  }
  const seen = new Set<string>();
  const grow = (row: DepartmentRow): DepartmentNode => {
    seen.add(row.id);
    return { row, below: sorted(byParent.get(row.id) ?? []).filter(({ id }) => !seen.has(id)).map(grow) };
  };
  const roots = sorted(byParent.get("") ?? []).map(grow);
  for (const row of rows) if (!seen.has(row.id)) roots.push(grow(row));
  return roots;
}

/** A department and all below it: where it cannot be moved. */
export function belowOf(rows: readonly DepartmentRow[], id: string): Set<string> {
  const found = new Set([id]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const row of rows) if (row.parent !== null && found.has(row.parent)) found.add(row.id);
  }
  return found;
}

function sorted(rows: readonly DepartmentRow[]): DepartmentRow[] {
  return rows.toSorted((a, b) => a.title.localeCompare(b.title, "zh-CN"));
}
