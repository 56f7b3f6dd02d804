/** Work that takes longer than a request: how far it is, what came of it, and stopping it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { request } from "./client";
import { keys } from "./keys";
import type { FileColumn, ToldRow } from "./transfer";
import type { List } from "./types";

export type JobState = "queued" | "running" | "done" | "failed" | "cancelled";

export type JobKind = "import" | "undo" | "duplicates" | "publish" | "audit_proof" | "audit_export" | "handover";

/** What came of a job so far: an undo has `deleted` and `restored`, a search for duplicates `groups` and `records`, a publication the release, a hand-over only what was refused, an import the rest. */
export type JobResult = {
  created?: number;
  updated?: number;
  unchanged?: number;
  warned?: number;
  deleted?: number;
  restored?: number;
  dry_run?: boolean;
  columns?: FileColumn[];
  refused?: ToldRow[];
  warnings?: ToldRow[];
  undone_by?: string;
  groups?: number;
  records?: number;
  /** False where a search for duplicates ended early because there are too many. */
  complete?: boolean;
  number?: number;
  at?: string;
  note?: string;
  failure?: { code: string; message: string };
};

export type Job = {
  id: string;
  kind: JobKind;
  entity: string;
  state: JobState;
  done: number;
  total: number | null;
  errors: number;
  result: JobResult;
  created_at?: string;
  ended_at?: string | null;
};

const LOOK_MS = 600;

export function isEnded(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}

/** A job, asked for again until it has ended; lists are loaded anew when it has changed records. */
export function useJob(id: string | undefined) {
  const client = useQueryClient();
  const job = useQuery({
    queryKey: keys.job(id ?? ""),
    queryFn: ({ signal }) => request<Job>("GET", `/api/jobs/${id}`, { signal }),
    refetchInterval: ({ state }) => (state.data && isEnded(state.data.state) ? false : LOOK_MS),
    enabled: id !== undefined,
  });
  const { data } = job;
  const hasChanged = data !== undefined && isEnded(data.state) && data.kind !== "duplicates" && data.result.dry_run !== true;
  useEffect(() => {
    if (hasChanged) void client.invalidateQueries({ queryKey: ["entity"] });
  }, [client, hasChanged]);
  return job;
}

/** The caller's own jobs, the newest first. */
export function useJobs() {
  return useQuery({ queryKey: keys.jobs, queryFn: async ({ signal }) => (await request<List<Job>>("GET", "/api/jobs", { signal })).items });
}

/** Stops a job; what it has done stays. */
export function useCancelJob() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => request<Job>("DELETE", `/api/jobs/${id}`),
    onSuccess: (job) => client.invalidateQueries({ queryKey: keys.job(job.id) }),
  });
}
