/** What was given last, for callbacks that outlive the drawing in which they were made. */
import { type RefObject, useLayoutEffect, useRef } from "react";

/** Read it in handlers and effects, never while drawing. */
export function useLatest<T>(value: T): RefObject<T> {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return latest;
}
