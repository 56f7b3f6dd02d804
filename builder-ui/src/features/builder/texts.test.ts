/** Every text that the builder asks for exists in both languages. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS } from "@/definition/files";
import { KINDS } from "@/definition/kinds";
import { NODE_TYPES, TRIGGERS } from "@/definition/workflow";
import en from "@/locales/en/builder.json";
import zh from "@/locales/zh/builder.json";

function keysOf(texts: object, prefix = ""): string[] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === "string" ? [prefix + key.replace(/_(one|other)$/, "")] : keysOf(value as object, `${prefix}${key}.`)));
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [readFileSync(path, "utf8")] : [];
  });
}

const [chinese, english] = [new Set(keysOf(zh)), new Set(keysOf(en))];

describe("the builder's texts", () => {
  it("are the same in both languages", () => {
    expect([...english].sort()).toEqual([...chinese].sort());
  });

  it("hold every key that is asked for", () => {
    const root = join(process.cwd(), "src");
    const code = [...sources(join(root, "features/builder")), ...sources(join(root, "definition"))].join("\n");
    const asked = [...code.matchAll(/\bt\("([\w.]+)"|text: "(command\.\w+)"|Command\("(command\.\w+)"/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
    expect(asked.length).toBeGreaterThan(250);
    expect([...new Set(asked)].filter((key) => !chinese.has(key))).toEqual([]);
  });

  it("name every folder, kind, node and trigger", () => {
    const wanted = [
      ...FOLDERS.flatMap((folder) => [`folder.${folder}`, `one.${folder}`]),
      ...KINDS.flatMap((kind) => [`kind.${kind}`, `kindHelp.${kind}`]),
      ...NODE_TYPES.map((type) => `node.${type}`),
      ...TRIGGERS.map((trigger) => `trigger.${trigger}`),
    ];
    expect(wanted.filter((key) => !chinese.has(key))).toEqual([]);
  });
});
