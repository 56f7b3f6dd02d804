/** The routes of drafts, releases and sample data, as the builder calls them. */
import { ask, Problem, request } from "@/api/client";
import type { FileName } from "@/definition/files";
import { isCode } from "@/definition/files";
import type { GradeDef } from "@/definition/grade";
import { fileText, type Json } from "@/definition/json";

export type Severity = "error" | "warning" | "info";

/** One finding in one file; `line` and `column` are one-based, 0 while unknown. */
export type Diagnostic = {
  severity: Severity;
  code: string;
  message: string;
  help?: string;
  path: string;
  pointer?: string;
  line?: number;
  column?: number;
};

/** A person by id, or with the name at once. */
export type Who = { id: string; name: string } | string | null | undefined;

export type ItemState = "added" | "changed" | "removed" | "same";
export type DraftItem = { path: string; state: ItemState; etag?: string; by?: Who; at?: string | null };
export type Draft = { base: number; items: DraftItem[] };

/** Records that stay as they are although the field now wants more: they lack it, share a value, or break a limit. */
export type Standing = { entity: string; field: string; title: string; why: "required" | "unique" | "unfit"; count: number; examples: { id: string; title: string }[] };

export type PlannedChange = { path?: string; kind?: string; text?: string; [key: string]: unknown };
export type Affected = { records?: number; runs?: number; references?: number | unknown[] };
export type Destructive = { id: string; text: string };
/** A value that does not convert, and why. */
export type RefusedValue = { id: string; title: string; value: unknown; reason: string };
/**
 * What becomes of the values of one field, called `title`. `from` and `to` are its kinds where one field becomes one field;
 * `sources` are the fields that its values come from; `examples` the first of the values that do not convert. Unless
 * `complete`, not every record was looked at.
 */
export type Evolving = {
  entity: string;
  field: string;
  title?: string;
  change: "kind" | "rename" | "from" | "drop";
  from?: string | null;
  to?: string | null;
  sources?: string[];
  total: number;
  converts: number;
  refused: number;
  complete?: boolean;
  examples?: RefusedValue[];
};
export type Plan = { changes: PlannedChange[]; affected: Affected; destructive: Destructive[]; evolution?: Evolving[]; standing?: Standing[] };

export type Release = { number: number; at: string; note?: string; by?: Who };

/** What *Try it* answers: the grade that a record would have, row by row. */
export type Trial = {
  letter: string;
  score: number;
  reasons: string[];
  rows: { points: number; reason: string; matched: boolean }[];
  inputs: { [path: string]: unknown };
};

export function fetchDraft(signal?: AbortSignal): Promise<Draft> {
  return request("GET", "/api/draft", { query: { all: 1 }, signal });
}

/** A file as the draft has it: JSON parsed, code as a string. `null` where there is none. */
export async function fetchFile(name: FileName): Promise<{ document: Json; etag: string | undefined } | null> {
  try {
    const { data, etag } = await ask<Json>("GET", addressOf(name));
    return { document: isCode(name.file) ? asText(data) : data, etag };
  } catch (problem) {
    if (problem instanceof Problem && problem.status === 404) return null;
    throw problem;
  }
}

/** Stores a file in the draft, right or wrong. A stale `etag` is a `Problem` with status 412. */
export async function putFile(name: FileName, document: Json, etag: string | undefined): Promise<{ etag: string | undefined }> {
  const raw = isCode(name.file) ? asText(document) : fileText(document);
  const headers = { "Content-Type": isCode(name.file) ? "text/plain; charset=utf-8" : "application/json" };
  const answer = await ask<{ etag?: string }>("PUT", addressOf(name), { raw, headers, ifMatch: etag });
  return { etag: answer.etag ?? answer.data?.etag };
}

export async function deleteFile(name: FileName, etag: string | undefined): Promise<void> {
  await request("DELETE", addressOf(name), { ifMatch: etag });
}

export async function checkDraft(signal?: AbortSignal): Promise<Diagnostic[]> {
  return (await request<{ diagnostics: Diagnostic[] }>("POST", "/api/draft/check", { body: {}, signal })).diagnostics;
}

export function planDraft(signal?: AbortSignal): Promise<Plan> {
  return request("POST", "/api/draft/plan", { body: {}, signal });
}

/** All values of a field that do not convert, a page at a time. */
export function fetchRefused(entity: string, field: string, after: string | undefined, signal?: AbortSignal): Promise<{ items: RefusedValue[]; next: string | null }> {
  return request("GET", `/api/draft/evolution/${entity}/${field}`, { query: { after, limit: 50 }, signal });
}

/** The new release; or, where many records are to be converted, the job that will end with it. */
export function publishDraft(body: { note: string; only?: string[]; confirm?: string[] }): Promise<Publication> {
  return publication("/api/draft/publish", body);
}

/** A release that is live, or the id of the job that makes it. */
export type Publication = Release | { job: string };

async function publication(path: string, body: object): Promise<Publication> {
  const { status, data } = await ask<Release | { job: { id: string } }>("POST", path, { body });
  return status === 202 ? { job: (data as { job: { id: string } }).job.id } : (data as Release);
}

export function discardDraft(): Promise<void> {
  return request("POST", "/api/draft/discard", { body: {} });
}

export async function fetchReleases(signal?: AbortSignal): Promise<Release[]> {
  return (await request<{ items: Release[] }>("GET", "/api/releases", { signal })).items;
}

/** The files of a release, by path. */
export async function fetchReleaseFiles(number: number, signal?: AbortSignal): Promise<Record<string, string>> {
  return (await request<{ files: Record<string, string> }>("GET", `/api/releases/${number}`, { signal })).files;
}

/** What making an older release live again would do to stored values. */
export function planRestore(number: number, signal?: AbortSignal): Promise<Plan> {
  return request("POST", `/api/releases/${number}/restore`, { body: { dry_run: true }, signal });
}

export function restoreRelease(number: number, confirm: string[]): Promise<Publication> {
  return publication(`/api/releases/${number}/restore`, confirm.length > 0 ? { confirm } : {});
}

export function tryGrade(key: string, grade: GradeDef, record: string): Promise<Trial> {
  return request("POST", `/api/grades/${key}/try`, { body: { grade, record } });
}

export function fetchSample(signal?: AbortSignal): Promise<{ records: number }> {
  return request("GET", "/api/sample", { signal });
}

export function removeSample(): Promise<{ removed: number }> {
  return request("DELETE", "/api/sample");
}

function addressOf({ folder, file }: FileName): string {
  return `/api/draft/${folder}/${file}`;
}

function asText(value: Json): string {
  return typeof value === "string" ? value : fileText(value);
}
