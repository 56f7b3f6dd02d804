/** Colours for Rhai and MiniJinja, enough to read by, and completion with the fields of the app. */
import { autocompletion, type Completion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { json } from "@codemirror/lang-json";
import { StreamLanguage, type StringStream } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

export type CodeLanguage = "json" | "rhai" | "j2";

/** A field that a script may read, offered after `record.` and inside quotes of JSON. */
export type Word = { label: string; detail: string };

export function languageSupport(language: CodeLanguage, words: readonly Word[]): Extension {
  const complete = autocompletion({ override: [(context) => completeField(context, words)] });
  if (language === "json") return [json(), complete];
  return [language === "rhai" ? RHAI : J2, complete];
}

const KEYWORDS = /^(let|const|if|else|while|loop|for|in|do|until|break|continue|return|throw|try|catch|fn|switch|true|false|this|is|private)\b/;

const RHAI = StreamLanguage.define<{ comment: boolean }>({
  name: "rhai",
  startState: () => ({ comment: false }),
  token: (stream, state) => {
    if (state.comment || stream.match("/*")) {
      state.comment = !toEnd(stream, "*/");
      return "comment";
    }
    if (stream.match(/^\/\/.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^`[^`]*`?/)) return "string";
    if (stream.match(/^\d[\d_]*(\.\d+)?/)) return "number";
    if (stream.match(KEYWORDS)) return "keyword";
    if (stream.match(/^[A-Za-z_]\w*/)) return "variableName";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } } },
});

const J2 = StreamLanguage.define<{ inside: boolean }>({
  name: "j2",
  startState: () => ({ inside: false }),
  token: (stream, state) => {
    if (stream.match("{#")) {
      toEnd(stream, "#}");
      return "comment";
    }
    if (!state.inside) {
      state.inside = Boolean(stream.match(/^\{[{%]-?/));
      if (!state.inside) stream.next();
      return state.inside ? "bracket" : null;
    }
    if (stream.match(/^-?[}%]\}/)) {
      state.inside = false;
      return "bracket";
    }
    if (stream.match(/^"[^"]*"|^'[^']*'/)) return "string";
    if (stream.match(/^(if|elif|else|endif|for|endfor|in|set|not|and|or|is)\b/)) return "keyword";
    if (stream.match(/^[A-Za-z_][\w.]*/)) return "variableName";
    stream.next();
    return null;
  },
});

/** Moves behind `end`, or to the end of the line; whether `end` was there. */
function toEnd(stream: StringStream, end: string): boolean {
  if (stream.skipTo(end)) {
    stream.match(end);
    return true;
  }
  stream.skipToEnd();
  return false;
}

function completeField(context: CompletionContext, words: readonly Word[]): CompletionResult | null {
  const word = context.matchBefore(/(record\.|")[\w.]*/);
  if (!word || (word.from === word.to && !context.explicit)) return null;
  const from = word.from + (word.text.startsWith("record.") ? "record.".length : 1);
  const options: Completion[] = words.map(({ label, detail }) => ({ label, detail, type: "property" }));
  return { from, options, validFor: /^[\w.]*$/ };
}
