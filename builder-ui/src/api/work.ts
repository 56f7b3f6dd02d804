/** Tasks and runs: what waits, how it is decided, how a run stands. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { confirming, newIdempotencyKey, request } from "./client";
import { keys } from "./keys";
import { noteChange, pulse } from "./pulse";
import type { List, Run, RunSummary, Task, TaskBox } from "./types";

export function useRecordRuns(entity: string, id: string) {
  return useQuery({
    queryKey: [...keys.runs, entity, id],
    queryFn: ({ signal }) => request<List<RunSummary>>("GET", "/api/runs", { query: { entity, record: id }, signal }),
    refetchInterval: () => pulse(false),
  });
}

export function useRun(id: string) {
  return useQuery({ queryKey: keys.run(id), queryFn: ({ signal }) => request<Run>("GET", `/api/runs/${id}`, { signal }), refetchInterval: () => pulse(false) });
}

export function useTasks(box: TaskBox, enabled = true) {
  return useQuery({
    queryKey: keys.box(box),
    queryFn: ({ signal }) => request<List<Task>>("GET", "/api/tasks", { query: { box, limit: 100 }, signal }),
    refetchInterval: () => pulse(60_000),
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
    onSuccess: () => noteChange(),
    onSettled: () => refetchWork(client),
  });
}

export type BatchResult = { results: { task: string; status: number; code?: string; detail?: string }[] };

/** The same decision on up to 100 tasks; each answers for itself. */
export function useTaskBatch() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (operations: { task: string; do: string; comment?: string; revision?: number }[]) =>
      request<BatchResult>("POST", "/api/tasks/batch", { body: { operations }, idempotencyKey: newIdempotencyKey() }),
    onSuccess: () => noteChange(),
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
