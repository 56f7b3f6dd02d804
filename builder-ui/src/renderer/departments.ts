/** Departments as a list that reads like their tree: 总部 / 华东 / 上海. */
import type { Department } from "@/api/types";

export type DepartmentOption = { value: string; label: string };

/** Every department under the names of those above it, in the order of these names. */
export function departmentPaths(departments: readonly Department[]): DepartmentOption[] {
  const byId = new Map(departments.map((each) => [each.id, each]));
  return departments.map(({ id }) => ({ value: id, label: namesAbove(id, byId).join(" / ") })).toSorted((a, b) => a.label.localeCompare(b.label, "zh-CN"));
}

/** From the top down to the department itself; a circle ends where it closes. */
function namesAbove(id: string, byId: ReadonlyMap<string, Department>): string[] {
  const names: string[] = [];
  const seen = new Set<string>();
  for (let each = byId.get(id); each && !seen.has(each.id); each = each.parent ? byId.get(each.parent) : undefined) {
    seen.add(each.id);
    names.unshift(each.title);
  }
  return names;
}
