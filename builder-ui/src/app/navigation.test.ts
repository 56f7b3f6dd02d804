/** The navigation shows what the caller may see, and where one is. */
import { expect, it } from "vitest";
import type { AppModel } from "@/api/types";
import { isHere, navigationOf } from "./navigation";

const model = (title: string, views: string[], create = true) => ({ title, schema: { properties: {} }, actions: { create, update: true, delete: true, export: true, import: true }, fields: {}, forms: [], views });

const APP: AppModel = {
  release: 1, title: "", language: "zh-CN", zone: "Asia/Shanghai", currency: "CNY", demo: false, grades: {}, workflows: {},
  entities: { customer: model("会员", ["vip", "customers"]), order: model("订单", ["orders"], false) },
  views: { vip: { title: "A 级会员", entity: "customer", where: { field: "value", op: "eq", value: "A" } }, customers: { title: "全部会员", entity: "customer" }, orders: { title: "订单", entity: "order" } },
  forms: { new_order: { title: "开单", entity: "order", layout: { type: "VerticalLayout", elements: [] } } },
  menus: { main: { title: "", items: [{ title: "会员", items: [{ view: "customers" }, { view: "vip" }, { view: "secret" }] }, { form: "new_order" }] } },
};

it("follows the menus and leaves out what this caller may not see", () => {
  const items = navigationOf(APP);
  expect(items).toHaveLength(1);
  expect(items[0]?.items.map((item) => item.to)).toEqual(["/e/customer", "/e/customer?view=vip"]);
});

it("lists the entities where there is no menu", () => {
  expect(navigationOf({ ...APP, menus: {} }).map((item) => item.title)).toEqual(["会员", "订单"]);
});

it("knows where one is: a record belongs to its list, a view to itself", () => {
  expect(isHere("/e/customer", "/e/customer", "")).toBe(true);
  expect(isHere("/e/customer", "/e/customer/42", "")).toBe(true);
  expect(isHere("/e/customer", "/e/customer", "?view=vip")).toBe(false);
  expect(isHere("/e/customer?view=vip", "/e/customer", "?view=vip")).toBe(true);
  expect(isHere("/e/order/new?form=quick", "/e/order/new", "")).toBe(false);
  expect(isHere("/", "/tasks", "")).toBe(false);
});
