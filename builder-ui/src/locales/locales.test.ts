/** Both languages say the same things: every text exists in both, with the same places to fill. */
import { describe, expect, it } from "vitest";

const files = import.meta.glob<Record<string, unknown>>("./*/*.json", { eager: true, import: "default" });
const FORM = /_(zero|one|two|few|many|other)$/;

/** `a.b` → the places `{{…}}` in it; plural forms of one text count as one. */
function texts(value: unknown, path = ""): Map<string, string> {
  if (typeof value === "string") return new Map([[path.replace(FORM, ""), [...value.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort().join()]]);
  return new Map(Object.entries(value as object).flatMap(([key, inner]) => [...texts(inner, path ? `${path}.${key}` : key)]));
}

describe.each(["common", "workspace", "builder", "audit", "people"])("%s", (name) => {
  const zh = texts(files[`./zh/${name}.json`]);
  const en = texts(files[`./en/${name}.json`]);
  it("has every text in both languages", () => {
    expect([...zh.keys()].sort()).toEqual([...en.keys()].sort());
  });
});
