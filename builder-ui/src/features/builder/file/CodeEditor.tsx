/** CodeMirror with our look: text in, text out, problems underlined where they are. */
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic as Mark, lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { type CodeLanguage, languageSupport, type Word } from "./languages";

export type CodeMark = Pick<Mark, "from" | "to" | "severity" | "message">;

type CodeEditorProps = {
  label: string;
  language: CodeLanguage;
  value: string;
  onChange: (value: string) => void;
  marks: readonly CodeMark[];
  words: readonly Word[];
  /** Offset to show first. */
  at?: number;
};

/** Tab leaves the editor after Escape, as CodeMirror documents; Ctrl-Z inside undoes the text. */
export function CodeEditor({ label, language, value, onChange, marks, words, at }: CodeEditorProps) {
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ value, onChange, words, at });
  useEffect(() => {
    latest.current = { value, onChange, words, at };
  });
  useEffect(() => {
    if (!parent.current) return;
    const extensions = [...BASE, languageSupport(language, latest.current.words), EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }), reporting(latest), nonce()];
    const editor = new EditorView({ parent: parent.current, state: EditorState.create({ doc: latest.current.value, extensions }) });
    view.current = editor;
    return () => editor.destroy();
  }, [language, label]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const length = editor.state.doc.length;
    editor.dispatch(setDiagnostics(editor.state, marks.map((mark) => ({ ...mark, from: Math.min(mark.from, length), to: Math.min(mark.to, length) }))));
  }, [marks]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || at === undefined) return;
    const anchor = Math.min(at, editor.state.doc.length);
    editor.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
    editor.focus();
  }, [at]);
  return <div className="kzb-editor" ref={parent} />;
}

type Latest = { readonly current: { value: string; onChange: (value: string) => void } };

/** Hands on what was typed, not what is being composed. */
function reporting(latest: Latest): Extension {
  const report = (view: EditorView) => {
    const text = view.state.doc.toString();
    if (text !== latest.current.value) latest.current.onChange(text);
  };
  return [
    EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.view.composing) report(update.view);
    }),
    EditorView.domEventHandlers({ compositionend: (_, view) => void setTimeout(() => report(view)) }),
  ];
}

/** The content security policy lets in only styles that carry the page's nonce. */
function nonce(): Extension {
  const given = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
  return given ? EditorView.cspNonce.of(given) : [];
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.bool, tags.null], color: "#7a4a12" },
  { tag: [tags.string], color: "#1f6f5c" },
  { tag: [tags.number], color: "#6a3f8f" },
  { tag: [tags.comment], color: "#5c635c", fontStyle: "italic" },
  { tag: [tags.propertyName], color: "#20466b" },
]);

const LOOK = EditorView.theme({
  "&": { fontSize: "13px", border: "1px solid var(--kz-line)", borderRadius: "8px", backgroundColor: "var(--kz-sheet)" },
  "&.cm-focused": { outline: "2px solid var(--kz-jade)", outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "SFMono-Regular", Menlo, Consolas, "Noto Sans Mono CJK SC", monospace', minHeight: "320px", maxHeight: "calc(100vh - 260px)" },
  ".cm-gutters": { backgroundColor: "var(--kz-paper)", color: "var(--kz-quiet)", border: "none" },
});

const BASE: Extension[] = [
  lineNumbers(),
  history(),
  drawSelection(),
  indentOnInput(),
  bracketMatching(),
  closeBrackets(),
  highlightActiveLine(),
  highlightSelectionMatches(),
  lintGutter(),
  syntaxHighlighting(COLOURS),
  LOOK,
  EditorView.lineWrapping,
  keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap, indentWithTab]),
];
