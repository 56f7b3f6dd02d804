/** Server state as components read it: who am I, what is the app, lists, records, tasks, runs. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Condition } from "@/definition/schema";
import { currentLanguage } from "@/lib/i18n";
import { ask, newIdempotencyKey, Problem, rememberCsrf, request } from "./client";
import { keys } from "./keys";
import type { AppModel, Explanation, List, ListQuery, Me, RecordBody, Run, RunSummary, Task, TaskBox, TimelineItem, User } from "./types";

export function useMe() {
  return useQuery({
    queryKey: keys.me,
    queryFn: async ({ signal }) => {
      const me = await request<Me>("GET", "/api/me", { signal });
      rememberCsrf(me.csrf_token);
      return me;
    },
    staleTime: 60_000,
    retry: false,
  });
}

/** The definitions as this person sees them; a reload or a focus after a minute fetches a new release. */
export function useApp() {
  return useQuery({
    // Titles come in the caller's language; the old ones stay until the new ones are here.
    queryKey: keys.app(currentLanguage()),
    queryFn: ({ signal }) => request<AppModel>("GET", "/api/app", { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: { login: string; password: string }) => request<{ csrf_token: string }>("POST", "/api/session", { body: input }),
    onSuccess: (answer) => {
      rememberCsrf(answer.csrf_token);
      client.clear();
    },
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<void>("DELETE", "/api/session"),
    onSettled: () => {
      rememberCsrf(undefined);
      client.clear();
    },
  });
}

/** The list API's query as URL parameters. */
function listParameters(query: ListQuery): Record<string, string | number | undefined> {
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

export function useTimeline(entity: string, id: string) {
  return useQuery({
    queryKey: keys.part(entity, id, "timeline"),
    queryFn: ({ signal }) =>
      request<{ items: TimelineItem[]; next: number | string | null; titles?: Record<string, string> }>("GET", `/api/entities/${entity}/records/${id}/timeline`, { signal }),
  });
}

export function useRecordRuns(entity: string, id: string) {
  return useQuery({
    queryKey: [...keys.runs, entity, id],
    queryFn: ({ signal }) => request<List<RunSummary>>("GET", "/api/runs", { query: { entity, record: id }, signal }),
  });
}

export function useRun(id: string) {
  return useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => request<Run>("GET", `/api/runs/${id}`, { signal }) });
}

export function useTasks(box: TaskBox, enabled = true) {
  return useQuery({
    queryKey: keys.box(box),
    queryFn: ({ signal }) => request<List<Task>>("GET", "/api/tasks", { query: { box, limit: 100 }, signal }),
    enabled,
  });
}

/** Runs that this person set off. */
export function useStarted(enabled: boolean) {
  return useQuery({
    queryKey: keys.box("started"),
    queryFn: ({ signal }) => request<List<RunSummary>>("GET", "/api/tasks", { query: { box: "started", limit: 100 }, signal }),
    enabled,
  });
}

export function useTask(id: string | undefined) {
  return useQuery({
    queryKey: keys.task(id ?? ""),
    queryFn: ({ signal }) => request<Task>("GET", `/api/tasks/${id}`, { signal }),
    enabled: id !== undefined,
  });
}

export function useUsers(enabled: boolean) {
  return useQuery({
    queryKey: keys.users(""),
    queryFn: ({ signal }) => request<List<User>>("GET", "/api/users", { query: { limit: 500 }, signal }),
    enabled,
    staleTime: 300_000,
    retry: false,
  });
}

export type TaskAct = {
  id: string;
  verb: string;
  body: { comment?: string; fields?: Record<string, unknown>; outcome?: string; revision?: number };
  /** Rules that the person has confirmed. */
  confirm?: string[];
};

/** Decides or completes one task; whatever it may have changed is fetched again. */
export function useTaskAct() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, verb, body, confirm }: TaskAct) =>
      request<Task>("POST", `/api/tasks/${id}/${verb}`, { body, idempotencyKey: newIdempotencyKey(), headers: confirming(confirm) }),
    onSettled: () => refetchWork(client),
  });
}

function confirming(rules: string[] | undefined): Record<string, string> {
  return rules?.length ? { "X-Kezhi-Confirm": rules.join(",") } : {};
}

export type BatchResult = { results: { task: string; status: number; code?: string; detail?: string }[] };

/** The same decision on up to 100 tasks; each answers for itself. */
export function useTaskBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (operations: { task: string; do: string; comment?: string; revision?: number }[]) =>
      request<BatchResult>("POST", "/api/tasks/batch", { body: { operations }, idempotencyKey: newIdempotencyKey() }),
    onSettled: () => refetchWork(client),
  });
}

function refetchWork(client: ReturnType<typeof useQueryClient>): Promise<unknown> {
  return Promise.all([
    client.invalidateQueries({ queryKey: keys.tasks }),
    client.invalidateQueries({ queryKey: keys.runs }),
    client.invalidateQueries({ queryKey: ["entity"] }),
  ]);
}

export function useDeleteRecord(entity: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, version }: { id: string; version: number }) =>
      request<void>("DELETE", `/api/entities/${entity}/records/${id}`, { ifMatch: version }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.entity(entity) }),
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
      await client.invalidateQueries({ queryKey: ["entity"] });
      void client.invalidateQueries({ queryKey: keys.tasks });
    },
    onError: (problem) => {
      if (problem instanceof Problem && problem.status === 412) void client.invalidateQueries({ queryKey: keys.entity(entity) });
    },
  });
}
