/** Whether the window is as narrow as a phone, kept up to date. */
import { useSyncExternalStore } from "react";

const NARROW = "(max-width: 760px)";

function subscribe(listener: () => void): () => void {
  const query = window.matchMedia(NARROW);
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

export function useIsNarrow(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(NARROW).matches);
}
