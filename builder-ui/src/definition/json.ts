/**
 * JSON values, paths into them, and the four edits from which every command is made.
 *
 * An edit never changes its argument; `invertEdit` gives the edit that undoes it exactly,
 * order of keys included, because the order of keys in a definition is what a person sees.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Steps from the root: object keys and array indexes. `[]` is the document itself. */
export type Path = readonly (string | number)[];

/**
 * `put` replaces what is at the path or inserts it (objects: at position `at`, else last;
 * arrays: always replaces). `insert` and `remove` shift array items. `move` changes the position of a key or
 * item among its siblings. `rename` gives a key another name in its place.
 */
export type Edit =
  | { op: "put"; path: Path; value: Json; at?: number }
  | { op: "insert"; path: Path; value: Json }
  | { op: "remove"; path: Path }
  | { op: "move"; path: Path; to: number }
  | { op: "rename"; path: Path; to: string };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value at `path`, or `undefined` where there is none. */
export function valueAt(document: Json, path: Path): Json | undefined {
  let value: Json | undefined = document;
  for (const step of path) {
    if (Array.isArray(value)) value = value[Number(step)];
    else if (isObject(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return value;
}

/**
 * The document after the edit.
 *
 * # Errors
 * Throws `RangeError` when the parent of the path is not there: a command was made for another document.
 */
export function applyEdit(document: Json, edit: Edit): Json {
  const last = edit.path.at(-1);
  if (last === undefined) return edit.op === "put" ? edit.value : document;
  return changeAt(document, edit.path.slice(0, -1), (parent) => {
    if (Array.isArray(parent)) return editItems(parent, Number(last), edit);
    if (isObject(parent)) return editKeys(parent, String(last), edit);
    throw new RangeError(`nothing to edit at /${edit.path.join("/")}`);
  });
}

/** The edit that leads from `applyEdit(before, edit)` back to `before`. */
export function invertEdit(before: Json, edit: Edit): Edit {
  const { path } = edit;
  const old = valueAt(before, path);
  switch (edit.op) {
    case "put":
      return old === undefined ? { op: "remove", path } : { op: "put", path, value: old };
    case "insert":
      return { op: "remove", path };
    case "remove":
      return restore(before, path, old);
    case "move":
      return { op: "move", path: movedPath(path, edit.to), to: position(before, path) };
    case "rename":
      return { op: "rename", path: [...path.slice(0, -1), edit.to], to: String(path.at(-1)) };
  }
}

/** Structural equality; the order of keys counts, as it does in the files. */
export function same(a: Json | undefined, b: Json | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Equality of what is said: the order of keys does not count, the order of lists does. */
export function sameContent(a: Json | undefined, b: Json | undefined): boolean {
  return same(sorted(a), sorted(b));
}

/** The text of a definition file: two spaces, one final newline. */
export function fileText(value: Json): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** `/properties/name` → `["properties", "name"]`; indexes stay strings. */
export function fromPointer(pointer: string): string[] {
  if (pointer === "" || pointer === "#") return [];
  return pointer
    .replace(/^#/, "")
    .split("/")
    .slice(1)
    .map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~"));
}

export function toPointer(path: Path): string {
  return path.map((step) => `/${String(step).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
}

function sorted(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => sorted(item) as Json);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, sorted(item) as Json]));
}

function restore(before: Json, path: Path, old: Json | undefined): Edit {
  if (old === undefined) throw new RangeError(`nothing to remove at /${path.join("/")}`);
  const parent = valueAt(before, path.slice(0, -1));
  if (Array.isArray(parent)) return { op: "insert", path, value: old };
  return { op: "put", path, value: old, at: position(before, path) };
}

function movedPath(path: Path, to: number): Path {
  return typeof path.at(-1) === "number" ? [...path.slice(0, -1), to] : path;
}

function position(document: Json, path: Path): number {
  const last = path.at(-1);
  const parent = valueAt(document, path.slice(0, -1));
  if (isObject(parent)) return Object.keys(parent).indexOf(String(last));
  return Number(last);
}

function changeAt(value: Json, path: Path, change: (value: Json) => Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (Array.isArray(value) && Number(step) in value) {
    return value.map((item, index) => (index === Number(step) ? changeAt(item, rest, change) : item));
  }
  if (isObject(value) && Object.hasOwn(value, step)) {
    return { ...value, [step]: changeAt(value[step] as Json, rest, change) };
  }
  throw new RangeError(`nothing at ${String(step)}`);
}

function editItems(items: Json[], index: number, edit: Edit): Json {
  switch (edit.op) {
    case "put":
      return index < items.length ? items.with(index, edit.value) : [...items, edit.value];
    case "insert":
      return items.toSpliced(index, 0, edit.value);
    case "remove":
      return items.toSpliced(index, 1);
    case "move": {
      const item = items[index];
      return item === undefined ? items : items.toSpliced(index, 1).toSpliced(edit.to, 0, item);
    }
    case "rename":
      throw new RangeError("an item of a list has no name");
  }
}

function editKeys(object: JsonObject, key: string, edit: Edit): Json {
  const entries = Object.entries(object);
  const index = entries.findIndex(([name]) => name === key);
  switch (edit.op) {
    case "put":
    case "insert":
      if (index >= 0) return { ...object, [key]: edit.value };
      return Object.fromEntries(entries.toSpliced(placeOf(edit) ?? entries.length, 0, [key, edit.value]));
    case "remove":
      return Object.fromEntries(entries.filter(([name]) => name !== key));
    case "move": {
      const entry = entries[index];
      return entry ? Object.fromEntries(entries.toSpliced(index, 1).toSpliced(edit.to, 0, entry)) : object;
    }
    case "rename":
      if (Object.hasOwn(object, edit.to)) throw new RangeError(`there is a ${edit.to} already`);
      return Object.fromEntries(entries.map(([name, value]) => [name === key ? edit.to : name, value]));
  }
}

function placeOf(edit: Edit): number | undefined {
  return edit.op === "put" ? edit.at : undefined;
}
