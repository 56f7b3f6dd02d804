/** Files of records: uploading one with its progress, and the addresses under which it and its thumbnail are read. */
import { basePath } from "@/lib/base";
import type { FileRef } from "@/definition/schema";
import { noteSignedOut, problemFrom, unsafeHeaders } from "./client";

export function fileAddress(id: string): string {
  return `${basePath()}/api/files/${encodeURIComponent(id)}`;
}

export function thumbAddress(id: string): string {
  return `${fileAddress(id)}?thumb=1`;
}

export type UploadOptions = { onProgress?: (share: number) => void; signal?: AbortSignal; idempotencyKey?: string };

/**
 * Sends one file; `onProgress` hears how much of it is there, 0 to 1.
 *
 * # Errors
 * A `Problem`, as of any request; an `AbortError` where the signal ended it.
 */
export function uploadFile(file: Blob, name: string, options: UploadOptions = {}): Promise<FileRef> {
  const body = new FormData();
  body.append("file", file, name);
  return sendForm<FileRef>("/api/files", body, options);
}

/** Sends a form with a file in it. `fetch` tells nothing of how far it is, so this is the older way. */
export function sendForm<T>(path: string, body: FormData, { onProgress, signal, idempotencyKey }: UploadOptions): Promise<T> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", `${basePath()}${path}`);
    for (const [key, value] of Object.entries(unsafeHeaders(idempotencyKey))) sending.setRequestHeader(key, value);
    sending.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress?.(event.loaded / event.total));
    sending.addEventListener("load", () => {
      const data = parsed(sending.responseText);
      if (sending.status >= 200 && sending.status < 300) {
        resolve(data as T);
        return;
      }
      const problem = problemFrom(sending.status, data);
      noteSignedOut(problem);
      reject(problem);
    });
    sending.addEventListener("error", () => reject(problemFrom(0, undefined)));
    sending.addEventListener("abort", () => reject(new DOMException("the upload was stopped", "AbortError")));
    signal?.addEventListener("abort", () => sending.abort(), { once: true });
    sending.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
