/** Files of records: imports, taking one back, and the addresses under which exports are read. */
import { useMutation } from "@tanstack/react-query";
import { basePath } from "@/lib/base";
import { request } from "./client";
import { sendForm, type UploadOptions } from "./files";
import type { Job } from "./jobs";
import { useOnce } from "./once";
import { listParameters } from "./records";
import type { ListQuery } from "./types";

/** What is wrong with a cell, or with a row where no column is named. */
export type CellProblem = { row?: number; column?: string; header?: string; value?: string; code: string; pointer: string; message: string; rule?: string };

export type ToldRow = { row: number; problems: CellProblem[] };

/** A column of the file: what stands above it, the field that it goes to, the kind that its cells look like. */
export type FileColumn = { column: string; header: string; field: string | null; kind: string };

export type ImportMode = "create" | "upsert" | "update";

export type ImportOptions = {
  /** Header to field; an empty field leaves the column out. */
  map?: Record<string, string>;
  mode?: ImportMode;
  key?: string[];
  dry_run?: boolean;
  workflows?: boolean;
  clear_empty?: boolean;
  confirm?: string[];
};

/**
 * Sends a file; the answer is the job that works it off.
 *
 * # Errors
 * A `Problem` where the file as a whole is wrong, or an option.
 */
export function startImport(entity: string, file: File, options: ImportOptions, sending: UploadOptions = {}): Promise<Job> {
  const body = new FormData();
  body.append("options", JSON.stringify(options));
  body.append("file", file, file.name);
  return sendForm<Job>(`/api/entities/${entity}/import`, body, sending);
}

/** Begins to take an import back; the answer is the job that does it. */
export function useUndoImport() {
  const once = useOnce();
  return useMutation({ mutationFn: (id: string) => once(id, (idempotencyKey) => request<Job>("POST", `/api/imports/${id}/undo`, { idempotencyKey })) });
}

/** The wrong rows of an import as a workbook, to be put right and sent again. */
export function wrongRowsAddress(id: string): string {
  return `${basePath()}/api/jobs/${encodeURIComponent(id)}/errors?format=xlsx`;
}

export type ExportFormat = "xlsx" | "csv";

/** Everything that a list finds, on every page, as a file with the titles that people read. */
export function exportAddress(entity: string, query: ListQuery, format: ExportFormat): string {
  const { where, q, sort } = query;
  const search = new URLSearchParams({ format, labels: "true" });
  for (const [key, value] of Object.entries(listParameters({ where, q, sort }))) {
    if (value !== undefined && value !== "") search.set(key, String(value));
  }
  return `${basePath()}/api/entities/${encodeURIComponent(entity)}/export?${search}`;
}
