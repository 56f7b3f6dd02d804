/** The report of duplicates: begun, watched, stopped, its groups page by page, each with the way to merge it. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import type { Job } from "@/api/jobs";
import { draw, startTexts } from "@/renderer/testing/render";
import DuplicatesPage from "../DuplicatesPage";
import { APP, type Asked, CUSTOMER, server, signedIn } from "../testing/world";
import { unknownNames } from "./names";

const JOB: Job = { id: "j1", kind: "duplicates", entity: "customer", state: "running", done: 500, total: 1200, errors: 0, result: {} };
const alike = (id: string, title: string, score = 1) => ({ id, title, score, fields: { name: title, level: "a" } });

beforeAll(startTexts);
afterEach(() => vi.unstubAllGlobals());

function open(at = "/e/customer/duplicates") {
  draw(<Routes><Route path="/e/:entity/duplicates" element={<DuplicatesPage />} /></Routes>, { at, queries: signedIn(), app: APP });
}

it("looks by the rules that are ticked, tells how far it is, and stops", async () => {
  const sent = server({ "POST /api/entities/customer/duplicates/report": [202, JOB], "GET /api/jobs/j1": JOB, "DELETE /api/jobs/j1": { ...JOB, state: "cancelled" } });
  open();
  await userEvent.click(await screen.findByRole("checkbox", { name: "名字相似" }));
  await userEvent.click(screen.getByRole("button", { name: "开始查重" }));
  expect(await screen.findByText("已比较 500 / 1,200 条")).toBeInTheDocument();
  expect(sent.find(({ method }) => method === "POST")?.body).toEqual({ rules: ["phone"] });
  await userEvent.click(screen.getByRole("button", { name: "停止" }));
  await waitFor(() => expect(sent.some(({ method }) => method === "DELETE")).toBe(true));
});

it("shows groups page by page, and leads to the merge of those that are ticked", async () => {
  const first = { rule: "phone", title: "手机号相同", records: [alike("a", "张三"), alike("b", "张叁"), alike("c", "张三儿", 0.67)] };
  const second = { rule: "phone", title: "手机号相同", records: [alike("d", "李四")] };
  server({
    "GET /api/jobs/j1": { ...JOB, state: "done", done: 1200, result: { groups: 2, records: 4, complete: false } },
    "GET /api/jobs/j1/groups": ({ query }: Asked) => (query.get("after") === "x" ? { items: [second], next: null } : { items: [first], next: "x" }),
  });
  open("/e/customer/duplicates?job=j1");
  expect(await screen.findByText("发现 2 组，共 4 条记录。")).toBeInTheDocument();
  expect(screen.getByText(/只列出最先发现的/)).toBeInTheDocument();
  const group = within(await screen.findByRole("group", { name: "手机号相同" }));
  expect(group.getByText("相似 67%")).toBeInTheDocument();
  expect(group.getByRole("link", { name: "合并" })).toHaveAttribute("href", "/e/customer/merge?ids=a,b,c");
  await userEvent.click(group.getByRole("checkbox", { name: "选择“张叁”" }));
  expect(group.getByRole("link", { name: "合并" })).toHaveAttribute("href", "/e/customer/merge?ids=a,c");
  await userEvent.click(group.getByRole("checkbox", { name: "选择“张三儿”" }));
  expect(group.queryByRole("link", { name: "合并" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "显示更多" }));
  expect(await screen.findByText("这一组已经处理。")).toBeInTheDocument();
});

it("asks for records whose people have no name yet", () => {
  const owned = [{ id: "a", title: "", fields: { owner: "li" } }, { id: "b", title: "", fields: { owner: "wang" } }, { id: "c", title: "", fields: { level: "a" } }];
  expect(unknownNames(CUSTOMER, owned, { li: "李婷" })).toEqual(["b"]);
});
