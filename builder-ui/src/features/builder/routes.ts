/** The builder's addresses below `/builder`. */
import type { FileName } from "@/definition/files";
import { isFolder, nameOf } from "@/definition/files";

export const HOME = "/builder";
export const RELEASE = "/builder/release";

/** Where a file is edited; `at` is a JSON pointer to open it at, `text` opens it as text. */
export function routeOf({ folder, file }: FileName, options: { at?: string; text?: boolean; line?: number } = {}): string {
  const search = new URLSearchParams();
  if (options.text) search.set("as", "text");
  if (options.at) search.set("at", options.at);
  if (options.line) search.set("line", String(options.line));
  return `${HOME}/${folder}/${encodeURIComponent(file)}${search.size > 0 ? `?${search}` : ""}`;
}

/** As `routeOf`, for a path of a diagnostic or a draft item. */
export function routeOfPath(path: string, options?: Parameters<typeof routeOf>[1]): string | null {
  const name = nameOf(path);
  return name && routeOf(name, options);
}

/** The file that an address edits. */
export function nameOfRoute(pathname: string): FileName | null {
  const [, folder = "", file = ""] = /\/builder\/([^/]+)\/([^/]+)\/?$/.exec(pathname) ?? [];
  return isFolder(folder) && file !== "" ? { folder, file: decodeURIComponent(file) } : null;
}
