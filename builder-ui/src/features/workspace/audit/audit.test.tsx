/** The audit: what is asked lies in the address, entries open with what there is to know, a proof says what is wrong, exports are fetched. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AuditEntry, AuditState } from "@/api/audit";
import { keys } from "@/api/keys";
import texts from "@/locales/zh/audit.json";
import { draw, startTexts } from "@/renderer/testing/render";
import AuditPage from "../AuditPage";
import { APP, type Asked, server, signedIn } from "../testing/world";
import { askedWith, detailText, objectText, plain, questionOf } from "./question";

const ENTRY: AuditEntry = {
  id: "c7", at: "2026-11-22T08:00:00.000Z", by: { id: "li", name: "李婷", login: "li" }, action: "record.updated", entity: "customer", record: "r1",
  subject: null, detail: { version: 2, fields: ["name", "secret_key"] }, personal: {}, erased: false, sealed: true,
};
const REFUSED: AuditEntry = {
  ...ENTRY, id: "n3", at: "2026-11-22T07:00:00.000Z", by: { id: "0", name: "unknown", login: null }, action: "session.refused", entity: null, record: null,
  subject: { id: "wang", name: "王店长", login: "wang" }, detail: {}, personal: { login: "wang", network: "10.0.0.9" }, sealed: false,
};
const STATE: AuditState = { chain: "00", entries: 1200, blocks: 3, head: "ab", sealed_at: "2026-11-22T08:00:01.000Z", unsealed: 1, checkpoint: null, may_audit: true };
const JOB = { id: "j1", kind: "audit_proof", entity: "", state: "done", done: 1200, total: 1200, errors: 0 };

beforeAll(async () => {
  await startTexts();
  i18next.addResourceBundle("zh-CN", "audit", texts);
});
afterEach(() => vi.unstubAllGlobals());

function open(at = "/audit", may = ["view_audit", "audit"]) {
  const queries = signedIn();
  queries.setQueryData(keys.me, { id: "li", login: "li", name: "李婷", roles: [], may, csrf_token: "t" });
  draw(<Routes><Route path="/audit" element={<AuditPage />} /><Route path="/" element={<p>首页</p>} /></Routes>, { at, queries, app: APP });
}

const ANSWERS = { "GET /api/audit/state": STATE, "GET /api/users": { items: [] }, "GET /api/audit": { items: [ENTRY, REFUSED], next: null, looked_to: null } };

describe("the question", () => {
  it("is read from the address, days in the workspace's zone with the last one included", () => {
    const search = new URLSearchParams("action=session,record.updated&person=li&from=2026-11-22&to=2026-11-22&x=1");
    expect(questionOf(search, "Asia/Shanghai")).toEqual({ action: ["session", "record.updated"], person: "li", from: "2026-11-21T16:00:00.000Z", to: "2026-11-22T16:00:00.000Z" });
    expect(questionOf(new URLSearchParams("from=yesterday&person="), "Asia/Shanghai")).toEqual({});
  });
  it("is changed one thing at a time", () => {
    const search = new URLSearchParams("person=li");
    expect(askedWith(search, "entity", "customer").toString()).toBe("person=li&entity=customer");
    expect(askedWith(search, "person", undefined).toString()).toBe("");
    expect(search.toString()).toBe("person=li");
  });
});

it("says in words what an entry is about", () => {
  expect(detailText(ENTRY, "fields", APP)).toBe("姓名、secret_key");
  expect(objectText(ENTRY, APP)).toBe("会员");
  expect(objectText(REFUSED, APP)).toBe("王店长");
  expect(plain({ from: [], to: ["clerk"] })).toBe("— → clerk");
  expect([plain(null), plain([1, [2]]), plain({ a: 1 })]).toEqual(["", "1、2", '{"a":1}']);
});

it("lists entries and opens one with what there is to know of it", async () => {
  server({ ...ANSWERS, "GET /api/audit/entries/c7": { ...ENTRY, block: { number: 3, at: ENTRY.at, hash: "f00d" } } });
  open();
  const list = within(await screen.findByRole("list", { name: "审计" }));
  expect(list.getByText("登录失败")).toBeInTheDocument();
  expect(list.getByText("未登录的人")).toBeInTheDocument();
  expect(list.getByLabelText("待封存")).toBeInTheDocument();
  await userEvent.click(list.getByText("修改记录"));
  expect(await list.findByText("f00d")).toBeInTheDocument();
  expect(list.getByRole("link", { name: "r1" })).toHaveAttribute("href", "/e/customer/r1");
  expect(screen.getByText(/已封存 1,200 条/)).toBeInTheDocument();
});

it("goes on to earlier pages, also where one is empty, and says how far it has looked", async () => {
  const pages = ({ query }: Asked) => (query.get("after") === "x" ? { items: [ENTRY], next: null, looked_to: null } : { items: [], next: "x", looked_to: "2026-11-20T00:00:00.000Z" });
  const sent = server({ ...ANSWERS, "GET /api/audit": pages });
  open("/audit?action=session");
  await userEvent.click(await screen.findByRole("button", { name: "显示更早的" }));
  expect(await screen.findByText("修改记录")).toBeInTheDocument();
  const asked = sent.filter(({ path }) => path === "/api/audit").map(({ query }) => query.toString());
  expect(asked).toEqual(["action=session", "action=session&after=x"]);
});

it("verifies, and names what is wrong", async () => {
  const wrong = { blocks: 3, entries: 1200, unsealed: 0, checkpoints: 2, erased: 0, wrong: 1, faults: [{ what: "changed", entry: "c7", block: 3 }] };
  server({ ...ANSWERS, "POST /api/audit/proof": [202, { ...JOB, state: "queued", result: {} }], "GET /api/jobs/j1": { ...JOB, result: wrong } });
  open();
  await userEvent.click(await screen.findByRole("button", { name: "校验全部" }));
  expect(await screen.findByText("发现 1 处不一致")).toBeInTheDocument();
  expect(screen.getByText("记录 c7（区块 3）被改过")).toBeInTheDocument();
});

it("writes what is asked for into a file", async () => {
  const job = { ...JOB, kind: "audit_export", done: 2, result: {} };
  const sent = server({ ...ANSWERS, "POST /api/audit/export": [202, { ...job, state: "queued" }], "GET /api/jobs/j1": job });
  open("/audit?person=li");
  await userEvent.click(await screen.findByRole("button", { name: "导出为 CSV" }));
  expect(await screen.findByRole("link", { name: "下载（2 条）" })).toHaveAttribute("href", "/api/audit/exports/j1");
  expect(sent.find(({ method }) => method === "POST")?.body).toEqual({ format: "csv", person: "li" });
});

it("shows whoever may only look no more than that, and nobody else anything", async () => {
  server({ ...ANSWERS, "GET /api/audit/state": { ...STATE, may_audit: false } });
  open("/audit", ["view_audit"]);
  expect(await screen.findByText("修改记录")).toBeInTheDocument();
  await waitFor(() => expect(screen.queryByRole("button", { name: /导出|校验|签署/ })).toBeNull());
});

it("sends away who may not see it", async () => {
  server(ANSWERS);
  open("/audit", ["use_builder"]);
  expect(await screen.findByText("首页")).toBeInTheDocument();
});
