/**
 * Commands: what a person did to one definition file, as something that can be undone.
 *
 * A command is a list of edits with a title. It is applied to the whole document and knows its
 * inverse for that document, so undo and redo need no copies and survive unrelated changes.
 */

import { applyEdit, type Edit, invertEdit, type Json, same } from "./json";

/** What the undo button says: a key of the `builder` texts and its arguments. */
export type CommandTitle = { text: string; args?: Record<string, string> };

export type Command = {
  title: CommandTitle;
  /** Commands with the same `merge` that follow each other within a second undo together (typing). */
  merge?: string;
  apply: (document: Json) => Json;
  /** The command that leads from `apply(document)` back to `document`. */
  invert: (document: Json) => Command;
};

export function command(title: CommandTitle, edits: readonly Edit[], merge?: string): Command {
  return {
    title,
    merge,
    apply: (document) => edits.reduce(applyEdit, document),
    invert: (document) => command(title, inverses(document, edits), merge),
  };
}

/** Replaces the whole file, as a text editor does. */
export function replaceAll(value: Json): Command {
  return command({ text: "command.editText" }, [{ op: "put", path: [], value }], "text");
}

/** A document with its past and its future. */
export type History = {
  readonly document: Json;
  readonly past: readonly Step[];
  readonly future: readonly Step[];
};

/** `undo` leads back to the document before; `at` is milliseconds of any steady clock. */
type Step = { command: Command; undo: Command; at: number };

/** Steps kept for undo. */
export const DEPTH = 200;
const TYPING_PAUSE = 1000;

export function startHistory(document: Json): History {
  return { document, past: [], future: [] };
}

/** The history after the command; unchanged if the command changes nothing. */
export function run(history: History, done: Command, at: number): History {
  const document = done.apply(history.document);
  if (same(document, history.document)) return history;
  const last = history.past.at(-1);
  const step = { command: done, undo: done.invert(history.document), at };
  if (last && done.merge !== undefined && done.merge === last.command.merge && at - last.at < TYPING_PAUSE) {
    const merged = { command: both(last.command, done), undo: both(step.undo, last.undo), at };
    return { document, past: [...history.past.slice(0, -1), merged], future: [] };
  }
  return { document, past: [...history.past, step].slice(-DEPTH), future: [] };
}

export function undo(history: History): History {
  const step = history.past.at(-1);
  if (!step) return history;
  return {
    document: step.undo.apply(history.document),
    past: history.past.slice(0, -1),
    future: [step, ...history.future],
  };
}

export function redo(history: History): History {
  const [step, ...future] = history.future;
  if (!step) return history;
  return { document: step.command.apply(history.document), past: [...history.past, step], future };
}

function both(first: Command, second: Command): Command {
  return {
    title: second.title,
    merge: second.merge ?? first.merge,
    apply: (document) => second.apply(first.apply(document)),
    invert: (document) => both(second.invert(first.apply(document)), first.invert(document)),
  };
}

function inverses(document: Json, edits: readonly Edit[]): Edit[] {
  const undone: Edit[] = [];
  let now = document;
  for (const edit of edits) {
    undone.unshift(invertEdit(now, edit));
    now = applyEdit(now, edit);
  }
  return undone;
}
