/** Any file as text: JSON is handed on whenever it can be read, code as it is typed. */
import { Alert } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { replaceAll } from "@/definition/commands";
import { isCode, languageOf } from "@/definition/files";
import { fileText, type Json, same } from "@/definition/json";
import { offsetOf, spanOf } from "@/definition/textPlace";
import type { Diagnostic } from "../api";
import { useDiagnosticsAt, useEntities, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { CodeEditor, type CodeMark } from "./CodeEditor";

export function TextFile({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const run = useRun(file.path);
  const [search] = useSearchParams();
  const { document } = file.history;
  const [typed, setTyped] = useState<string>();
  const text = typed !== undefined && standsFor(typed, document, file) ? typed : textOf(document, file);
  const diagnostics = useDiagnosticsAt(file.path);
  const broken = isCode(file.name.file) ? null : syntaxError(text);
  const marks = useMemo(() => diagnostics.map((each) => markOf(text, each)), [diagnostics, text]);
  const change = (next: string) => {
    setTyped(next);
    const value = isCode(file.name.file) ? next : parse(next);
    if (value !== undefined) run(replaceAll(value));
  };
  const pointer = search.get("at");
  const line = Number(search.get("line") ?? 0);
  const at = pointer === null ? (line > 0 ? offsetOf(text, line, 1) : undefined) : spanOf(text, pointer).from;
  const shownAt = useMemo(() => at, [pointer, line]); // eslint-disable-line react/exhaustive-deps -- the place is looked up when it is asked for, not while typing
  return (
    <>
      {broken && <Alert type="warning" showIcon title={t("text.broken", { problem: broken })} />}
      <CodeEditor label={file.path} language={languageOf(file.name.file)} value={text} onChange={change} marks={marks} words={useWords()} at={shownAt} />
    </>
  );
}

/** What is typed stays on screen while it says the same as the document, or cannot be read yet. */
function standsFor(typed: string, document: Json, file: OpenFile): boolean {
  if (isCode(file.name.file)) return typed === document;
  const value = parse(typed);
  return value === undefined || same(value, document);
}

function textOf(document: Json, file: OpenFile): string {
  return isCode(file.name.file) && typeof document === "string" ? document : fileText(document);
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function syntaxError(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function markOf(text: string, each: Diagnostic): CodeMark {
  const message = each.help ? `${each.message}\n${each.help}` : each.message;
  if (each.pointer || !each.line) return { ...spanOf(text, each.pointer ?? ""), severity: each.severity, message };
  const from = offsetOf(text, each.line, each.column ?? 1);
  return { from, to: Math.min(text.length, from + 1), severity: each.severity, message };
}

function useWords() {
  const entities = useEntities();
  return useMemo(
    () =>
      Object.values(entities).flatMap((entity) =>
        Object.entries(entity.properties).map(([label, field]) => ({ label, detail: `${entity.title} · ${field.title}` })),
      ),
    [entities],
  );
}
