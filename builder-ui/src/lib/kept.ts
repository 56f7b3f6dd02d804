/**
 * Unsent input, kept in the browser until it is saved: one entry for each workspace, person and
 * form, in IndexedDB (in memory where the browser has none). Entries older than 30 days are
 * deleted when next looked for. Nothing here is ever sent by itself.
 */

export type Kept<T> = { at: number; value: T };

const DATABASE = "kezhi";
const STORE = "unsent";
const LONGEST_MS = 30 * 86_400_000;
const memory = new Map<string, Kept<unknown>>();

/** The key of one form's input: it names workspace and person, so no one else finds it. */
export function keptKey(workspace: string, person: string, what: string): string {
  return `${personPrefix(workspace, person)}${what}`;
}

/** The input kept under `key`, unless there is none or it is older than 30 days. */
export async function readKept<T>(key: string, now: number = Date.now()): Promise<Kept<T> | undefined> {
  const found = (await get(key)) as Kept<T> | undefined;
  if (!found) return undefined;
  if (now - found.at <= LONGEST_MS) return found;
  await dropKept(key);
  return undefined;
}

export async function keep<T>(key: string, value: T, now: number = Date.now()): Promise<void> {
  const entry: Kept<T> = { at: now, value };
  const store = await objectStore("readwrite");
  if (!store) {
    memory.set(key, entry);
    return;
  }
  await settled(store.put(entry, key));
}

export async function dropKept(key: string): Promise<void> {
  memory.delete(key);
  const store = await objectStore("readwrite");
  if (store) await settled(store.delete(key));
}

/** How many forms of this person wait unsent. */
export async function countKept(workspace: string, person: string): Promise<number> {
  return (await keysOf(workspace, person)).length;
}

/** Forgets everything of this person, as sign-out does. */
export async function dropAllKept(workspace: string, person: string): Promise<void> {
  for (const key of await keysOf(workspace, person)) await dropKept(key);
}

function personPrefix(workspace: string, person: string): string {
  return `${workspace}/${person}/`;
}

async function keysOf(workspace: string, person: string): Promise<string[]> {
  const store = await objectStore("readonly");
  const all = store ? ((await settled(store.getAllKeys())) as string[]) : [...memory.keys()];
  return all.filter((key) => key.startsWith(personPrefix(workspace, person)));
}

async function get(key: string): Promise<unknown> {
  const store = await objectStore("readonly");
  return store ? settled(store.get(key)) : memory.get(key);
}

let opened: Promise<IDBDatabase | undefined> | undefined;

async function objectStore(mode: IDBTransactionMode): Promise<IDBObjectStore | undefined> {
  opened ??= open().catch(() => undefined);
  const database = await opened;
  return database?.transaction(STORE, mode).objectStore(STORE);
}

async function open(): Promise<IDBDatabase | undefined> {
  if (typeof indexedDB === "undefined") return undefined;
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener("upgradeneeded", () => request.result.createObjectStore(STORE));
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the browser's store refused")));
  });
}
