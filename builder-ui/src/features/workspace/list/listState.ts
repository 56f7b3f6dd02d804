/**
 * What a list shows, as its address says it: view, words, filters, sort and page. The address is
 * the state, so a list can be reloaded, bookmarked and sent to a colleague.
 */
import type { Condition, ViewDef } from "@/definition/schema";
import type { Leaf } from "@/definition/condition";
import type { ListQuery } from "@/api/types";

export const PAGE = 50;

export type ListState = {
  view: string | undefined;
  q: string;
  filters: Leaf[];
  /** `-amount` is descending; undefined leaves it to the view. */
  sort: string | undefined;
  after: string | undefined;
};

export function readState(search: URLSearchParams): ListState {
  return {
    view: search.get("view") ?? undefined,
    q: search.get("q") ?? "",
    filters: readFilters(search.get("where")),
    sort: search.get("sort") ?? undefined,
    after: search.get("after") ?? undefined,
  };
}

/** Any change but turning the page begins at the first page again. */
export function writeState(state: ListState): URLSearchParams {
  const search = new URLSearchParams();
  const set = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== "") search.set(key, value);
  };
  set("view", state.view);
  set("q", state.q);
  set("where", state.filters.length > 0 ? JSON.stringify({ all: state.filters }) : undefined);
  set("sort", state.sort);
  set("after", state.after);
  return search;
}

/** What is asked of the server: the view's own condition and every filter together. */
export function listQuery(state: ListState, view: ViewDef | undefined): ListQuery {
  const conditions: Condition[] = [...(view?.where ? [view.where] : []), ...state.filters];
  const viewSort = Array.isArray(view?.sort) ? view.sort.join(",") : view?.sort;
  return {
    where: conditions.length > 1 ? { all: conditions } : conditions[0],
    q: state.q || undefined,
    // Found words come by rank; a sort is only sent with them when someone chose it.
    sort: state.sort ?? (state.q ? undefined : viewSort),
    limit: PAGE,
    after: state.after,
  };
}

function readFilters(text: string | null): Leaf[] {
  if (text === null) return [];
  try {
    const condition = JSON.parse(text) as { all?: unknown };
    const parts = Array.isArray(condition.all) ? condition.all : [condition];
    return parts.filter(isLeaf);
  } catch {
    return [];
  }
}

function isLeaf(part: unknown): part is Leaf {
  return typeof part === "object" && part !== null && typeof (part as Leaf).field === "string" && typeof (part as Leaf).op === "string";
}
