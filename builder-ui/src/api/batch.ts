/** The same change on many records: tried, done, and taken back as one. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Condition, Fields } from "@/definition/schema";
import { Problem, request, type Violation } from "./client";
import { keys } from "./keys";
import { useOnce } from "./once";
import { noteChange } from "./pulse";

export type BatchResult = { index: number; status: number; id?: string; version?: number; code?: string; violations?: Violation[] };

/** `batch` names what was done for its undo; absent after a trial and where nothing was stored. */
export type BatchAnswer = { committed: number; results: BatchResult[]; batch?: string };

/** Which records: those picked, each for itself; or all that a condition finds, together or not at all. */
export type Meant = { ids: string[] } | { where: Condition };

/** What is done with them. */
export type Act = { change: Fields } | { remove: true };

export type BatchOptions = { meant: Meant; act: Act; dryRun: boolean; confirm: string[] };

/**
 * Sends one batch. All or nothing that failed is an answer like any other: its results say why.
 *
 * # Errors
 * A `Problem` where the batch as a whole is refused, such as one of too many records.
 */
export async function sendBatch(entity: string, { meant, act, dryRun, confirm }: BatchOptions, idempotencyKey?: string): Promise<BatchAnswer> {
  const options = { dry_run: dryRun, confirm };
  try {
    if ("where" in meant) {
      if (!("change" in act)) throw new Error("only changes are made by condition");
      return await request("POST", `/api/entities/${entity}/update`, { body: { where: meant.where, record: act.change, ...options }, idempotencyKey });
    }
    const operations = meant.ids.map((id) => ("change" in act ? { op: "update", id, record: act.change } : { op: "delete", id }));
    return await request("POST", `/api/entities/${entity}/batch`, { body: { operations, atomic: false, ...options }, idempotencyKey });
  } catch (problem) {
    const results = problem instanceof Problem ? problem.body["results"] : undefined;
    if (Array.isArray(results)) return { committed: 0, results: results as BatchResult[] };
    throw problem;
  }
}

export function useSendBatch(entity: string) {
  const refetch = useChanged();
  const once = useOnce();
  return useMutation({
    mutationFn: (options: BatchOptions) => (options.dryRun ? sendBatch(entity, options) : once(options, (key) => sendBatch(entity, options, key))),
    onSuccess: (_, { dryRun }) => (dryRun ? undefined : refetch()),
  });
}

/** `skipped` are records that stay as they are: somebody changed them since, or `code` says what else stood against it. */
export type BatchUndone = { undone: number; skipped: { entity?: string; id: string; code: string }[] };

export function useUndoBatch() {
  const refetch = useChanged();
  const once = useOnce();
  return useMutation({ mutationFn: (batch: string) => once(batch, (idempotencyKey) => request<BatchUndone>("POST", `/api/batches/${batch}/undo`, { idempotencyKey })), onSuccess: refetch });
}

function useChanged() {
  const client = useQueryClient();
  return () => {
    noteChange();
    void client.invalidateQueries({ queryKey: keys.tasks });
    return client.invalidateQueries({ queryKey: ["entity"] });
  };
}
