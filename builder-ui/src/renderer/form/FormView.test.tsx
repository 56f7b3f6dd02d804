/** The one form renderer: every kind enters its value, conditions act while one types, refusals stand at their fields. */
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { FieldSchema, FormDef } from "@/definition/schema";
import { openForm } from "../testing/open";
import { startTexts } from "../testing/render";
import { FormStore } from "./store";

beforeAll(startTexts);

const open = openForm;

async function choose(label: string, option: string) {
  fireEvent.mouseDown(screen.getByRole("combobox", { name: label }));
  const found = await screen.findAllByText(option);
  fireEvent.click(found.at(-1)!);
}

describe("every kind enters its value", () => {
  it.each([
    ["text", "名称", "张三", "张三"],
    ["phone", "手机", "13800000000", "13800000000"],
    ["email", "邮箱", "a@example.com", "a@example.com"],
    ["url", "主页", "https://example.com", "https://example.com"],
    ["long_text", "备注", "一行", "一行"],
    ["integer", "数量", "１２", 12],
    ["decimal", "重量", "1.50", "1.50"],
    ["percent", "折扣", "12.5", "12.5"],
    ["money", "金额", "1,234.5", "1234.5"],
  ] as const)("%s", async (kind, title, typed, value) => {
    const store = open({ field: { title, "x-kind": kind } });
    await userEvent.type(screen.getByLabelText(title), typed);
    expect(store.changes()).toEqual({ field: value });
  });

  it("boolean", async () => {
    const store = open({ vip: { title: "会员", "x-kind": "boolean" } });
    await userEvent.click(screen.getByRole("switch", { name: "会员" }));
    expect(store.changes()).toEqual({ vip: true });
  });

  it("choice, by its label", async () => {
    const store = open({ trade: { title: "行业", "x-kind": "choice", enum: ["food", "retail"], "x-labels": { food: "餐饮", retail: "零售" } } });
    await choose("行业", "零售");
    expect(store.changes()).toEqual({ trade: "retail" });
  });

  it("choices, several", async () => {
    const store = open({ likes: { title: "兴趣", "x-kind": "choices", enum: ["tea", "wine"], "x-labels": { tea: "茶", wine: "酒" } } });
    await choose("兴趣", "茶");
    await choose("兴趣", "酒");
    expect(store.changes()).toEqual({ likes: ["tea", "wine"] });
  });

  it("tags, as typed", async () => {
    const store = open({ tags: { title: "标签", "x-kind": "tags" } });
    const input = screen.getByRole("combobox", { name: "标签" });
    fireEvent.mouseDown(input);
    fireEvent.change(input, { target: { value: "重点" } });
    fireEvent.keyDown(input, { key: "Enter", code: "Enter", keyCode: 13 });
    expect(store.changes()).toEqual({ tags: ["重点"] });
  });

  it("date", async () => {
    const store = open({ day: { title: "日期", "x-kind": "date" } });
    const input = await screen.findByLabelText("日期");
    fireEvent.mouseDown(input);
    fireEvent.change(input, { target: { value: "2026-03-01" } });
    fireEvent.keyDown(input, { key: "Enter", code: "Enter", keyCode: 13 });
    await waitFor(() => expect(store.changes()).toEqual({ day: "2026-03-01" }));
  });

  it("datetime, in the workspace's zone", async () => {
    open({ at: { title: "时间", "x-kind": "datetime" } }, { stored: { at: "2026-03-01T08:00:00.000Z" } });
    expect(await screen.findByLabelText("时间")).toHaveValue("2026-03-01 16:00");
  });

  it("lunar_date, leap months included", async () => {
    const store = open({ birthday: { title: "农历生日", "x-kind": "lunar_date" } }, { stored: { birthday: "2020-05-15" } });
    await screen.findByText("十五");
    fireEvent.mouseDown(screen.getByRole("combobox", { name: "月" }));
    fireEvent.click((await screen.findAllByText("闰四月")).at(-1)!);
    expect(store.changes()).toEqual({ birthday: "2020-L04-15" });
  });

  it("table, row by row", async () => {
    const items = { type: "object" as const, properties: { product: { title: "商品", "x-kind": "text" } } };
    const store = open({ lines: { title: "明细", "x-kind": "table", items } });
    await userEvent.click(await screen.findByRole("button", { name: "添加一行" }));
    await userEvent.type(screen.getByLabelText("商品"), "茶");
    expect(store.changes()).toEqual({ lines: [{ product: "茶" }] });
    await userEvent.click(screen.getByRole("button", { name: "删除第 1 行" }));
    expect(store.changes()).toEqual({});
  });

  it("person and relation, found by name", async () => {
    const answers: Record<string, unknown> = {
      "/api/users": { items: [{ id: "u1", login: "li", name: "李婷" }], next: null, count: null },
      "/api/entities/shop/records": { items: [{ id: "s1", version: 1, name: "徐家汇店" }], next: null, count: null },
    };
    vi.stubGlobal("fetch", (url: string) => Promise.resolve(Response.json(answers[url.split("?")[0]!])));
    const store = open({ clerk: { title: "店员", "x-kind": "person" }, shop: { title: "门店", "x-kind": "relation", "x-relation": { entity: "shop" } } });
    await choose("店员", "李婷");
    await choose("门店", "徐家汇店");
    expect(store.changes()).toEqual({ clerk: "u1", shop: "s1" });
    vi.unstubAllGlobals();
  });

  it("what the engine fills in is shown, never entered", () => {
    open(
      {
        code: { title: "编码", "x-kind": "serial" },
        spent: { title: "累计", "x-kind": "computed", "x-result": "money" },
        orders: { title: "订单数", "x-kind": "rollup", "x-rollup": { entity: "order", via: "customer", aggregate: "count" } },
        value: { title: "等级", "x-kind": "grade" },
      },
      { stored: { code: "KH-1", spent: "1234.50", orders: 1200, value: { letter: "A", score: 82, reasons: [] } } },
    );
    expect(screen.getByText("KH-1")).toBeInTheDocument();
    expect(screen.getByText("¥1,234.50")).toBeInTheDocument();
    expect(screen.getByText("1,200")).toBeInTheDocument();
    expect(screen.getByText("82 分")).toBeInTheDocument();
    expect(screen.queryByRole("textbox")).toBeNull();
  });
});

describe("conditions act while one types", () => {
  const cosmetics = { field: "trade", op: "eq", value: "cosmetics" } as const;
  const properties: Record<string, FieldSchema> = {
    trade: { title: "行业", "x-kind": "text" },
    skin: { title: "皮肤类型", "x-kind": "choice", enum: ["dry"], "x-show": cosmetics, "x-require": cosmetics },
  };

  it("shows, requires and hides again", async () => {
    open(properties);
    expect(screen.queryByText("皮肤类型")).toBeNull();
    await userEvent.type(screen.getByLabelText("行业"), "cosmetics");
    expect(screen.getByRole("combobox", { name: "皮肤类型" })).toBeRequired();
    await userEvent.type(screen.getByLabelText("行业"), "x");
    expect(screen.queryByText("皮肤类型")).toBeNull();
  });

  it("does not send what is hidden", () => {
    const store = open(properties);
    act(() => store.set("skin", "dry"));
    expect(store.changes()).toEqual({});
    act(() => store.set("trade", "cosmetics"));
    expect(store.changes()).toEqual({ trade: "cosmetics", skin: "dry" });
  });

  it("narrows the options", async () => {
    open({
      trade: properties["trade"]!,
      size: { title: "规格", "x-kind": "choice", enum: ["s", "l"], "x-options": [{ when: cosmetics, only: ["s"] }] },
    }, { stored: { trade: "cosmetics" } });
    fireEvent.mouseDown(screen.getByRole("combobox", { name: "规格" }));
    await screen.findAllByText("s");
    expect(screen.queryByText("l")).toBeNull();
  });

  it("leaves to the server what it cannot tell", () => {
    const store = open({
      buyer: { title: "客户", "x-kind": "text" },
      credit: { title: "授信", "x-kind": "text", "x-show": { field: "buyer.value", op: "eq", value: "A" } },
    });
    expect(store.needsServer).toBe(true);
    act(() => store.settle({ values: {}, visible: { credit: false }, required: {}, readonly: {}, options: {}, violations: [], warnings: [] }, 0));
    expect(screen.queryByLabelText("授信")).toBeNull();
  });

  it("a task opens its own fields only", () => {
    open({ name: { title: "名称", "x-kind": "text" }, note: { title: "小结", "x-kind": "text" }, cost: { title: "成本", "x-kind": "text" } },
      { stored: { name: "张三" }, setup: { task: { name: "read", note: "required", cost: "hidden" } } });
    expect(screen.getByLabelText("小结")).toBeRequired();
    expect(screen.queryByRole("textbox", { name: "名称" })).toBeNull();
    expect(screen.queryByText("成本")).toBeNull();
  });

  it("a default may refer to today and the caller", () => {
    const store = open({
      day: { title: "日期", "x-kind": "date", default: { ref: "today" } },
      clerk: { title: "店员", "x-kind": "text", default: { ref: "caller.id" } },
    });
    expect(store.changes()).toEqual({ day: "2026-11-20", clerk: "me" });
  });

  it("a default that the server reckons follows what it is reckoned from until it is touched", () => {
    const store = open({ buyer: { title: "客户", "x-kind": "text" }, shop: { title: "门店", "x-kind": "text", default: { expr: "buyer.shop" } } });
    expect(store.needsServer).toBe(true);
    const settle = (shop: string) => act(() => store.settle({ values: { shop }, visible: {}, required: {}, readonly: {}, options: {}, violations: [], warnings: [] }, store.revision));
    settle("南京");
    expect(screen.getByLabelText("门店")).toHaveValue("南京");
    expect(store.changes()).toEqual({});
    settle("上海");
    expect(screen.getByLabelText("门店")).toHaveValue("上海");
    act(() => store.set("shop", "苏州"));
    settle("南京");
    expect(store.changes()).toEqual({ shop: "苏州" });
  });
});

it("shows what the server reckons, in rows too, and does not send it back", () => {
  const items = { type: "object" as const, properties: { price: { title: "单价", "x-kind": "money" }, amount: { title: "金额", "x-kind": "computed", "x-result": "money" } } };
  const store = open({ lines: { title: "明细", "x-kind": "table", items }, total: { title: "合计", "x-kind": "computed", "x-result": "money" } });
  act(() => store.set("lines", [{ price: "5" }]));
  const values = { lines: [{ id: "x", price: "5.00", amount: "5.00" }], total: "7.00" };
  act(() => store.settle({ values, visible: {}, required: {}, readonly: {}, options: {}, violations: [], warnings: [] }, store.revision));
  expect(screen.getByText("¥7.00")).toBeInTheDocument();
  expect(store.field("lines")?.value).toEqual([{ price: "5", amount: "5.00" }]);
  expect(store.changes()).toEqual({ lines: [{ price: "5" }] });
});

describe("refusals", () => {
  it("stand at their fields and in a summary that leads there", async () => {
    const store = open({ name: { title: "名称", "x-kind": "text" }, phone: { title: "手机", "x-kind": "phone" } });
    act(() => store.refuse([
      { code: "record.required", pointer: "/name", message: "请填写名称" },
      { code: "rule", pointer: "", message: "电话和邮箱至少填一个" },
    ]));
    const input = screen.getByLabelText("名称");
    expect(input).toHaveAccessibleDescription("请填写名称");
    expect(input).toBeInvalid();
    const summary = screen.getByRole("alert");
    expect(within(summary).getByText("电话和邮箱至少填一个")).toBeInTheDocument();
    await userEvent.click(within(summary).getByRole("button", { name: /请填写名称/ }));
    expect(input).toHaveFocus();
    await userEvent.type(input, "张");
    expect(input).not.toBeInvalid();
  });

  it("stand at the cell of a sub-table", async () => {
    const items = { type: "object" as const, properties: { price: { title: "单价", "x-kind": "money" } } };
    const store = open({ lines: { title: "明细", "x-kind": "table", items } }, { stored: { lines: [{ price: "1" }, { price: "-1" }] } });
    await screen.findAllByLabelText("单价");
    act(() => store.refuse([{ code: "record.minimum", pointer: "/lines/1/price", message: "不能小于 0" }]));
    const [first, second] = screen.getAllByLabelText("单价");
    expect(first).not.toBeInvalid();
    expect(second).toHaveAccessibleDescription("不能小于 0");
  });
});

it("lays out groups, and a group goes with its last field", () => {
  open({ a: { title: "甲", "x-kind": "text" }, b: { title: "乙", "x-kind": "text" } }, {
    form: {
      fields: { b: { hidden: true } },
      layout: { type: "VerticalLayout", elements: [
        { type: "Group", label: "第一组", elements: [{ type: "Control", scope: "#/properties/a" }] },
        { type: "Group", label: "第二组", elements: [{ type: "Control", scope: "#/properties/b" }] },
      ] },
    },
  });
  expect(screen.getByRole("group", { name: "第一组" })).toBeInTheDocument();
  expect(screen.queryByRole("group", { name: "第二组" })).toBeNull();
});

it("divides into pages, and a page says how many of its fields were refused", async () => {
  const store = open({ a: { title: "甲", "x-kind": "text" }, b: { title: "乙", "x-kind": "text" } }, {
    form: {
      layout: { type: "Categorization", elements: [
        { type: "Category", label: "第一页", elements: [{ type: "Control", scope: "#/properties/a" }] },
        { type: "Category", label: "第二页", elements: [{ type: "Control", scope: "#/properties/b" }] },
      ] },
    },
  });
  const second = await screen.findByRole("tab", { name: "第二页" });
  act(() => store.refuse([{ code: "record.required", pointer: "/b", message: "请填写乙" }]));
  expect(second).toHaveTextContent("第二页 1");
});

it("typing in one of 200 fields leaves the others as they are", () => {
  const properties = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, { title: `字段${index}`, "x-kind": "text" } as FieldSchema]));
  const form: FormDef = { title: "", entity: "customer", layout: { type: "VerticalLayout", elements: [] } };
  const store = new FormStore({ schema: { properties }, form, rights: {}, zone: "UTC", today: () => "", now: () => "" });
  const before = store.field("f7");
  store.set("f3", "x");
  expect(store.field("f3")?.value).toBe("x");
  expect(store.field("f7")).toBe(before);
});
