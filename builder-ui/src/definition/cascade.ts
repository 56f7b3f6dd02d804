/**
 * The options of a `cascade` as a tree, and as an outline that a person writes: one option a line,
 * `code name`, two spaces further in below its parent.
 *
 * An option stands below the longest other option whose code its own begins with: `3301` below
 * `33`, `330106` below `3301`, as codes of divisions and of goods do.
 */
import type { FieldKeys, FieldSchema } from "./entity";

export type CascadeOption = { value: string; label: string; children?: CascadeOption[] };

/** What is wrong with a line of an outline, counted from 1. */
export type OutlineFault = { line: number; fault: "twice" | "outside" | "deep" };

const INDENT = 2;

export function cascadeTree(field: Pick<FieldSchema, "enum" | "x-labels">): CascadeOption[] {
  const codes = field.enum ?? [];
  const options = new Map(codes.map((code) => [code, { value: code, label: field["x-labels"]?.[code] ?? code } as CascadeOption]));
  const top: CascadeOption[] = [];
  for (const [code, option] of options) {
    const parent = options.get(parentOf(code, options) ?? "");
    if (parent) (parent.children ??= []).push(option);
    else top.push(option);
  }
  return top;
}

function parentOf(code: string, options: ReadonlyMap<string, unknown>): string | undefined {
  const letters = Array.from(code);
  const above = letters.map((_, index) => letters.slice(0, index).join(""));
  return above.toReversed().find((each) => each !== "" && options.has(each));
}

/** `33 浙江省` and, two spaces further in, `3301 杭州市`. */
export function outlineOf(field: Pick<FieldSchema, "enum" | "x-labels">): string {
  const lines = (options: CascadeOption[], depth: number): string[] =>
    options.flatMap(({ value, label, children = [] }) => [`${" ".repeat(depth * INDENT)}${value}${label === value ? "" : ` ${label}`}`, ...lines(children, depth + 1)]);
  return lines(cascadeTree(field), 0).join("\n");
}

/** The keywords that an outline stands for, and the first line that does not fit. Empty lines are passed over. */
export function readOutline(text: string): { keys: FieldKeys; fault: OutlineFault | undefined } {
  const labels: { [code: string]: string } = {};
  const above: string[] = [];
  let fault: OutlineFault | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", code = "", label = ""] = /^(\s*)(\S+)\s*(.*)$/.exec(line.replaceAll("\t", "  ")) ?? [];
    if (code === "") continue;
    const depth = Math.floor(indent.replaceAll("\u3000", "  ").length / INDENT);
    const found = faultOf(code, depth, above, labels);
    if (found && !fault) fault = { line: index + 1, fault: found };
    above.length = Math.min(depth, above.length);
    above.push(code);
    labels[code] = label.trim() || code;
  }
  return { keys: { enum: Object.keys(labels), "x-labels": labels }, fault };
}

function faultOf(code: string, depth: number, above: readonly string[], labels: { [code: string]: string }): OutlineFault["fault"] | undefined {
  if (Object.hasOwn(labels, code)) return "twice";
  if (depth > above.length) return "deep";
  const parent = above[depth - 1];
  return parent !== undefined && !(code.startsWith(parent) && code !== parent) ? "outside" : undefined;
}
