/** What was done, for auditors: entries, the state of the chain, proofs, exports, signed states of the chain. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { basePath } from "@/lib/base";
import { request } from "./client";
import type { Job } from "./jobs";
import { keys } from "./keys";

export type AuditPerson = { id: string; name: string | null; login: string | null };

/** One entry; `personal` is null where it was erased. */
export type AuditEntry = {
  id: string;
  at: string;
  by: AuditPerson;
  action: string;
  entity: string | null;
  record: string | null;
  subject: AuditPerson | null;
  detail: Record<string, unknown>;
  personal: Record<string, unknown> | null;
  erased: boolean;
  sealed: boolean;
  block?: { number: number; at: string; hash: string };
};

/** Which entries are asked for; instants as RFC 3339, `to` not included. */
export type AuditQuestion = { person?: string; subject?: string; entity?: string; record?: string; action?: string[]; from?: string; to?: string };

export type AuditPage = { items: AuditEntry[]; next: string | null; looked_to: string | null };

export type Checkpoint = { chain: string; number: number; block: number; entries: number; head: string; at: string; key: string; signature: string };

export type AuditState = {
  chain: string | null;
  entries: number;
  blocks: number;
  head: string | null;
  sealed_at: string | null;
  unsealed: number;
  checkpoint: Checkpoint | null;
  may_audit: boolean;
};

/** Something that is not as it was sealed. */
export type Fault = { what: string; entry?: string; block?: number; checkpoint?: number };

/** What came of a proof. */
export type Proof = { blocks: number; entries: number; unsealed: number; checkpoints: number; erased: number; wrong: number; faults: Fault[] };

const LOOK_MS = 5_000;

/** Entries, the newest first, a page at a time; a page may be empty and have a next one. */
export function useAudit(question: AuditQuestion) {
  const { action, ...rest } = question;
  return useInfiniteQuery({
    queryKey: keys.auditList(question),
    queryFn: ({ pageParam, signal }) => request<AuditPage>("GET", "/api/audit", { query: { ...rest, action: action?.join(","), after: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** One entry with the block that seals it. */
export function useAuditEntry(id: string) {
  return useQuery({ queryKey: keys.auditEntry(id), queryFn: ({ signal }) => request<AuditEntry>("GET", `/api/audit/entries/${id}`, { signal }) });
}

/** How far the chain goes; looked at again while the page is open. */
export function useAuditState() {
  return useQuery({ queryKey: keys.auditState, queryFn: ({ signal }) => request<AuditState>("GET", "/api/audit/state", { signal }), refetchInterval: LOOK_MS });
}

/** Begins to prove the chain; the answer is the job that does it. */
export function useProve() {
  return useMutation({ mutationFn: () => request<Job>("POST", "/api/audit/proof", { body: {} }) });
}

/** Begins to write the entries into a file; the answer is the job that does it. */
export function useAuditExport() {
  return useMutation({ mutationFn: (asked: AuditQuestion & { format: "csv" | "jsonl" }) => request<Job>("POST", "/api/audit/export", { body: asked }) });
}

/** The address of the file that an export has written. */
export function auditFile(job: string): string {
  return `${basePath()}/api/audit/exports/${job}`;
}

/** Signs the state of the chain. */
export function useSign() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => request<Checkpoint>("POST", "/api/audit/checkpoints", { body: {} }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.auditState }),
  });
}

type CheckpointPage = { items: Checkpoint[]; next: number | null };

/** Every checkpoint as lines of JSON, as `kezhi verify --checkpoints` reads them. */
export async function checkpointLines(): Promise<string> {
  const lines: string[] = [];
  let after: number | null = 0;
  while (after !== null) {
    const page: CheckpointPage = await request<CheckpointPage>("GET", "/api/audit/checkpoints", { query: { after } });
    lines.push(...page.items.map((checkpoint) => JSON.stringify(checkpoint)));
    after = page.next;
  }
  return lines.map((line) => `${line}\n`).join("");
}
