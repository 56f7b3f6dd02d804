/** Several records become one: what differs, whose value is taken, what goes along, and the way back. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { draw, startTexts } from "@/renderer/testing/render";
import MergePage from "../MergePage";
import { APP, type Asked, CUSTOMER, customer, server, signedIn } from "../testing/world";
import { allFrom, choicesSent, idsIn, linesOf } from "./choice";
import { movedTexts } from "./moved";

const A = customer("a", { name: "张三", phone: "138", level: null, shop: "南京" });
const B = customer("b", { name: "张三丰", phone: "138", level: "b", shop: "北京" });
const TRIAL = { record: {}, moved: { "order.customer": 12, comments: 0, runs: 1 }, fields: [{ field: "name", values: { a: "张三", b: "张三丰" } }, { field: "level", values: { a: null, b: "b" } }, { field: "shop", values: { a: "南京", b: "北京" } }] };
const LIST = { "GET /api/entities/customer/records": { items: [B, A], next: null, count: null, titles: {} } };

beforeAll(startTexts);
beforeEach(() => {
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined })) as never;
});
afterEach(() => vi.unstubAllGlobals());

function open(ids: string) {
  draw(<Routes><Route path="/e/:entity/merge" element={<MergePage />} /></Routes>, { at: `/e/customer/merge?ids=${ids}`, queries: signedIn(), app: APP });
}

const merging = (id: string) => `POST /api/entities/customer/records/${id}/merge`;

it("takes the surviving record's values, where it has none another's, and sends what is seen", async () => {
  const sent = server({ ...LIST, [merging("a")]: ({ body }: Asked) => (body["dry_run"] ? TRIAL : { merge: "m1", record: A, moved: TRIAL.moved }) });
  open("a,b");
  const table = within(await screen.findByRole("table"));
  expect(table.getAllByRole("row").slice(1).map((row) => within(row).getByRole("rowheader").textContent)).toEqual(["姓名", "级别", "门店"]);
  expect(table.getByRole("radio", { name: "姓名取“张三”的值" })).toBeChecked();
  expect(table.getByRole("radio", { name: "级别取“张三丰”的值" })).toBeChecked();
  // What she may only read is shown and not chosen.
  expect(table.queryByRole("radio", { name: /门店/ })).toBeNull();
  expect(screen.getByText("订单的“会员” 12 条")).toBeInTheDocument();
  expect(screen.queryByText(/评论/)).toBeNull();
  await userEvent.click(table.getByRole("radio", { name: "姓名取“张三丰”的值" }));
  await userEvent.click(screen.getByRole("button", { name: "合并这 2 条" }));
  expect(await screen.findByText("已合并为“张三”")).toBeInTheDocument();
  expect(sent.find(({ path, body }) => path.endsWith("/merge") && body["dry_run"] === undefined)?.body).toEqual({ from: ["b"], choose: { name: "b", level: "b" }, version: 3 });
});

it("is taken back, and says what stands against that", async () => {
  const answers: unknown[] = [[409, { code: "merge.changed_since", detail: "之后有改动", against: [{ entity: "order", record: "o1234567", field: "number" }] }], { records: ["a", "b"] }];
  server({ ...LIST, [merging("a")]: ({ body }: Asked) => (body["dry_run"] ? TRIAL : { merge: "m1", record: A, moved: {} }), "POST /api/merges/m1/undo": () => answers.shift() });
  open("a,b");
  await userEvent.click(await screen.findByRole("button", { name: "合并这 2 条" }));
  await userEvent.click(await screen.findByRole("button", { name: "撤销合并" }));
  const alert = (await screen.findByText("之后又有改动，不能撤销合并")).closest<HTMLElement>("[role=alert]")!;
  expect(within(alert).getByRole("link")).toHaveAttribute("href", "/e/order/o1234567");
  expect(alert).toHaveTextContent("单号");
  await userEvent.click(screen.getByRole("button", { name: "撤销合并" }));
  expect(await screen.findByText("已撤销合并，2 条记录恢复原样")).toBeInTheDocument();
});

it("lets another record survive and takes everything from one of them", async () => {
  const sent = server({ ...LIST, [merging("a")]: TRIAL, [merging("b")]: TRIAL });
  open("a,b");
  await userEvent.click(await screen.findByRole("radio", { name: "张三丰" }));
  await waitFor(() => expect(sent.at(-1)?.path).toBe("/api/entities/customer/records/b/merge"));
  await userEvent.click(screen.getByRole("button", { name: "全部取“张三”的值" }));
  expect(await screen.findByRole("radio", { name: "级别取“张三”的值" })).toBeChecked();
});

it("wants two to five records that are all there", async () => {
  server({ ...LIST });
  open("a");
  expect(await screen.findByText("请选择 2 至 5 条记录")).toBeInTheDocument();
  expect(idsIn("a,,b,a")).toEqual(["a", "b"]);
});

it("says so when one of them is gone", async () => {
  server({ "GET /api/entities/customer/records": { items: [A], next: null, count: null } });
  open("a,b");
  expect(await screen.findByText("其中有记录不存在，或者您没有权限查看")).toBeInTheDocument();
});

it("lists what differs first, and sends only what may be chosen", () => {
  const lines = linesOf(CUSTOMER, [A, B], TRIAL, (key) => key);
  expect(lines.map(({ key, differs, mayChoose }) => [key, differs, mayChoose])).toEqual([["name", true, true], ["level", true, true], ["shop", true, false], ["phone", false, false]]);
  expect(choicesSent(lines, {}, "a", ["b"])).toEqual({ name: "a", level: "b" });
  expect(choicesSent(lines, allFrom(lines, "a"), "a", ["b"])).toEqual({ name: "a", level: "a" });
  expect(movedTexts({ "secret.customer": 2, files: 0 }, APP, (key, values) => `${key} ${String(values?.["shown"])}`)).toEqual(["merge.moved.secret.customer 2"]);
});
