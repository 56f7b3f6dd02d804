/** The draft as the builder's screens share it: its files, what the server says about them, and how to change them. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { Command } from "@/definition/commands";
import type { EntityDef } from "@/definition/entity";
import { isEntity } from "@/definition/entity";
import { type FileName, isCode, nameOf, pathOf } from "@/definition/files";
import { isObject, type Json } from "@/definition/json";
import { checkDraft, deleteFile, type Diagnostic, type Draft, fetchDraft, fetchFile, putFile } from "../api";
import { DraftFiles, type OpenFile } from "./draftFiles";

export const draftKeys = {
  items: ["draft", "items"] as const,
  check: ["draft", "check"] as const,
  plan: ["draft", "plan"] as const,
  releases: ["releases"] as const,
};

const Context = createContext<DraftFiles | undefined>(undefined);

/** Keeps the files of the draft while the builder is open, and reads all definitions once. */
export function DraftProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [files] = useState(() => new DraftFiles({ fetch: fetchFile, put: putFile, remove: deleteFile }, soon(() => refetch(client))));
  const { data } = useQuery({ queryKey: draftKeys.items, queryFn: ({ signal }) => fetchDraft(signal) });
  useEffect(() => {
    for (const name of definitionsIn(data)) void files.load(name).catch(() => undefined);
  }, [files, data]);
  useEffect(() => warnBeforeLeaving(files), [files]);
  return <Context value={files}>{children}</Context>;
}

export function useDraftFiles(): DraftFiles {
  const files = useContext(Context);
  if (!files) throw new Error("the draft is used outside DraftProvider");
  return files;
}

/** Every file that is open, by path; new whenever any of them changes. */
export function useOpenFiles(): ReadonlyMap<string, OpenFile> {
  const files = useDraftFiles();
  return useSyncExternalStore(files.subscribe, files.all);
}

/** One file; `undefined` while it is being read, `null` where there is none. */
export function useFile(name: FileName): OpenFile | undefined | null {
  const files = useDraftFiles();
  const path = pathOf(name);
  const [missing, setMissing] = useState<string>();
  const open = useSyncExternalStore(files.subscribe, () => files.get(path));
  const { folder, file } = name;
  useEffect(() => {
    let current = true;
    const settle = (found: OpenFile | null) => current && setMissing(found ? undefined : path);
    files.load({ folder, file }).then(settle, () => settle(null));
    return () => {
      current = false;
    };
  }, [files, path, folder, file]);
  return open ?? (missing === path ? null : undefined);
}

/** How an editor changes its file. */
export function useRun(path: string): (command: Command) => void {
  const files = useDraftFiles();
  return useMemo(() => (command: Command) => files.run(path, command), [files, path]);
}

export function useDraftItems() {
  return useQuery({ queryKey: draftKeys.items, queryFn: ({ signal }) => fetchDraft(signal) });
}

/** Everything the compiler finds in the draft as it is stored. */
export function useDiagnostics(): Diagnostic[] {
  const { data } = useQuery({ queryKey: draftKeys.check, queryFn: ({ signal }) => checkDraft(signal) });
  return data ?? NONE;
}

/** Whether the compiler has looked at all: before, no finding says nothing. */
export function useIsChecked(): boolean {
  return useQuery({ queryKey: draftKeys.check, queryFn: ({ signal }) => checkDraft(signal) }).data !== undefined;
}

/** The findings in one file at or below a pointer. */
export function useDiagnosticsAt(path: string, pointer = ""): Diagnostic[] {
  const all = useDiagnostics();
  return useMemo(() => all.filter((each) => each.path === path && isBelow(each.pointer ?? "", pointer)), [all, path, pointer]);
}

export function isBelow(pointer: string, parent: string): boolean {
  return parent === "" || pointer === parent || pointer.startsWith(`${parent}/`);
}

/** The definitions of one folder by key, as they are edited here; draws anew only when one of them changes. */
export function useDefinitions(folder: string): Readonly<Record<string, Json>> {
  const files = useDraftFiles();
  return useSyncExternalStore(files.subscribe, () => files.definitions(folder));
}

export function useEntities(): Record<string, EntityDef> {
  const definitions = useDefinitions("entities");
  return useMemo(() => Object.fromEntries(Object.entries(definitions).filter(([, value]) => isEntity(value))) as unknown as Record<string, EntityDef>, [definitions]);
}

/** The title of a definition, or its key while it has none. */
export function titleOf(document: Json | undefined, key: string): string {
  const title = isObject(document) ? document["title"] : undefined;
  return typeof title === "string" && title !== "" ? title : key;
}

/** Fetches again what the server says about the draft. */
export function refetch(client: QueryClient): Promise<unknown> {
  return client.invalidateQueries({ queryKey: ["draft"] });
}

const NONE: Diagnostic[] = [];

function definitionsIn(draft: Draft | undefined): FileName[] {
  const items = draft?.items.filter((item) => item.state !== "removed") ?? [];
  return items.flatMap((item) => nameOf(item.path) ?? []).filter((name) => !isCode(name.file));
}

/** Calls once, a moment after the last of several calls. */
function soon(call: () => unknown): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, 200);
  };
}

function warnBeforeLeaving(files: DraftFiles): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    if ([...files.all().values()].every((file) => file.saving === "saved")) return;
    void files.flush();
    event.preventDefault();
  };
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
