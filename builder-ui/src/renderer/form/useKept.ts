/** Keeps what was typed in a form over a reload, and forgets it once it is saved or thrown away. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Fields } from "@/definition/schema";
import { dropKept, keep, readKept } from "@/lib/kept";
import type { FormStore } from "./store";

const REST_MS = 400;

/** `since` is when the restored input was typed, in milliseconds; `undefined` when nothing was restored. */
export function useKept(store: FormStore, key: string): { since: number | undefined; forget: () => Promise<void>; dismiss: () => void } {
  const [since, setSince] = useState<number>();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    let revision = store.revision;
    let isOpen = true;
    void readKept<Fields>(key).then((kept) => {
      if (!kept || !isOpen || Object.keys(kept.value).length === 0) return;
      store.restore(kept.value);
      setSince(kept.at);
    });
    const unsubscribe = store.subscribe(() => {
      if (store.revision === revision) return;
      revision = store.revision;
      clearTimeout(timer.current);
      timer.current = setTimeout(keepNow, REST_MS);
    });
    // Whoever leaves within that rest loses nothing either.
    const keepWaiting = () => timer.current !== undefined && keepNow();
    const keepNow = () => {
      clearTimeout(timer.current);
      timer.current = undefined;
      void keep(key, store.typed());
    };
    globalThis.addEventListener("pagehide", keepWaiting);
    return () => {
      isOpen = false;
      unsubscribe();
      globalThis.removeEventListener("pagehide", keepWaiting);
      keepWaiting();
    };
  }, [store, key]);
  const forget = useCallback(() => {
    // The form may stay on screen while the next one loads; nothing may be kept again meanwhile.
    clearTimeout(timer.current);
    timer.current = undefined;
    return dropKept(key);
  }, [key]);
  const dismiss = useCallback(() => setSince(undefined), []);
  return { since, forget, dismiss };
}
