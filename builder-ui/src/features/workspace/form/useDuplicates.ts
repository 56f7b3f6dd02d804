/** Asks, while a form is filled in, whether the record is there already. What it cannot learn it keeps quiet about. */
import { useEffect, useRef, useState } from "react";
import { askDuplicates, type Found } from "@/api/duplicates";
import { comparedBy, comparedFields, type DuplicateRule, readFields } from "@/definition/duplicates";
import type { Fields } from "@/definition/schema";
import { isEmpty } from "@/definition/compare";
import { whenComposed } from "@/lib/composing";
import { isDerivedKind } from "@/renderer/form/model";
import type { FormStore } from "@/renderer/form/store";

const REST_MS = 500;

export type Duplicates = { found: readonly Found[]; titles: Record<string, string>; ask: () => void };

type Answered = { store: FormStore; found: readonly Found[]; titles: Record<string, string> };

const NONE: readonly Found[] = [];
const NO_RULES: DuplicateRule[] = [];

/** Waits until typing rests; an answer to older values is dropped. `ask` asks at once, such as when saving asks back. */
export function useDuplicates(store: FormStore, entity: string): Duplicates {
  const rules = store.setup.schema["x-duplicates"] ?? NO_RULES;
  const id = store.setup.stored?.["id"] as string | undefined;
  const [answered, setAnswered] = useState<Answered>();
  const askRef = useRef<() => void>(() => undefined);
  useEffect(() => {
    if (rules.length === 0) return;
    const setAnswer = (found: readonly Found[], titles: Record<string, string> = {}) => setAnswered({ store, found, titles });
    let timer: ReturnType<typeof setTimeout> | undefined;
    let giveUp: () => void = () => undefined;
    let abort = new AbortController();
    let known = wordsOf(store, rules);
    const ask = async () => {
      abort.abort();
      const mine = new AbortController();
      abort = mine;
      const record = recordOf(store, rules);
      if (!isAskable(store, rules)) {
        setAnswer(NONE);
        return;
      }
      try {
        const { items, titles } = await askDuplicates(entity, record, id, mine.signal);
        if (!mine.signal.aborted) setAnswer(items.filter(isSomething), titles);
      } catch {
        // The form is not the place to tell of it: saving judges everything again.
        if (!mine.signal.aborted) setAnswer(NONE);
      }
    };
    const changed = () => {
      const now = wordsOf(store, rules);
      if (now === known) return;
      known = now;
      clearTimeout(timer);
      giveUp();
      // What was asked before speaks of values that are no longer there.
      abort.abort();
      timer = setTimeout(() => {
        giveUp = whenComposed(() => void ask());
      }, REST_MS);
    };
    askRef.current = () => {
      clearTimeout(timer);
      giveUp();
      void ask();
    };
    const unsubscribe = store.subscribe(changed);
    return () => {
      unsubscribe();
      clearTimeout(timer);
      giveUp();
      abort.abort();
    };
  }, [store, entity, id, rules]);
  // What was found for another form says nothing about this one.
  const { found = NONE, titles = {} } = answered?.store === store ? answered : {};
  return { found, titles, ask: () => askRef.current() };
}

/** What the rules compare, as one text: it changes when they must be asked again. */
function wordsOf(store: FormStore, rules: readonly DuplicateRule[]): string {
  return JSON.stringify(comparedFields(rules).map((key) => store.all[key] ?? null));
}

/** The values that the rules read, without what the caller sees only in part and what the engine reckons itself. */
export function recordOf(store: FormStore, rules: readonly DuplicateRule[]): Fields {
  const { schema, masked = [] } = store.setup;
  const keys = readFields(rules).filter((key) => {
    const kind = schema.properties[key]?.["x-kind"];
    return kind !== undefined && kind !== "secret" && !isDerivedKind(kind) && !masked.includes(key) && store.field(key)?.visible !== false;
  });
  return Object.fromEntries(keys.flatMap((key) => (isEmpty(store.all[key]) ? [] : [[key, store.sent(key)]])));
}

/** Whether any rule has all that it compares: two records without a phone are not the same person. */
function isAskable(store: FormStore, rules: readonly DuplicateRule[]): boolean {
  return rules.some((rule) => comparedBy(rule).every((key) => !isEmpty(store.all[key])));
}

function isSomething(found: Found): boolean {
  return found.records.length > 0 || found.hidden;
}
