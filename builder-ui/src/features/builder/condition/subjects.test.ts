/** What a condition may ask about: fields, lookups and records behind them. */
import { describe, expect, it } from "vitest";
import type { EntityDef } from "@/definition/entity";
import { subjectsOf } from "./subjects";

const customer: EntityDef = {
  title: "客户",
  properties: {
    name: { title: "名称", "x-kind": "text" },
    level: { title: "级别", "x-kind": "choice", enum: ["vip", "new"], "x-labels": { vip: "贵宾" } },
    value: { title: "等级", "x-kind": "grade", "x-grade": "customer_value" },
    shop: { title: "门店", "x-kind": "relation", "x-relation": { entity: "shop" } },
  },
};

const order: EntityDef = {
  title: "订单",
  properties: {
    customer: { title: "客户", "x-kind": "relation", "x-relation": { entity: "customer" } },
    products: { title: "商品", "x-kind": "relations", "x-relation": { entity: "product" } },
    level: { title: "客户级别", "x-kind": "lookup", "x-lookup": { via: "customer", field: "level" } },
    value: { title: "客户等级", "x-kind": "lookup", "x-lookup": { via: "customer", field: "value" } },
    shop: { title: "客户门店", "x-kind": "lookup", "x-lookup": { via: "customer", field: "shop" } },
    lost: { title: "失", "x-kind": "lookup", "x-lookup": { via: "nothing", field: "name" } },
  },
};

describe("what a condition can ask of an entity", () => {
  const bands = [{ entity: "customer", field: "value", bands: [{ letter: "A", at_least: 50 }, { letter: "B", at_least: 0 }] }];
  const subjects = subjectsOf({ entities: { customer, order }, bands }, "order", "负责人");
  const subject = (path: string) => subjects.find((each) => each.path === path);

  it("many records by which of them are named", () => {
    expect(subject("products")).toMatchObject({ shape: "record", entity: "product", operators: ["has", "has_any", "has_all", "empty", "not_empty"] });
  });

  it("a lookup as the field that it shows", () => {
    expect(subject("level")).toMatchObject({ kind: "choice", shape: "option", options: [{ value: "vip", label: "贵宾" }, { value: "new", label: "new" }] });
    expect(subject("value")).toMatchObject({ kind: "grade", options: [{ value: "A", label: "A" }, { value: "B", label: "B" }] });
    expect(subject("value.score")).toMatchObject({ shape: "integer" });
    expect(subject("shop")).toMatchObject({ shape: "record", entity: "shop" });
    expect(subject("lost")).toMatchObject({ kind: "text", shape: "text" });
  });

  it("no path through many records", () => {
    expect(subjects.some(({ path }) => path.startsWith("products."))).toBe(false);
    expect(subject("customer.level")).toMatchObject({ kind: "choice" });
  });
});
