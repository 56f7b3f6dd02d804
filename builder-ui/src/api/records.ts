/** Records as components read and write them: lists, one with its names, why, and what happened to it. */
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Condition } from "@/definition/schema";
import { ask, confirming, Problem, request } from "./client";
import { keys } from "./keys";
import { noteChange, pulse } from "./pulse";
import type { Explanation, List, ListQuery, RecordBody, TimelineItem } from "./types";

/** The list API's query as URL parameters. */
export function listParameters(query: ListQuery): Record<string, string | number | undefined> {
  return { ...query, where: query.where === undefined ? undefined : JSON.stringify(query.where) };
}

export function fetchList(entity: string, query: ListQuery, signal?: AbortSignal): Promise<List<RecordBody>> {
  return request("GET", `/api/entities/${entity}/records`, { query: listParameters(query), signal });
}

/** One page; the page before stays on screen while the next one comes. */
export function useRecords(entity: string, query: ListQuery, enabled = true) {
  return useQuery({
    queryKey: keys.list(entity, query),
    queryFn: ({ signal }) => fetchList(entity, query, signal),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export type LoadedRecord = { record: RecordBody; titles: Record<string, string> };

/** A record together with the names of what it points to. */
export function useRecord(entity: string, id: string, enabled = true) {
  return useQuery({
    queryKey: keys.record(entity, id),
    queryFn: async ({ signal }): Promise<LoadedRecord> => {
      const where: Condition = { field: "id", op: "eq", value: id };
      const [record, named] = await Promise.all([
        request<RecordBody>("GET", `/api/entities/${entity}/records/${id}`, { signal }),
        fetchList(entity, { where, limit: 1, count: "none" }, signal).catch(() => undefined),
      ]);
      return { record, titles: named?.titles ?? {} };
    },
    refetchInterval: () => pulse(false),
    enabled,
  });
}

export function useExplain(entity: string, id: string, enabled: boolean) {
  return useQuery({
    queryKey: keys.part(entity, id, "explain"),
    queryFn: ({ signal }) => request<Explanation>("GET", `/api/entities/${entity}/records/${id}/explain`, { signal }),
    enabled,
  });
}

type Happenings = { items: TimelineItem[]; next: number | null; titles?: Record<string, string> };

/** What happened to a record, a page at a time, the newest first. */
export function useTimeline(entity: string, id: string) {
  return useInfiniteQuery({
    queryKey: keys.part(entity, id, "timeline"),
    queryFn: ({ pageParam, signal }) =>
      request<Happenings>("GET", `/api/entities/${entity}/records/${id}/timeline`, { query: { after: pageParam }, signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: () => pulse(false),
  });
}

/** Takes one change of a record back. */
export function useUndo(entity: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: number) => request<RecordBody>("POST", `/api/entities/${entity}/records/${id}/undo`, { body: { change } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["entity"] }),
  });
}

/** Says something about a record; the key is that of one attempt to say it. */
export function useComment(entity: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ text, key }: { text: string; key: string }) =>
      request<TimelineItem>("POST", `/api/entities/${entity}/records/${id}/comments`, { body: { text }, idempotencyKey: key }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.part(entity, id, "timeline") }),
  });
}

export function useDeleteRecord(entity: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, version }: { id: string; version: number }) =>
      request<void>("DELETE", `/api/entities/${entity}/records/${id}`, { ifMatch: version }),
    // Not waited for: whoever shows the record leaves first, before it is asked for again and not found.
    onSuccess: () => void client.invalidateQueries({ queryKey: keys.entity(entity) }),
  });
}

/** How one form is saved: a version makes it an update of `record`, else it creates. */
export type Saving = { form: string; record?: string; version?: number; values: Record<string, unknown>; confirm: string[]; key: string };

export function useSaveForm(entity: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ form, record, version, values, confirm, key }: Saving) => {
      const answer = await ask<RecordBody>("POST", `/api/forms/${form}/submissions`, {
        body: { record, version, values },
        idempotencyKey: key,
        headers: confirming(confirm),
      });
      return answer.data;
    },
    onSuccess: async () => {
      noteChange();
      await client.invalidateQueries({ queryKey: ["entity"] });
      void client.invalidateQueries({ queryKey: keys.tasks });
    },
    onError: (problem) => {
      if (problem instanceof Problem && problem.status === 412) void client.invalidateQueries({ queryKey: keys.entity(entity) });
    },
  });
}

/** What is asked to see a secret, or a value that is masked for this caller; the reason is kept in the record's history. */
export type Revealing = { entity: string; record: string; field: string; reason: string };

/** Reads one covered value. It is never kept among the server's state: whoever asked holds it as long as it is shown. */
export async function reveal({ entity, record, field, reason }: Revealing): Promise<unknown> {
  const answer = await request<{ value: unknown }>("POST", `/api/entities/${entity}/records/${record}/reveal`, { body: { field, reason } });
  return answer.value;
}
