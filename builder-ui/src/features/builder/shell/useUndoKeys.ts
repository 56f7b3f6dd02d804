/** Ctrl-Z and Ctrl-Shift-Z (⌘ on a Mac) for the file on screen. Inside a text the browser's own undo is left alone. */
import { useEffect } from "react";
import { type FileName, pathOf } from "@/definition/files";
import { useDraftFiles } from "../draft/context";

export function useUndoKeys(active: FileName | null): void {
  const files = useDraftFiles();
  const path = active && pathOf(active);
  useEffect(() => {
    if (path === null) return;
    const onKey = (event: KeyboardEvent) => {
      const key = event.key.toLowerCase();
      if (event.isComposing || !(event.ctrlKey || event.metaKey) || event.altKey || (key !== "z" && key !== "y")) return;
      if (isText(event.target)) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) files.redo(path);
      else files.undo(path);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [files, path]);
}

function isText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && /^(text|search|number|)$/.test(target.type) && !target.readOnly);
}
