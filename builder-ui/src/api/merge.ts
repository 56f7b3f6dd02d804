/** Making one record of several: what would come of it, doing it, and taking it back. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Fields } from "@/definition/schema";
import { request } from "./client";
import { keys } from "./keys";
import { useOnce } from "./once";
import { noteChange } from "./pulse";
import type { RecordBody } from "./types";

/** Which records go into which one; `choose` names for a field the record whose value is taken. */
export type Merging = { into: string; from: string[]; choose: Record<string, string>; version?: number };

/** `{"order.customer": 12}`: how many records of an entity point anew through a field. */
export type Moved = Record<string, number>;

/** What a merge would do; `fields` are those in which the records differ, with the value of each record. */
export type MergeTrial = { record: Fields; moved: Moved; fields: { field: string; values: Fields }[] };

export type Merged = { merge: string; record: RecordBody; moved: Moved };

export type PastMerge = { id: string; at: string; by: { id: string; name: string } | string | null; from: { id: string; title: string }[]; undone: boolean | string | null };

function send<T>(entity: string, { into, ...merging }: Merging, more: object, idempotencyKey?: string): Promise<T> {
  return request("POST", `/api/entities/${entity}/records/${into}/merge`, { body: { ...merging, ...more }, idempotencyKey });
}

/** What merging would come to, with nothing stored. */
export function useMergeTrial(entity: string, into: string, from: string[]) {
  return useQuery({
    // Under a name of its own: after the merge its records are no longer there to be tried.
    queryKey: ["merge", entity, into, from],
    queryFn: () => send<MergeTrial>(entity, { into, from, choose: {} }, { dry_run: true }),
    enabled: from.length > 0,
    retry: false,
  });
}

export function useMerge(entity: string) {
  const refetch = useChanged();
  const once = useOnce();
  return useMutation({ mutationFn: (merging: Merging) => once(merging, (key) => send<Merged>(entity, merging, {}, key)), onSuccess: refetch });
}

/** Takes a merge back; `409 merge.changed_since` names what stands against it. */
export function useUndoMerge() {
  const refetch = useChanged();
  const once = useOnce();
  return useMutation({ mutationFn: (merge: string) => once(merge, (idempotencyKey) => request<{ records: string[] }>("POST", `/api/merges/${merge}/undo`, { idempotencyKey })), onSuccess: refetch });
}

/** The merges that went into a record, the newest first. */
export function useMerges(entity: string, id: string) {
  return useQuery({
    queryKey: keys.part(entity, id, "merges"),
    queryFn: async ({ signal }) => (await request<{ items: PastMerge[] }>("GET", `/api/entities/${entity}/records/${id}/merges`, { signal })).items,
    retry: false,
  });
}

function useChanged() {
  const client = useQueryClient();
  return () => {
    noteChange();
    void client.invalidateQueries({ queryKey: keys.tasks });
    return client.invalidateQueries({ queryKey: ["entity"] });
  };
}
