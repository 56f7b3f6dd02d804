/** Records that may be the same: asked while one is entered, and as a report over a whole entity. */
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import type { Then } from "@/definition/duplicates";
import type { Fields } from "@/definition/schema";
import { request } from "./client";
import type { Job } from "./jobs";
import { keys } from "./keys";

/** A record that looks like another; `score` from 0 to 1, `fields` what its rule shows. */
export type Alike = { id: string; title: string; score?: number | null; fields?: Fields };

/** What one rule found. `hidden`: there is one that this caller may not see. */
export type Found = { rule: string; title: string; then: Then; records: Alike[]; hidden: boolean };

type Answer = { items: Found[]; titles?: Record<string, string> };

/** What rules of an entity find for values at hand; `id` is the record itself where it is stored. */
export function askDuplicates(entity: string, record: Fields, id: string | undefined, signal?: AbortSignal): Promise<Answer> {
  return request("POST", `/api/entities/${entity}/duplicates`, { body: { record, ...(id === undefined ? {} : { id }) }, signal });
}

/** Begins to look through all records; the answer is the job that does it. */
export function useSearchDuplicates(entity: string) {
  return useMutation({ mutationFn: (rules: string[]) => request<Job>("POST", `/api/entities/${entity}/duplicates/report`, { body: { rules } }) });
}

/** Records that are alike by one rule. */
export type Group = { rule: string; title: string; records: Alike[] };

type Groups = { items: Group[]; next: string | null; titles?: Record<string, string> };

const PAGE = 20;

/** What a report found, a page at a time. */
export function useGroups(job: string | undefined) {
  return useInfiniteQuery({
    queryKey: keys.groups(job ?? ""),
    queryFn: ({ pageParam, signal }) => request<Groups>("GET", `/api/jobs/${job}/groups`, { query: { after: pageParam, limit: PAGE }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: job !== undefined,
  });
}
