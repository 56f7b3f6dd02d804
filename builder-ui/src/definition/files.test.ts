/** Names: paths of files, keys from titles, and places in a text. */
import { describe, expect, it } from "vitest";
import { nameOf, newDefinition, pathOf } from "./files";
import { keyProblem, proposeKey } from "./keys";
import { offsetOf, spanOf } from "./textPlace";

describe("a file's path", () => {
  it("is found back from the path", () => {
    for (const name of [
      { folder: "entities", file: "customer" },
      { folder: "grades", file: "customer_value.rhai" },
      { folder: "grades", file: "customer_value.cases.json" },
      { folder: "manifest", file: "manifest" },
    ]) {
      expect(nameOf(pathOf(name))).toEqual(name);
    }
    expect(nameOf("data/customer.csv")).toBe(null);
  });
});

describe("a key", () => {
  it("is proposed from an English or a Chinese title, free of what is taken", () => {
    expect(proposeKey("Skin type", "choice", [])).toBe("skin_type");
    expect(proposeKey("皮肤类型", "choice", [])).toBe("skin_type");
    expect(proposeKey("皮肤类型", "choice", ["skin_type"])).toBe("skin_type_2");
    expect(proposeKey("未知之词", "choice", ["choice"])).toBe("choice_2");
    expect(proposeKey("Version", "text", [])).toBe("version_2");
  });

  it("is refused when it is malformed, the system's or taken", () => {
    expect(keyProblem("Skin", [])).toBe("form");
    expect(keyProblem("owner", [])).toBe("system");
    expect(keyProblem("name", ["name"])).toBe("taken");
    expect(keyProblem("skin_type", [])).toBe(null);
  });
});

describe("a place in a text", () => {
  const text = '{\n  "title": "a \\" b",\n  "nodes": { "x": [1, {"deep": true}] }\n}\n';
  const at = (pointer: string) => {
    const { from, to } = spanOf(text, pointer);
    return text.slice(from, to);
  };

  it("is the member with its key, the item, or the nearest parent", () => {
    expect(at("/title")).toBe('"title": "a \\" b"');
    expect(at("/nodes/x/0")).toBe("1");
    expect(at("/nodes/x/1/deep")).toBe('"deep": true');
    expect(at("/nodes/x/7")).toBe("[");
    expect(at("/missing")).toBe("{");
  });

  it("is the first line of what is no JSON", () => {
    expect(spanOf("{ nonsense\nmore", "/a")).toEqual({ from: 0, to: 10 });
  });

  it("is found from line and column", () => {
    expect(text.slice(offsetOf(text, 2, 3)).startsWith('"title"')).toBe(true);
  });
});

describe("a new definition", () => {
  it("holds nothing that JSON does not know", () => {
    const definition = newDefinition("forms", "客户", { entity: "customer", fields: ["name"] });
    expect(definition).toEqual({
      title: "客户",
      entity: "customer",
      layout: { type: "VerticalLayout", elements: [{ type: "Control", scope: "#/properties/name" }] },
    });
  });
});
