/** Saving a form: refused, asked back, overtaken by a colleague, and typed again after a reload. */
import { QueryClient } from "@tanstack/react-query";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { AppModel, RecordBody } from "@/api/types";
import { countKept, dropAllKept } from "@/lib/kept";
import { draw, startTexts } from "@/renderer/testing/render";
import RecordForm from "./RecordForm";

const ME = { id: "li", login: "li", name: "李婷", roles: ["clerk"], may: [], csrf_token: "t" };
const STORED = { id: "c1", version: 3, name: "张三", phone: "10086", created_at: "", created_by: null, updated_at: "", updated_by: null } as RecordBody;
const APP: AppModel = {
  release: 1, title: "", language: "zh-CN", zone: "Asia/Shanghai", currency: "CNY", demo: false, forms: {}, views: {}, menus: {}, grades: {}, workflows: {},
  entities: {
    customer: {
      title: "客户", forms: [], views: [], fields: { name: "write", phone: "write" },
      actions: { create: true, update: true, delete: true, export: true, import: true },
      schema: { properties: { name: { title: "名称", "x-kind": "text" }, phone: { title: "手机", "x-kind": "phone" } }, required: ["name"] },
    },
  },
};

type Sent = { url: string; body: Record<string, unknown>; headers: Record<string, string> };
let sent: Sent[] = [];
let answers: [number, unknown][] = [];

beforeAll(startTexts);
beforeEach(() => {
  sent = [];
  answers = [];
  window.scrollTo = () => undefined;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    if (!url.endsWith("/submissions")) return Promise.resolve(Response.json({ values: {}, visible: {}, required: {}, readonly: {}, options: {}, violations: [], warnings: [] }));
    sent.push({ url, body: JSON.parse(String(init.body)), headers: init.headers as Record<string, string> });
    const [status, body] = answers.shift() ?? [200, { ...STORED, version: 4 }];
    return Promise.resolve(new Response(JSON.stringify(body), { status, headers: { "content-type": status < 300 ? "application/json" : "application/problem+json" } }));
  });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await dropAllKept("default", "li");
});

function open(record?: RecordBody) {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } } });
  queries.setQueryData(keys.me, ME);
  queries.setQueryData(keys.app("zh-CN"), APP);
  const onSaved = vi.fn();
  const onCancel = vi.fn();
  const drawn = draw(<RecordForm entity="customer" record={record} onSaved={onSaved} onCancel={onCancel} />, { queries, app: APP });
  return { ...drawn, onSaved, onCancel };
}

const save = () => userEvent.click(screen.getByRole("button", { name: "保存" }));

it("sends what was typed, once, under one key", async () => {
  const { onSaved } = open();
  await userEvent.type(screen.getByLabelText("名称"), "王五");
  await save();
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ url: "/api/forms/customer/submissions", body: { values: { name: "王五" } } });
  expect(sent[0]?.headers["Idempotency-Key"]).toBeTruthy();
});

it("puts a refusal at its field, and tries again under another key once it was changed", async () => {
  answers = [[422, { violations: [{ code: "record.not_unique", pointer: "/name", message: "名称已被使用" }] }]];
  const { onSaved } = open();
  await userEvent.type(screen.getByLabelText("名称"), "王");
  await save();
  await waitFor(() => expect(screen.getByLabelText("名称")).toHaveAccessibleDescription("名称已被使用"));
  await userEvent.type(screen.getByLabelText("名称"), "五");
  await save();
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  expect(sent[0]?.headers["Idempotency-Key"]).not.toBe(sent[1]?.headers["Idempotency-Key"]);
});

it("sends nothing that it knows to be wrong, and says so at the fields", async () => {
  const { onSaved } = open();
  await userEvent.type(screen.getByLabelText("手机"), "打我电话");
  await userEvent.tab();
  await waitFor(() => expect(screen.getByLabelText("手机")).toHaveAccessibleDescription("“手机”不是有效的电话号码"));
  expect(screen.queryByRole("alert")).toBeNull();
  await save();
  expect(screen.getByRole("alert")).toHaveTextContent("有 2 处需要修改");
  expect(screen.getByLabelText("名称")).toHaveAccessibleDescription("请填写“名称”");
  expect(sent).toHaveLength(0);
  await userEvent.clear(screen.getByLabelText("手机"));
  await userEvent.type(screen.getByLabelText("名称"), "王五");
  await save();
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
});

it("asks back where a rule wants to be confirmed", async () => {
  answers = [[422, { violations: [{ code: "rule.confirm", pointer: "/phone", message: "手机号像是座机", rule: "odd_phone" }] }]];
  const { onSaved } = open(STORED);
  await userEvent.type(screen.getByLabelText("手机"), "2");
  await save();
  await screen.findByText("手机号像是座机");
  await userEvent.click(screen.getByRole("button", { name: "仍然保存" }));
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  expect(sent[1]?.headers["X-Kezhi-Confirm"]).toBe("odd_phone");
});

it("shows both when somebody saved in between, and saves over theirs only when told to", async () => {
  answers = [[412, { code: "record.stale", stored: { ...STORED, version: 5, phone: "99" }, given: 3 }]];
  const { onSaved } = open(STORED);
  await userEvent.type(screen.getByLabelText("手机"), "2");
  await save();
  await screen.findByText("您编辑的时候，别人也保存了这条记录");
  expect(screen.getByRole("row", { name: "手机 100862 99" })).toBeInTheDocument();
  await userEvent.click(screen.getByRole("button", { name: "用我的修改覆盖" }));
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  expect(sent.map(({ body }) => body["version"])).toEqual([3, 5]);
});

it("brings back after a reload what was typed and not saved", async () => {
  const first = open();
  await userEvent.type(screen.getByLabelText("名称"), "赵六");
  await new Promise((resolve) => setTimeout(resolve, 600));
  first.unmount();
  open();
  await waitFor(() => expect(screen.getByLabelText("名称")).toHaveValue("赵六"));
  expect(screen.getByText(/已恢复/)).toBeInTheDocument();
});

it("forgets it once it is saved, also what was typed a moment before", async () => {
  const { onSaved } = open();
  await userEvent.type(screen.getByLabelText("名称"), "王五");
  await save();
  await waitFor(() => expect(onSaved).toHaveBeenCalled());
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(await countKept("default", "li")).toBe(0);
});
