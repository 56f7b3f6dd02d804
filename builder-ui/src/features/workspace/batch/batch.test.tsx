/** The same change on many records: tried first, done, taken back; and deleting says what goes along. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { deletionIn, previewDeletion, summed } from "@/api/deletion";
import { draw, startTexts } from "@/renderer/testing/render";
import ListPage from "../ListPage";
import { APP, type Asked, CUSTOMER, customer, server, signedIn } from "../testing/world";
import { changeable, outcomeOf } from "./outcome";

const RECORDS = [customer("a", { name: "张三", phone: "1" }), customer("b", { name: "李四", phone: "2" }), customer("c", { name: "王五", phone: "3" })];
const LIST = { "GET /api/entities/customer/records": { items: RECORDS, next: null, count: { value: 1204, kind: "exact" }, titles: {} } };
const BATCH = "POST /api/entities/customer/batch";

beforeAll(startTexts);
beforeEach(() => {
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined })) as never;
});
afterEach(() => vi.unstubAllGlobals());

function open(at = "/e/customer") {
  draw(<Routes><Route path="/e/:entity" element={<ListPage />} /></Routes>, { at, queries: signedIn(), app: APP });
}

async function pick(...names: string[]) {
  for (const name of names) await userEvent.click(await screen.findByRole("checkbox", { name: `选择“${name}”` }));
}

async function choose(label: string, option: string) {
  await userEvent.click(within(await screen.findByRole("dialog")).getByLabelText(label));
  await userEvent.click((await screen.findAllByText(option, { selector: ".ant-select-item-option-content" })).at(-1)!);
}

describe("a change of picked records", () => {
  it("is tried, done for those that take it, and taken back", async () => {
    const refused = { index: 1, status: 422, code: "record.invalid", violations: [{ code: "rule.refused", pointer: "/level", message: "银卡满一年才能升级" }] };
    const sent = server({
      ...LIST,
      [BATCH]: ({ body }: Asked) => ({ committed: body["dry_run"] ? 0 : 1, results: [{ index: 0, status: 200, id: "a", version: 4 }, refused], ...(body["dry_run"] ? {} : { batch: "b1" }) }),
      "POST /api/batches/b1/undo": { undone: 0, skipped: [{ entity: "customer", id: "a", code: "record.changed_since" }, { entity: "order", id: "o9", code: "access.denied" }] },
    });
    open();
    await pick("张三", "李四");
    const bar = await screen.findByRole("region", { name: "对选中的记录" });
    expect(within(bar).getByRole("status")).toHaveTextContent("已选 2 条");
    expect(within(bar).getByRole("link", { name: "合并" })).toHaveAttribute("href", "/e/customer/merge?ids=a,b");
    await userEvent.click(within(bar).getByRole("button", { name: "批量修改" }));
    await choose("字段", "级别");
    await choose("改为", "金卡");
    await userEvent.click(screen.getByRole("button", { name: "先试一遍" }));
    expect(await screen.findByText("可以修改 1 条，不能修改 1 条。还没有写入。")).toBeInTheDocument();
    expect(screen.getByText("银卡满一年才能升级")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "修改 1 条" }));
    expect(await screen.findByText("已修改 1 条")).toBeInTheDocument();
    const batches = sent.filter(({ path }) => path.endsWith("/batch")).map(({ body }) => body);
    const operations = ["a", "b"].map((id) => ({ op: "update", id, record: { level: "a" } }));
    expect(batches).toEqual([true, false].map((dry_run) => ({ operations, atomic: false, dry_run, confirm: [] })));
    await userEvent.click(screen.getByRole("button", { name: "撤销" }));
    expect(await screen.findByText(/1 条之后又改过，保持现状/)).toBeInTheDocument();
    expect(screen.getAllByRole("link", { name: "张三" }).length).toBeGreaterThan(0);
    expect(screen.getByText(/1 条不能撤销/)).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "o9" })).toHaveAttribute("href", "/e/order/o9");
  });

  it("goes to all that match, together or not at all", async () => {
    const question = { code: "rule.confirm", pointer: "/level", rule: "sure", message: "确定要改级别吗" };
    const sent = server({ ...LIST, "POST /api/entities/customer/update": ({ body }: Asked) => ((body["confirm"] as string[]).includes("sure") ? { committed: 0, results: [{ index: 0, status: 200, id: "a" }] } : [422, { code: "batch.failed", committed: 0, results: [{ index: 0, status: 422, violations: [question] }] }]) });
    const where = { field: "phone", op: "not_empty" };
    open(`/e/customer?where=${encodeURIComponent(JSON.stringify({ all: [where] }))}`);
    await pick("张三");
    await userEvent.click(await screen.findByRole("button", { name: "批量修改" }));
    await userEvent.click(await screen.findByRole("radio", { name: "符合当前条件的全部 1,204 条" }));
    await choose("字段", "级别");
    await userEvent.click(screen.getByRole("checkbox", { name: "清空" }));
    await userEvent.click(screen.getByRole("button", { name: "先试一遍" }));
    expect(await screen.findByText(/要么都改，要么都不改/)).toBeInTheDocument();
    await userEvent.click(screen.getByRole("checkbox", { name: "确定要改级别吗" }));
    await userEvent.click(screen.getByRole("button", { name: "再试一遍" }));
    expect(await screen.findByRole("button", { name: "修改 1 条" })).toBeEnabled();
    expect(sent.findLast(({ path }) => path.endsWith("/update"))?.body).toEqual({ where, record: { level: null }, dry_run: true, confirm: ["sure"] });
  });

  it("is not offered for found words, which are no condition", async () => {
    server(LIST);
    open("/e/customer?q=张");
    await pick("张三");
    await userEvent.click(await screen.findByRole("button", { name: "批量修改" }));
    await screen.findByRole("dialog");
    expect(screen.queryByRole("radio")).toBeNull();
  });
});

describe("deleting", () => {
  const PREVIEW = { allowed: true, deletes: [{ entity: "order", title: "订单", field: "customer", count: 2, records: [{ id: "o1", title: "NJ1" }, { id: "o2", title: "NJ2" }] }], clears: [], refuses: [] };

  it("says what goes along, does it, and offers to take it back", async () => {
    const sent = server({ ...LIST, "DELETE /api/entities/customer/records/a": PREVIEW, "DELETE /api/entities/customer/records/b": PREVIEW, [BATCH]: { committed: 2, results: [{ index: 0, status: 204, id: "a" }, { index: 1, status: 204, id: "b" }], batch: "b2" } });
    open();
    await pick("张三", "李四");
    await userEvent.click(await screen.findByRole("button", { name: "删除" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(await dialog.findByText(/订单（会员）4 条/)).toBeInTheDocument();
    expect(dialog.getByText("会一并删除")).toBeInTheDocument();
    expect(sent.filter(({ method }) => method === "DELETE").every(({ query }) => query.get("dry_run") === "true")).toBe(true);
    await userEvent.click(dialog.getByRole("button", { name: "删除" }));
    expect(await screen.findByText("已删除 2 条")).toBeInTheDocument();
    expect(sent.find(({ path }) => path.endsWith("/batch"))?.body["operations"]).toEqual([{ op: "delete", id: "a" }, { op: "delete", id: "b" }]);
    expect(screen.getByRole("button", { name: "撤销" })).toBeInTheDocument();
  });

  it("does not go on where the only record is held by others", async () => {
    server({ ...LIST, "DELETE /api/entities/customer/records/a": { ...PREVIEW, allowed: false, deletes: [], refuses: PREVIEW.deletes, hidden: 3 } });
    open();
    await pick("张三");
    await userEvent.click(await screen.findByRole("button", { name: "删除" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(await dialog.findByRole("alert")).toHaveTextContent("不能删除");
    expect(dialog.getByRole("alert")).toHaveTextContent("您无权查看的记录 3 条");
    expect(dialog.getByRole("button", { name: "删除" })).toBeDisabled();
  });

  it("reads previews as they come, and adds them up", async () => {
    expect(deletionIn(undefined)).toEqual({ allowed: true, refused: [], cleared: [], cascaded: [], hidden: 0 });
    const one = deletionIn(PREVIEW);
    expect(summed([one, one]).cascaded).toMatchObject([{ entity: "order", count: 4, titles: ["NJ1", "NJ2", "NJ1", "NJ2"] }]);
    const sent = server(Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`DELETE /api/entities/customer/records/r${index}`, PREVIEW])));
    const all = await previewDeletion("customer", Array.from({ length: 60 }, (_, index) => `r${index}`));
    expect(sent).toHaveLength(50);
    expect(all.cascaded[0]?.count).toBe(100);
  });
});

it("names what was refused by its place, and offers fields that many records may share", async () => {
  const outcome = outcomeOf({ committed: 0, results: [{ index: 0, status: 404, code: "record.not_found" }, { index: 1, status: 404, code: "record.not_found" }] }, ["a", "b"], (status) => `code ${status}`);
  expect(outcome.reasons).toEqual([{ message: "code 404", count: 2, ids: ["a", "b"] }]);
  await waitFor(() => expect(changeable(CUSTOMER).map(([key]) => key)).toEqual(["name", "phone", "level"]));
});
