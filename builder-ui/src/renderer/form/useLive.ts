/** Asks the server how a form's values settle, when conditions here cannot tell or something is computed. */
import { useEffect } from "react";
import { request } from "@/api/client";
import type { Evaluation } from "@/api/types";
import { whenComposed } from "@/lib/composing";
import type { FormStore } from "./store";

const REST_MS = 350;

/** Waits until typing rests and no composition is open; an answer to older values does not overwrite newer ones. */
export function useLive(store: FormStore, form: string, record: string | undefined): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asked = -1;
    let giveUp: () => void = () => undefined;
    let abort = new AbortController();
    const ask = async () => {
      asked = store.revision;
      abort.abort();
      abort = new AbortController();
      try {
        const body = { record, values: store.changes() };
        const answer = await request<Evaluation>("POST", `/api/forms/${form}/evaluate`, { body, signal: abort.signal });
        if (asked === store.revision) store.settle(answer, asked);
      } catch {
        // A form stays usable without the server's view; saving judges everything again.
      }
    };
    const changed = () => {
      if (store.revision === asked || !store.needsServer) return;
      clearTimeout(timer);
      giveUp();
      timer = setTimeout(() => {
        giveUp = whenComposed(() => void ask());
      }, REST_MS);
    };
    const unsubscribe = store.subscribe(changed);
    if (record === undefined || store.needsServer) void ask();
    return () => {
      unsubscribe();
      clearTimeout(timer);
      giveUp();
      abort.abort();
    };
  }, [store, form, record]);
}
