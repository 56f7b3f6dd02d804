/** A record is shared, the share is taken back, and it is said why somebody may do something. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import { draw, startTexts } from "@/renderer/testing/render";
import { APP, type Asked, server, signedIn } from "../testing/world";
import AccessDialog from "./AccessDialog";
import ShareDialog from "./ShareDialog";

const SHARES = "/api/entities/customer/records/c1/shares";
const SHARE = { id: "s1", with: { person: "wang", name: "王强" }, access: "read", until: null, ended: false, by: { id: "li", name: "李婷" }, at: "2026-11-01T00:00:00Z" };
const PEOPLE = { items: [{ id: "wang", login: "wang", name: "王强" }, { id: "zhao", login: "zhao", name: "赵敏" }], next: null, count: null };

beforeAll(startTexts);
beforeEach(() => {
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined })) as never;
});
afterEach(() => vi.unstubAllGlobals());

it("is shared with a person, and the share is taken back", async () => {
  let shares: unknown[] = [];
  const sent = server({
    "GET /api/users": PEOPLE,
    [`GET ${SHARES}`]: () => ({ items: shares }),
    [`POST ${SHARES}`]: () => {
      shares = [SHARE];
      return SHARE;
    },
    [`DELETE ${SHARES}/s1`]: () => {
      shares = [];
      return {};
    },
  });
  draw(<ShareDialog entityKey="customer" id="c1" onClose={() => undefined} />, { queries: signedIn(), app: APP });
  expect(await screen.findByText("只有角色范围内的人能看到这条记录。")).toBeInTheDocument();
  const whom = screen.getByRole("combobox", { name: "共享对象" });
  await userEvent.click(whom);
  await userEvent.type(whom, "王");
  await userEvent.click(await screen.findByText("王强", { selector: ".ant-select-item-option-content" }));
  await userEvent.click(screen.getByRole("button", { name: /^共\s*享$/ }));
  await waitFor(() => expect(sent.find(({ method }) => method === "POST")?.body).toEqual({ with: { person: "wang" }, access: "read" }));
  const list = within(await screen.findByRole("list", { name: "共享给" }));
  expect(list.getByText("王强")).toBeInTheDocument();
  await userEvent.click(list.getByRole("button", { name: /收\s*回/ }));
  const sure = await screen.findByText("不再共享给 王强？");
  await userEvent.click(within(sure.closest<HTMLElement>(".ant-popover")!).getByRole("button", { name: /收\s*回/ }));
  await waitFor(() => expect(sent.some(({ method, path }) => method === "DELETE" && path === `${SHARES}/s1`)).toBe(true));
});

it("says what a person may do and why, and asks about others where that is allowed", async () => {
  const items = ({ query }: Asked) => ({
    items: [
      { action: "read", allowed: true, says: "角色“店员”允许：本人的记录", because: [{ kind: "role", key: "clerk", title: "店员", rows: "本人的记录", allows: true }], missing: [] },
      { action: "delete", allowed: false, says: query.get("person") === "wang" ? "王强不可以" : "没有角色允许", because: [], missing: [{ key: "manager", title: "店长" }] },
    ],
  });
  server({ "GET /api/users": PEOPLE, "GET /api/entities/customer/records/c1/access": items });
  const queries = signedIn();
  queries.setQueryData(keys.me, { id: "li", login: "li", name: "李婷", roles: [], may: ["manage_roles"], csrf_token: "t" });
  draw(<AccessDialog entityKey="customer" id="c1" onClose={() => undefined} />, { queries, app: APP });
  expect(await screen.findByText("角色“店员”允许：本人的记录")).toBeInTheDocument();
  expect(screen.getByText("有角色“店长”就可以")).toBeInTheDocument();
  await userEvent.click(screen.getByRole("combobox", { name: "人员" }));
  await userEvent.click(await screen.findByText("王强", { selector: ".ant-select-item-option-content" }));
  expect(await screen.findByText("王强不可以")).toBeInTheDocument();
});
