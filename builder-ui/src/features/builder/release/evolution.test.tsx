/** What becomes of stored values when definitions change: told as sentences, looked through, published by a job. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { App, ConfigProvider } from "antd";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { MemoryRouter, Route, Routes } from "react-router";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Job } from "@/api/jobs";
import { changeKind, type EntityDef, renameField } from "@/definition/entity";
import type { Json } from "@/definition/json";
import { loadTexts, startLanguage } from "@/lib/i18n";
import type { Evolving } from "../api";
import Builder from "../index";
import { type FakeServer, startFakeServer } from "../testing/fakeServer";
import { evolutionText, kindChangeText } from "./evolution";

const CUSTOMER = { title: "Customer", type: "object", "x-title-field": "name", required: ["name"], properties: { name: { title: "Name", "x-kind": "text" }, amount: { title: "Amount", "x-kind": "text" } } };
const AMOUNT: Evolving = { entity: "customer", field: "amount", change: "kind", from: "text", to: "money", sources: ["amount"], total: 1207, converts: 1204, refused: 3, complete: true, examples: [{ id: "r1", title: "周敏", value: "一打", reason: "读不成金额" }] };
const JOB: Job = { id: "p1", kind: "publish", entity: "", state: "running", done: 500, total: 40_000, errors: 0, result: {} };

vi.setConfig({ testTimeout: 60_000 });

let server: FakeServer;

beforeAll(async () => {
  configure({ asyncUtilTimeout: 10_000 });
  i18next.use(initReactI18next);
  await startLanguage("zh-CN");
  await loadTexts("zh-CN", "builder");
  await loadTexts("en", "builder");
});

beforeEach(async () => {
  await i18next.changeLanguage("zh-CN");
  server = startFakeServer({ "entities/customer.json": CUSTOMER });
  server.findings = [];
  server.answers["GET /api/draft"] = () => ({ base: 1, items: [{ path: "entities/customer.json", state: "changed", etag: "1" }] });
});

function open(path: string): void {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <ConfigProvider button={{ autoInsertSpace: false }}>
        <App><MemoryRouter initialEntries={[`/builder/${path}`]}><Routes><Route path="/builder/*" element={<Builder />} /></Routes></MemoryRouter></App>
      </ConfigProvider>
    </QueryClientProvider>,
  );
}

describe("the sentences", () => {
  const say = (one: Partial<Evolving>) => evolutionText({ ...AMOUNT, ...one }, (_, field) => ({ amount: "金额", old: "旧金额" })[field] ?? field, i18next.getFixedT("zh-CN", "builder"));

  it("say what converts and what does not", () => {
    expect(say({})).toBe("金额：文本 → 金额，1,204 条可转换，3 条不能");
    expect(say({ refused: 0, converts: 1207 })).toBe("金额：文本 → 金额，1,207 条可转换");
    expect(say({ change: "rename", to: "text", sources: ["old"], refused: 0 })).toBe("金额：取原字段“旧金额”的值，1,204 条可转换");
    expect(say({ change: "rename", sources: ["old"], refused: 0 })).toBe("金额：取原字段“旧金额”的值，文本 → 金额，1,204 条可转换");
    expect(say({ change: "from", from: null, to: null, sources: ["old", "unit"], refused: 0 })).toBe("金额：由“旧金额、unit”得出，1,204 条可转换");
    expect(say({ change: "drop", converts: 0, refused: 0 })).toBe("金额：删除字段，1,207 条记录里填过的值不再可见");
  });

  it("say in English too", () => {
    expect(evolutionText(AMOUNT, () => "Amount", i18next.getFixedT("en", "builder"))).toBe("Amount: Text → Money, 1,204 convert, 3 do not");
  });

  it("tell apart what converts, what is refused and what the engine reckons", () => {
    expect(kindChangeText("text", "money")).toBe("evolution.hint.converted");
    expect(kindChangeText("people", "person")).toBe("evolution.hint.converted");
    expect(kindChangeText("money", "date")).toBe("evolution.hint.refused");
    expect(kindChangeText("table", "text")).toBe("evolution.hint.refused");
    expect(kindChangeText("text", "computed")).toBe("evolution.hint.derived");
    expect(kindChangeText("rollup", "decimal")).toBe("evolution.hint.fromDerived");
  });
});

describe("publishing", () => {
  it("tells what becomes of values, lists those that do not convert, and wants that confirmed", async () => {
    server.answers["POST /api/draft/plan"] = () => ({ changes: [], affected: { records: 1207 }, destructive: [{ id: "convert:customer.amount", text: "3 个值不能转换，会变为空" }], evolution: [AMOUNT] });
    const rest = { id: "r2", title: "吴倩", value: "很多", reason: "读不成金额" };
    server.answers["GET /api/draft/evolution/customer/amount"] = (_, url) => (url.searchParams.get("after") === "r1" ? { items: [rest], next: null } : { items: AMOUNT.examples, next: "r1" });
    open("release");
    const told = within(await screen.findByRole("region", { name: "已有的值会怎样" }));
    expect(told.getByText(/金额：文本 → 金额，1,204 条可转换，3 条不能|Amount：文本 → 金额，1,204 条可转换，3 条不能/)).toBeInTheDocument();
    fireEvent.click(told.getByRole("button", { name: "查看这 3 条", expanded: false }));
    expect(told.getByRole("link", { name: "周敏" })).toHaveAttribute("href", "/e/customer/r1");
    expect(told.getByText("读不成金额")).toBeInTheDocument();
    fireEvent.click(told.getByRole("button", { name: "显示更多" }));
    await waitFor(() => expect(told.getByRole("button", { name: "显示更多" })).not.toHaveClass("ant-btn-loading"));
    fireEvent.click(told.getByRole("button", { name: "显示更多" }));
    expect(await told.findByRole("link", { name: "吴倩" })).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "发布" })).toBeDisabled();
    fireEvent.change(screen.getByLabelText("输入“amount”以确认"), { target: { value: "amount" } });
    expect(screen.getByRole("button", { name: "发布" })).toBeEnabled();
  });

  it("names records that stay as they are, those that break a limit with their values", async () => {
    const standing = { entity: "customer", field: "name", title: "Name", count: 1, examples: [{ id: "r1", title: "周敏" }] };
    server.answers["POST /api/draft/plan"] = () => ({ changes: [], affected: {}, destructive: [], evolution: [], standing: [{ ...standing, why: "required" }, { ...standing, field: "amount", title: "Amount", why: "unfit" }] });
    server.answers["GET /api/draft/evolution/customer/amount"] = () => ({ items: AMOUNT.examples, next: null });
    open("release");
    const told = within(await screen.findByRole("region", { name: "已有的值会怎样" }));
    expect(told.getByText(/Name：1 条记录没有填/)).toBeInTheDocument();
    expect(told.getByRole("link", { name: "周敏" })).toHaveAttribute("href", "/e/customer/r1");
    fireEvent.click(told.getByRole("button", { name: "查看这 1 条" }));
    expect(await told.findByText("一打")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "发布" })).toBeEnabled();
  });

  it("that takes its time is watched, stopped, and said to be done", async () => {
    let job = JOB;
    server.answers["POST /api/draft/publish"] = () => [202, { job }];
    server.answers["GET /api/jobs/p1"] = () => job;
    server.answers["DELETE /api/jobs/p1"] = () => (job = { ...JOB, state: "cancelled" });
    open("release");
    fireEvent.click(await screen.findByRole("button", { name: "发布" }));
    expect(await screen.findByText("已转换 500 / 40,000 条记录")).toBeInTheDocument();
    // Nothing else can be published meanwhile.
    expect(screen.queryByRole("button", { name: "发布" })).toBeNull();
    fireEvent.click(screen.getByRole("button", { name: "停止" }));
    expect(await screen.findByText("发布已停止")).toBeInTheDocument();
    fireEvent.click(screen.getByRole("button", { name: "关闭" }));
    expect(await screen.findByRole("button", { name: "发布" })).toBeInTheDocument();
  });

  it("is found again after a reload, and ends with the release", async () => {
    let job = JOB;
    server.answers["GET /api/jobs"] = () => ({ items: [job] });
    server.answers["GET /api/jobs/p1"] = () => job;
    open("release");
    expect(await screen.findByText("已转换 500 / 40,000 条记录")).toBeInTheDocument();
    job = { ...JOB, state: "done", result: { number: 2, at: "2026-11-22T00:00:00Z", note: "" } };
    expect((await screen.findAllByText("第 2 版已发布")).length).toBeGreaterThan(0);
  });
});

describe("a field", () => {
  const entity = CUSTOMER as unknown as EntityDef;
  const renamed = (document: EntityDef, key: string, to: string) => renameField(document, key, to, ["name", "amount"]).apply(document as unknown as Json) as unknown as EntityDef;

  it("that was published says where its values come from once it is renamed, and no longer once it is called as before", () => {
    const sum = renamed(entity, "amount", "sum");
    expect(sum.properties["sum"]?.["x-from"]).toEqual({ field: "amount" });
    const total = renamed(sum, "sum", "total");
    expect(total.properties["total"]?.["x-from"]).toEqual({ field: "amount" });
    expect(renamed(total, "total", "amount")).toEqual(CUSTOMER);
    expect(renameField(entity, "amount", "sum").apply(entity as unknown as Json)).not.toHaveProperty("properties.sum.x-from");
    const command = renameField(entity, "amount", "sum", ["amount"]);
    expect(command.invert(entity as unknown as Json).apply(command.apply(entity as unknown as Json))).toEqual(CUSTOMER);
  });

  it("keeps where its values come from when its kind changes, and is renamed in rules for duplicates", () => {
    const from = { ...entity, properties: { ...entity.properties, amount: { title: "Amount", "x-kind": "text", "x-from": { expression: "name" } } } };
    const changed = changeKind(from, "amount", { title: "Amount", "x-kind": "money" }).apply(from as unknown as Json) as unknown as EntityDef;
    expect(changed.properties["amount"]).toMatchObject({ "x-kind": "money", "x-from": { expression: "name" } });
    const ruled = { ...entity, "x-duplicates": [{ key: "k", title: "k", all: [{ field: "amount", by: "exact" as const }], show: ["name", "amount"] }] };
    expect(renamed(ruled, "amount", "sum")["x-duplicates"]).toEqual([{ key: "k", title: "k", all: [{ field: "sum", by: "exact" }], show: ["name", "sum"] }]);
  });

  it("of a release is renamed on purpose, and its kind's change is told", async () => {
    open("entities/customer");
    fireEvent.click(await screen.findByText("Amount"));
    const panel = within((await screen.findByText("Amount", { selector: "aside h2" })).closest("aside")!);
    fireEvent.mouseDown(panel.getByLabelText("类型"));
    fireEvent.change(panel.getByLabelText("类型"), { target: { value: "金额" } });
    fireEvent.click((await screen.findAllByText("金额", { selector: ".ant-select-item-option-content" })).at(-1)!);
    expect(await panel.findByText(/已有的“文本”逐条转换为“金额”/)).toBeInTheDocument();
    expect(panel.getByLabelText("标识")).toBeDisabled();
    fireEvent.click(panel.getByRole("button", { name: "更改标识…" }));
    fireEvent.change(panel.getByLabelText("标识"), { target: { value: "total" } });
    fireEvent.click(panel.getByRole("button", { name: "用这个标识" }));
    await waitFor(() => expect(server.json("entities/customer.json")["properties"]).toMatchObject({ total: { "x-kind": "money", "x-from": { field: "amount" } } }));
  });

  it("takes its values from others where that is chosen", async () => {
    server = startFakeServer({ "entities/customer.json": { ...CUSTOMER, properties: { ...CUSTOMER.properties, code: { title: "Code", "x-kind": "text" } } } });
    server.live = { "entities/customer.json": CUSTOMER };
    open("entities/customer");
    fireEvent.click(await screen.findByText("Code"));
    const panel = within((await screen.findByText("Code", { selector: "aside h2" })).closest("aside")!);
    fireEvent.mouseDown(await panel.findByLabelText("已有记录的值"));
    fireEvent.click((await screen.findAllByText("从已有字段拆分或合并", { selector: ".ant-select-item-option-content" })).at(-1)!);
    fireEvent.change(await panel.findByLabelText("怎样得出"), { target: { value: "left(name, 2)" } });
    await waitFor(() => expect(server.json("entities/customer.json")["properties"]).toMatchObject({ code: { "x-from": { expression: "left(name, 2)" } } }));
  });
});
