/** An import from the file to its undo, as the server would answer; and what an export asks for. */
import { QueryClient } from "@tanstack/react-query";
import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { Job } from "@/api/jobs";
import { exportAddress, type FileColumn, type ImportOptions } from "@/api/transfer";
import type { EntityModel } from "@/api/types";
import { draw, startTexts } from "@/renderer/testing/render";
import ImportPage from "../ImportPage";
import { FIRST_CHOICE, keysOf, mapped, optionsOf, targetsOf } from "./choice";

const customer = {
  title: "客户",
  schema: {
    "x-title-field": "name", "x-owner": true,
    properties: {
      name: { title: "名称", "x-kind": "text" },
      phone: { title: "手机", "x-kind": "phone", "x-unique": true },
      lines: { title: "明细", "x-kind": "table", items: { properties: { product: { title: "商品", "x-kind": "text" }, total: { title: "小计", "x-kind": "computed" } } } },
      spent: { title: "累计", "x-kind": "rollup" },
      cost: { title: "成本", "x-kind": "money" },
    },
  },
  actions: { create: true, update: true, delete: true, export: true, import: true },
  fields: { name: "write", phone: "write", lines: "write", spent: "read", cost: "read" },
  forms: [], views: [],
} as unknown as EntityModel;

const COLUMNS: FileColumn[] = [
  { column: "A", header: "大名", field: null, kind: "text" },
  { column: "B", header: "手机", field: "phone", kind: "phone" },
];

/** A request that carries a file; the test answers it. */
class Sending {
  static all: Sending[] = [];
  status = 202;
  responseText = "";
  url = "";
  options: ImportOptions = {};
  headers: Record<string, string> = {};
  upload = new EventTarget();
  private events = new EventTarget();
  addEventListener = this.events.addEventListener.bind(this.events);
  open(method: string, url: string) {
    this.url = `${method} ${url}`;
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  abort() {}
  send(body: FormData) {
    this.options = JSON.parse(String(body.get("options"))) as ImportOptions;
    Sending.all.push(this);
  }
  answer(data: unknown, status = 202) {
    this.status = status;
    this.responseText = JSON.stringify(data);
    act(() => void this.events.dispatchEvent(new Event(status === 0 ? "error" : "load")));
  }
}

let jobs: Record<string, Job> = {};
const asked: string[] = [];

beforeEach(async () => {
  await startTexts();
  Sending.all = [];
  asked.length = 0;
  jobs = {};
  vi.stubGlobal("XMLHttpRequest", Sending);
  vi.stubGlobal("fetch", async (url: string, { method }: { method: string }) => {
    asked.push(`${method} ${url}`);
    const id = method === "POST" ? "undo" : url.split("/").at(-1)!;
    return new Response(JSON.stringify(jobs[id]), { status: method === "POST" ? 202 : 200, headers: { "content-type": "application/json" } });
  });
});
afterEach(() => vi.unstubAllGlobals());

function job(id: string, part: Partial<Job>): Job {
  return (jobs[id] = { id, kind: "import", entity: "customer", state: "done", done: 2, total: 2, errors: 0, result: {}, ...part });
}

function open() {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  queries.setQueryData(keys.me, { id: "me", roles: [], may: [] });
  queries.setQueryData(keys.app("zh-CN"), { zone: "Asia/Shanghai", currency: "CNY", entities: { customer }, forms: {}, views: {}, grades: {}, menus: {}, workflows: {} });
  draw(<Routes><Route path="/e/:entity/import" element={<ImportPage />} /></Routes>, { at: "/e/customer/import", queries });
}

it("tries a file, takes another mapping, imports and takes it back", async () => {
  open();
  await userEvent.upload(await screen.findByLabelText("选择文件", { selector: "input" }), new File(["大名,手机"], "客户.csv", { type: "text/csv" }));
  expect(Sending.all[0]).toMatchObject({ url: "POST /api/entities/customer/import", options: { dry_run: true, mode: "create" } });
  const problem = { column: "A", header: "大名", value: "", code: "record.required", pointer: "/name", message: "请填写“名称”" };
  Sending.all[0]!.answer(job("t1", { errors: 2, result: { dry_run: true, created: 0, columns: COLUMNS, refused: [{ row: 2, problems: [problem] }] } }));
  expect(await screen.findByText("请填写“名称”")).toBeInTheDocument();
  expect(screen.getByText("可以新建 0 条，更新 0 条，0 条没有变化，2 行有问题。")).toBeInTheDocument();
  expect(screen.getByRole("link", { name: "下载有问题的行（Excel）" })).toHaveAttribute("href", "/api/jobs/t1/errors?format=xlsx");
  expect(screen.getByRole("button", { name: "导入 0 条" })).toBeDisabled();

  await userEvent.click(screen.getByRole("combobox", { name: "“大名”对应的字段" }));
  await userEvent.click(await screen.findByText("名称", { selector: ".ant-select-item-option-content" }));
  await userEvent.click(screen.getByRole("button", { name: "再试一遍" }));
  expect(Sending.all[1]!.options).toMatchObject({ dry_run: true, map: { 大名: "name", 手机: "phone" } });
  Sending.all[1]!.answer(job("t2", { result: { dry_run: true, created: 2, columns: [{ ...COLUMNS[0]!, field: "name" }, COLUMNS[1]!] } }));
  await userEvent.click(await screen.findByRole("button", { name: "导入 2 条" }));
  expect(Sending.all[2]!.options).toMatchObject({ dry_run: false, map: { 大名: "name", 手机: "phone" } });
  Sending.all[2]!.answer(job("i1", { result: { dry_run: false, created: 2 } }));
  expect(await screen.findByText("导入完成")).toBeInTheDocument();

  job("undo", { kind: "undo", result: { deleted: 2, restored: 0 } });
  await userEvent.click(screen.getByRole("button", { name: "撤销这次导入" }));
  await userEvent.click((await screen.findAllByRole("button", { name: "撤销这次导入" })).at(-1)!);
  await waitFor(() => expect(asked).toContain("POST /api/imports/i1/undo"));
  expect(await screen.findByText("移入回收站 2 条，恢复 0 条，0 条保持现状。")).toBeInTheDocument();
});

it("keeps what was chosen for a file that was put right, and the key of what nobody answered", async () => {
  open();
  const input = await screen.findByLabelText("选择文件", { selector: "input" });
  await userEvent.upload(input, new File(["名称,手机"], "客户.csv", { type: "text/csv" }));
  Sending.all[0]!.answer(job("t1", { errors: 1, result: { dry_run: true, created: 1, columns: COLUMNS } }));
  await userEvent.click(await screen.findByRole("combobox", { name: "写入方式" }));
  await userEvent.click(await screen.findByText("只更新已有的", { selector: ".ant-select-item-option-content" }));
  await userEvent.upload(input, new File(["名称,手机"], "改好的.csv", { type: "text/csv" }));
  expect(Sending.all[1]!.options).toMatchObject({ dry_run: true, mode: "update", key: ["phone"] });
  Sending.all[1]!.answer(job("t2", { result: { dry_run: true, updated: 3, columns: COLUMNS } }));
  await userEvent.click(await screen.findByRole("button", { name: "导入 3 条" }));
  Sending.all[2]!.answer({}, 0);
  await userEvent.click(await screen.findByRole("button", { name: "导入 3 条" }));
  const keys = Sending.all.map(({ headers }) => headers["Idempotency-Key"]);
  expect(keys[3]).toBe(keys[2]);
  expect(new Set(keys).size).toBe(3);
});

it("says why a file is none, and how far a job is", async () => {
  open();
  const input = await screen.findByLabelText("选择文件", { selector: "input" });
  await userEvent.upload(input, new File(["x"], "客户.csv", { type: "text/csv" }));
  Sending.all[0]!.answer({ code: "file.unreadable", status: 400, title: "文件读不了", detail: "“客户.csv”里没有数据" }, 400);
  expect(await screen.findByText("“客户.csv”里没有数据")).toBeInTheDocument();
  await userEvent.upload(input, new File(["x"], "客户.csv", { type: "text/csv" }));
  Sending.all[1]!.answer(job("r1", { state: "running", done: 500, total: 1200, result: { dry_run: true } }));
  expect(await screen.findByText("已处理 500 / 1,200 行")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "停止" }));
  await waitFor(() => expect(asked).toContain("DELETE /api/jobs/r1"));
});

it("offers what may be filled and what is unique", () => {
  expect(targetsOf(customer, "负责人").map(({ value }) => value)).toEqual(["name", "phone", "lines.product", "owner"]);
  const withId: FileColumn[] = [...COLUMNS, { column: "C", header: "ID", field: null, kind: "text" }];
  expect(keysOf(customer, withId, undefined).map(({ value }) => value)).toEqual(["phone", "id"]);
  const map = mapped(withId, undefined, "大名", "phone");
  expect(map).toEqual({ 大名: "phone", 手机: "", ID: "" });
  expect(optionsOf({ ...FIRST_CHOICE, map, mode: "update", key: "id", clearEmpty: true }, false)).toMatchObject({ map: { ID: "id" }, mode: "update", key: ["id"], clear_empty: true });
  expect(optionsOf({ ...FIRST_CHOICE, mode: "upsert" }, true)).toMatchObject({ mode: "create", key: [], dry_run: true });
});

it("asks for the export of what the list finds", () => {
  const where = { field: "name", op: "eq", value: "甲" } as const;
  const address = new URL(exportAddress("customer", { where, q: "", sort: "-name", limit: 50, after: "x" }, "xlsx"), "http://x");
  expect(address.pathname).toBe("/api/entities/customer/export");
  expect(Object.fromEntries(address.searchParams)).toEqual({ format: "xlsx", labels: "true", where: JSON.stringify(where), sort: "-name" });
});
