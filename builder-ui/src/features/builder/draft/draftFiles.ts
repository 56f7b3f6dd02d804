/**
 * The files of the draft that are open in this browser: each with its history, its entity tag and
 * what has become of the last change. Every change is saved by itself after a short pause; nothing
 * is sent while an earlier save of the same file is under way. Outside React, so that it can be tested.
 */
import { Problem } from "@/api/client";
import { type Command, type History, redo, replaceAll, run, startHistory, undo } from "@/definition/commands";
import { type FileName, isCode, pathOf } from "@/definition/files";
import { type Json, same, sameContent } from "@/definition/json";

/** How files travel; the real one is in `api.ts`. */
export type Transport = {
  fetch: (name: FileName) => Promise<{ document: Json; etag: string | undefined } | null>;
  put: (name: FileName, document: Json, etag: string | undefined) => Promise<{ etag: string | undefined }>;
  remove: (name: FileName, etag: string | undefined) => Promise<void>;
};

/** `conflict` waits for a decision, `failed` for another try; `pending` is about to be sent. */
export type Saving = "saved" | "pending" | "saving" | "failed" | "conflict";

/** Somebody else saved the file since we read it: the text we both started from, theirs and ours. */
export type Conflict = { base: Json; theirs: Json; ours: Json; etag: string | undefined };

export type OpenFile = {
  readonly name: FileName;
  readonly path: string;
  readonly history: History;
  readonly etag: string | undefined;
  /** What the server has. */
  readonly stored: Json | undefined;
  readonly saving: Saving;
  readonly conflict?: Conflict;
};

/** Milliseconds without a change after which a file is sent. */
export const PAUSE = 500;

export class DraftFiles {
  private files = new Map<string, OpenFile>();
  private folders = new Map<string, Readonly<Record<string, Json>>>();
  private loading = new Map<string, Promise<OpenFile | null>>();
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private running = new Map<string, Promise<void>>();
  private listeners = new Set<() => void>();

  /** `onSaved` is called after each save and removal: what the server says about the draft is new then. */
  constructor(
    private readonly transport: Transport,
    private readonly onSaved: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The same object until something about the file changes. */
  get = (path: string): OpenFile | undefined => this.files.get(path);

  /** The same map until any file changes. */
  all = (): ReadonlyMap<string, OpenFile> => this.files;

  /** The definitions of a folder by key; the same object until one of them changes. */
  definitions = (folder: string): Readonly<Record<string, Json>> => {
    const known = this.folders.get(folder);
    if (known) return known;
    const found = [...this.files.values()].filter(({ name }) => name.folder === folder && !isCode(name.file));
    const definitions = Object.fromEntries(found.map(({ name, history }) => [name.file, history.document] as const).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    this.folders.set(folder, definitions);
    return definitions;
  };

  /** Reads a file once; later calls give what is open. `null` where there is none. */
  load(name: FileName): Promise<OpenFile | null> {
    const path = pathOf(name);
    const known = this.files.get(path);
    if (known) return Promise.resolve(known);
    const under = this.loading.get(path) ?? this.fetch(name, path);
    this.loading.set(path, under);
    return under;
  }

  /** Opens a new file and sends it. */
  create(name: FileName, document: Json): void {
    const path = pathOf(name);
    this.set({ name, path, history: startHistory(document), etag: undefined, stored: undefined, saving: "pending" });
    this.schedule(path);
  }

  run(path: string, command: Command): void {
    this.change(path, (history) => run(history, command, this.now()));
  }

  undo(path: string): void {
    this.change(path, undo);
  }

  redo(path: string): void {
    this.change(path, redo);
  }

  /** Sends a failed file again. */
  retry(path: string): void {
    const file = this.files.get(path);
    if (file?.saving === "failed") this.schedule(path);
  }

  /** Ends a conflict: keeps ours over theirs, or takes theirs, which can be undone like any change. */
  resolve(path: string, keep: "ours" | "theirs"): void {
    const file = this.files.get(path);
    if (!file?.conflict) return;
    const { theirs, etag } = file.conflict;
    const history = keep === "ours" ? file.history : run(file.history, replaceAll(theirs), this.now());
    this.set({ ...file, history, etag, stored: theirs, conflict: undefined, saving: "saved" });
    if (keep === "ours") this.schedule(path);
  }

  /** Deletes a file from the draft. */
  async remove(path: string): Promise<void> {
    await this.flush();
    const file = this.files.get(path);
    if (!file) return;
    await this.transport.remove(file.name, file.etag);
    this.forget(path);
    this.onSaved();
  }

  /** Sends everything that waits and returns when it is stored. `false` if something could not be. */
  async flush(): Promise<boolean> {
    for (const path of this.timers.keys()) this.send(path);
    while (this.running.size > 0) await Promise.all(this.running.values());
    return [...this.files.values()].every((file) => file.saving === "saved");
  }

  /** Forgets what is open, after publishing, discarding or restoring. */
  reset(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.loading.clear();
    this.folders.clear();
    this.files = new Map();
    this.tell();
  }

  /** After publishing the texts are the same but their entity tags may not be: they are read again, undo stays. */
  async refresh(): Promise<void> {
    await Promise.all(
      [...this.files.values()].map(async (file) => {
        const found = await this.transport.fetch(file.name);
        if (!found) return this.forget(file.path);
        const now = this.files.get(file.path);
        if (!now || now.saving !== "saved") return;
        const history = sameContent(found.document, now.history.document) ? now.history : startHistory(found.document);
        this.set({ ...now, history, etag: found.etag, stored: history.document });
      }),
    );
  }

  private async fetch(name: FileName, path: string): Promise<OpenFile | null> {
    try {
      const found = await this.transport.fetch(name);
      if (!found) return null;
      const { document, etag } = found;
      const file: OpenFile = { name, path, history: startHistory(document), etag, stored: document, saving: "saved" };
      if (!this.files.has(path)) this.set(file);
      return this.files.get(path) ?? file;
    } finally {
      this.loading.delete(path);
    }
  }

  private change(path: string, change: (history: History) => History): void {
    const file = this.files.get(path);
    if (!file) return;
    const history = change(file.history);
    if (history === file.history) return;
    this.set({ ...file, history, saving: file.saving === "conflict" ? "conflict" : "pending" });
    if (file.saving !== "conflict") this.schedule(path);
  }

  private schedule(path: string): void {
    clearTimeout(this.timers.get(path));
    this.timers.set(path, setTimeout(() => this.send(path), PAUSE));
  }

  private send(path: string): void {
    clearTimeout(this.timers.get(path));
    this.timers.delete(path);
    const before = this.running.get(path) ?? Promise.resolve();
    const sending = before.then(() => this.save(path)).finally(() => {
      if (this.running.get(path) === sending) this.running.delete(path);
    });
    this.running.set(path, sending);
  }

  private async save(path: string): Promise<void> {
    const file = this.files.get(path);
    if (!file || file.saving === "conflict") return;
    const sent = file.history.document;
    if (same(sent, file.stored)) return this.set({ ...file, saving: "saved" });
    this.set({ ...file, saving: "saving" });
    try {
      const { etag } = await this.transport.put(file.name, sent, file.etag);
      this.update(path, (now) => ({ ...now, etag, stored: sent, saving: now.history.document === sent ? "saved" : "pending" }));
      this.onSaved();
    } catch (problem) {
      await this.refused(path, file, problem);
    }
  }

  private async refused(path: string, sent: OpenFile, problem: unknown): Promise<void> {
    if (!(problem instanceof Problem) || problem.status !== 412) return this.update(path, (now) => ({ ...now, saving: "failed" }));
    const theirs = await this.transport.fetch(sent.name).catch(() => null);
    if (!theirs) return this.update(path, (now) => ({ ...now, saving: "failed", etag: undefined }));
    this.update(path, (now) => settle(now, theirs));
  }

  private update(path: string, change: (file: OpenFile) => OpenFile): void {
    const now = this.files.get(path);
    if (now) this.set(change(now));
  }

  private set(file: OpenFile): void {
    if (this.files.get(file.path)?.history.document !== file.history.document) this.folders.delete(file.name.folder);
    this.files = new Map(this.files).set(file.path, file);
    this.tell();
  }

  private forget(path: string): void {
    this.folders.delete(this.files.get(path)?.name.folder ?? "");
    this.files = new Map(this.files);
    this.files.delete(path);
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** Theirs may be what we have too: then nothing needs a decision. */
function settle(file: OpenFile, theirs: { document: Json; etag: string | undefined }): OpenFile {
  const ours = file.history.document;
  if (same(ours, theirs.document)) return { ...file, etag: theirs.etag, stored: ours, saving: "saved" };
  const conflict = { base: file.stored ?? null, theirs: theirs.document, ours, etag: theirs.etag };
  return { ...file, saving: "conflict", conflict };
}
