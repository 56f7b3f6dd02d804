/** Whether an input method is composing 中文 somewhere on the page, and how to wait until it is not. */

let composing = false;
const waiting = new Set<() => void>();

if (typeof window !== "undefined") {
  window.addEventListener("compositionstart", () => {
    composing = true;
  }, true);
  window.addEventListener("compositionend", () => {
    composing = false;
    const ready = [...waiting];
    waiting.clear();
    // The input event with the composed text follows compositionend in some browsers.
    setTimeout(() => ready.forEach((callback) => callback()), 0);
  }, true);
}

export function isComposing(): boolean {
  return composing;
}

/** Calls at once, or as soon as the composition has ended. Returns how to give up waiting. */
export function whenComposed(callback: () => void): () => void {
  if (!composing) {
    callback();
    return () => undefined;
  }
  waiting.add(callback);
  return () => waiting.delete(callback);
}
