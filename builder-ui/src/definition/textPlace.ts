/** Where a JSON pointer stands in the text of a file, so that an editor can underline it. */

import { fromPointer } from "./json";

/** Offsets in the text, `to` exclusive. */
export type Span = { from: number; to: number };

/**
 * The span of the value at `pointer`, or of the nearest parent that is there. The whole first
 * line if the text is not JSON at all.
 */
export function spanOf(text: string, pointer: string): Span {
  const reader = new Reader(text);
  try {
    return reader.find(fromPointer(pointer));
  } catch {
    return { from: 0, to: Math.max(1, text.indexOf("\n")) };
  }
}

/** One-based line and column in characters to an offset, clamped to the text. */
export function offsetOf(text: string, line: number, column: number): number {
  const lines = text.split("\n");
  const before = lines.slice(0, Math.max(0, line - 1)).reduce((sum, each) => sum + each.length + 1, 0);
  return Math.min(text.length, before + Math.max(0, column - 1));
}

/** Walks JSON text without building it. Throws on text that is not JSON. */
class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  find(path: readonly string[]): Span {
    this.space();
    const from = this.at;
    const [step, ...rest] = path;
    if (step === undefined) {
      this.skip();
      return { from, to: this.at };
    }
    const inner = this.text[this.at] === "{" ? this.member(step, rest) : this.item(step, rest);
    return inner ?? { from, to: this.text[from] === "{" || this.text[from] === "[" ? from + 1 : this.at };
  }

  private member(step: string, rest: readonly string[]): Span | null {
    this.expect("{");
    for (this.space(); this.text[this.at] !== "}"; this.comma("}")) {
      const from = this.at;
      const key = this.string();
      this.space();
      this.expect(":");
      if (key === step) return rest.length === 0 ? { from, to: this.find(rest).to } : this.find(rest);
      this.skip();
    }
    this.expect("}");
    return null;
  }

  private item(step: string, rest: readonly string[]): Span | null {
    if (this.text[this.at] !== "[") {
      this.skip();
      return null;
    }
    this.expect("[");
    this.space();
    for (let index = 0; this.text[this.at] !== "]"; index += 1, this.comma("]")) {
      if (String(index) === step) return this.find(rest);
      this.skip();
    }
    this.expect("]");
    return null;
  }

  private skip(): void {
    this.space();
    const start = this.text[this.at];
    if (start === '"') this.string();
    else if (start === "{") this.member("\u0000", []);
    else if (start === "[") this.item("\u0000", []);
    else this.literal();
  }

  private literal(): void {
    const match = /^[-+.\w]+/.exec(this.text.slice(this.at, this.at + 64));
    if (!match) throw new SyntaxError(`no value at ${this.at}`);
    this.at += match[0].length;
  }

  private string(): string {
    const from = this.at;
    this.expect('"');
    while (this.at < this.text.length && this.text[this.at] !== '"') this.at += this.text[this.at] === "\\" ? 2 : 1;
    this.expect('"');
    return JSON.parse(this.text.slice(from, this.at)) as string;
  }

  private comma(end: string): void {
    this.space();
    if (this.text[this.at] === end) return;
    this.expect(",");
    this.space();
  }

  private expect(char: string): void {
    if (this.text[this.at] !== char) throw new SyntaxError(`expected ${char} at ${this.at}`);
    this.at += 1;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }
}
