/** People: found and changed, invited by a link, handed over with a preview, imported after a trial; departments as a tree. */
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { Route, Routes } from "react-router";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { DepartmentRow, Person } from "@/api/people";
import { draw, startTexts } from "@/renderer/testing/render";
import ForgotPage from "../ForgotPage";
import PeoplePage from "../PeoplePage";
import { APP, type Asked, server, signedIn } from "../testing/world";
import WelcomePage from "../WelcomePage";
import { changeOf, draftOf, NOBODY } from "./draft";
import { bodyOf, FIRST, totalOf } from "./handover";
import { belowOf, treeOf } from "./tree";

const ZOE: Person = { id: "zoe", login: "zoe", name: "佐伊", email: "zoe@example.com", roles: ["clerk"], department: "east", position: null, manager: null, teams: [], active: true, state: "active" };
const KIM: Person = { ...ZOE, id: "kim", login: "kim", name: "金", state: "invited", department: null };
const EAST: DepartmentRow = { id: "east", key: "east", title: "华东", parent: null, head: "zoe", deputies: ["kim"], people: 1 };
const SHOP: DepartmentRow = { id: "shop", key: "shop", title: "一店", parent: "east", head: null, deputies: [], people: 0 };
const LISTS = {
  "GET /api/users": { items: [ZOE, KIM], next: null, count: { value: 2, kind: "exact" } },
  "GET /api/users/zoe": ZOE,
  "GET /api/roles": { items: [{ key: "admin", title: null, people: 1, grantable: false }, { key: "clerk", title: "店员", people: 2, grantable: true }] },
  "GET /api/departments": { items: [EAST, SHOP] },
  "GET /api/teams": { items: [] },
  "GET /api/positions": { items: [] },
};

beforeAll(startTexts);
beforeEach(() => {
  window.matchMedia = ((query: string) => ({ matches: false, media: query, addEventListener: () => undefined, removeEventListener: () => undefined })) as never;
});
afterEach(() => {
  vi.unstubAllGlobals();
  return i18next.changeLanguage("zh-CN");
});

function open(at = "/people", may = ["manage_users"]) {
  const queries = signedIn();
  queries.setQueryData(keys.me, { id: "li", login: "li", name: "李婷", roles: [], may, csrf_token: "t" });
  return draw(<Routes><Route path="/people" element={<PeoplePage />} /><Route path="/" element={<p>首页</p>} /></Routes>, { at, queries, app: APP });
}

describe("the tree of departments", () => {
  const row = (id: string, parent: string | null): DepartmentRow => ({ ...EAST, id, title: id, parent });
  it("hides nothing, not even what lies in a circle or below what is gone", () => {
    const roots = treeOf([row("b", "a"), row("a", null), row("x", "y"), row("y", "x"), row("lost", "gone")]);
    const names = (nodes: ReturnType<typeof treeOf>): string[] => nodes.flatMap((node) => [node.row.id, ...names(node.below)]);
    expect(names(roots).toSorted()).toEqual(["a", "b", "lost", "x", "y"]);
    expect(roots.map((node) => node.row.id)).toEqual(["a", "lost", "x"]);
  });
  it("knows where a department cannot be moved", () => {
    expect([...belowOf([row("a", null), row("b", "a"), row("c", "b"), row("d", null)], "a")]).toEqual(["a", "b", "c"]);
    expect(belowOf([row("x", "y"), row("y", "x")], "x").size).toBe(2);
  });
});

describe("what is sent", () => {
  it("is only what differs", () => {
    const before = draftOf(ZOE);
    expect(changeOf(before, before)).toEqual({});
    expect(changeOf({ ...before, department: "", roles: ["clerk"] }, before)).toEqual({ department: "" });
    expect(changeOf({ ...NOBODY, login: "kim", roles: ["clerk"] })).toEqual({ login: "kim", roles: ["clerk"] });
  });
  it("says who takes over what only where it goes elsewhere", () => {
    expect(bodyOf({ ...FIRST, to: ["a"] }, true)).toEqual({ to: ["a"], leave: true });
    expect(bodyOf({ to: ["a"], tasks: ["b"], entities: { customer: ["c"], order: [] } }, false)).toEqual({ to: ["a"], leave: false, tasks: ["b"], entities: { customer: ["c"] } });
    expect(totalOf({ tasks: 2, hidden: 1, records: [{ entity: "customer", title: "", count: 3 }], departments: [], teams: [], reports: 0, assignments: [] })).toBe(6);
  });
});

describe("the list of people", () => {
  it("is for those who manage people", async () => {
    server(LISTS);
    open("/people", []);
    expect(await screen.findByText("首页")).toBeInTheDocument();
  });

  it("asks the server for what is searched and opens a person, whose changes alone are sent", async () => {
    const sent = server({ ...LISTS, "PATCH /api/users/zoe": ({ body }: Asked) => ({ ...ZOE, ...body }) });
    open();
    expect(await screen.findByText("共 2 人")).toBeInTheDocument();
    await userEvent.type(screen.getByRole("searchbox"), "zy{Enter}");
    await waitFor(() => expect(sent.some(({ path, query }) => path === "/api/users" && query.get("q") === "zy")).toBe(true));
    await userEvent.click(screen.getByRole("button", { name: "佐伊" }));
    const drawer = await screen.findByRole("dialog");
    const name = await within(drawer).findByLabelText("姓名");
    expect(within(drawer).getByRole("button", { name: "保存" })).toBeDisabled();
    await userEvent.clear(name);
    await userEvent.type(name, "佐一");
    await userEvent.click(within(drawer).getByRole("button", { name: "保存" }));
    await waitFor(() => expect(sent.find(({ method }) => method === "PATCH")?.body).toEqual({ name: "佐一" }));
  });

  it("adds somebody and shows the link that is to be handed over", async () => {
    server({ ...LISTS, "POST /api/users": ({ body }: Asked) => [201, { ...KIM, ...body, id: "new" }], "POST /api/users/new/link": [201, { purpose: "invite", expires_at: "2026-11-29T08:00:00Z", link: "/welcome#abc" }] });
    open();
    await userEvent.click(await screen.findByRole("button", { name: /添加人员/ }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.type(await within(dialog).findByLabelText("登录名"), "max");
    await userEvent.type(within(dialog).getByLabelText("姓名"), "马克斯");
    await userEvent.click(within(dialog).getByRole("button", { name: "添加并邀请" }));
    expect(await within(dialog).findByText("已添加 马克斯。")).toBeInTheDocument();
    expect(await within(dialog).findByLabelText("一次性链接")).toHaveValue("http://localhost:3000/welcome#abc");
  });

  it("tells what was wrong at its field", async () => {
    server({ ...LISTS, "POST /api/users": [422, { code: "record.invalid", violations: [{ code: "user.login_taken", pointer: "/login", message: "登录名已被使用" }] }] });
    open();
    await userEvent.click(await screen.findByRole("button", { name: /添加人员/ }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.type(await within(dialog).findByLabelText("登录名"), "zoe");
    await userEvent.click(within(dialog).getByRole("button", { name: "添加并邀请" }));
    expect(await within(dialog).findByLabelText("登录名")).toHaveAccessibleDescription("登录名已被使用");
  });
});

describe("handing over", () => {
  it("shows what there is, asks who takes it, and follows the job", async () => {
    const preview = { tasks: 3, records: [{ entity: "customer", title: "会员", count: 1200 }], hidden: 2, departments: [{ id: "east", title: "华东" }], teams: [], reports: 4, assignments: [{ workflow: "w", title: "审批", node: "n" }] };
    const job = { id: "j1", kind: "handover", entity: "", state: "running", done: 10, total: 1205, errors: 0, result: {} };
    const sent = server({
      ...LISTS,
      "POST /api/users/zoe/handover": ({ body }: Asked) => (body["dry_run"] ? preview : [202, job]),
      "GET /api/jobs/j1": { ...job, state: "done", done: 1204, errors: 1, result: { refused: [{ row: 3, problems: [{ code: "rule.refused", pointer: "", value: "visit", message: "不能换人" }] }] } },
    });
    open("/people?person=zoe");
    await userEvent.click(await screen.findByRole("button", { name: "离职交接" }));
    const dialog = (await screen.findByText("交接 佐伊 的工作")).closest<HTMLElement>("[role=dialog]")!;
    const what = await within(dialog).findByRole("list", { name: "要交接的工作" });
    for (const line of ["待办 3 项", "会员 1,200 条", "您看不到的其他记录 2 条", "负责的部门：华东", "下属 4 人"]) expect(what).toHaveTextContent(line);
    const go = within(dialog).getByRole("button", { name: "离职并交接" });
    expect(go).toBeDisabled();
    await userEvent.click(within(dialog).getByLabelText("接手人"));
    await userEvent.click((await screen.findAllByText("金（kim）", { selector: ".ant-select-item-option-content" })).at(-1)!);
    await userEvent.click(go);
    expect(await within(dialog).findByText("已交接 1,204 项，留下 1 项。")).toBeInTheDocument();
    expect(within(dialog).getByText("visit · 不能换人")).toBeInTheDocument();
    expect(sent.filter(({ path, body }) => path.endsWith("/handover") && !body["dry_run"]).map(({ body }) => body)).toEqual([{ to: ["kim"], leave: true }]);
  });
});

describe("departments", () => {
  it("are a tree with heads, and a new one goes below another", async () => {
    const sent = server({ ...LISTS, "POST /api/departments": ({ body }: Asked) => [201, { ...SHOP, ...body }] });
    open("/people?tab=departments");
    const tree = await screen.findByRole("list", { name: "部门" });
    expect(tree).toHaveTextContent("负责人 佐伊 · 副职 金");
    expect(within(within(tree).getAllByRole("listitem")[0]!).getByRole("button", { name: "一店" })).toBeInTheDocument();
    await userEvent.click(within(tree).getByRole("button", { name: "在“一店”下新建部门" }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.type(within(dialog).getByLabelText("名称"), "收银");
    await userEvent.click(within(dialog).getByRole("button", { name: "保存" }));
    await waitFor(() => expect(sent.find(({ method }) => method === "POST")?.body).toEqual({ title: "收银", parent: "shop", head: "", deputies: [] }));
  });
});

describe("a list from a file", () => {
  it("is tried first and stored when that was right", async () => {
    const report = { dry_run: true, rows: 2, created: 1, updated: 0, unchanged: 0, errors: 1, ignored: ["工号"], refused: [{ row: 3, problems: [{ code: "user.email", pointer: "/email", header: "邮箱", value: "x", message: "不是邮箱" }] }] };
    const sent = server({ ...LISTS, "POST /api/users/import": ({ query }: Asked) => ({ ...report, dry_run: query.get("dry_run") === "true" }) });
    open();
    await userEvent.click(await screen.findByRole("button", { name: /导入人员/ }));
    const dialog = await screen.findByRole("dialog");
    await userEvent.upload(await within(dialog).findByLabelText("选择文件"), new File(["登录名\nx\n"], "people.csv", { type: "text/csv" }));
    expect(await within(dialog).findByText("检查完毕，还没有写入")).toBeInTheDocument();
    expect(within(dialog).getByText("邮箱：x · 不是邮箱")).toBeInTheDocument();
    expect(within(dialog).getByText("不认识的列已忽略：工号")).toBeInTheDocument();
    await userEvent.click(within(dialog).getByRole("button", { name: "导入 1 行" }));
    expect(await within(dialog).findByText("导入完成")).toBeInTheDocument();
    expect(sent.filter(({ path }) => path.endsWith("/import")).map(({ query }) => query.get("dry_run"))).toEqual(["true", "false"]);
  });
});

describe("a link", () => {
  it("lets its holder choose a password and signs them in", async () => {
    const sent = server({ "POST /api/links/look": { purpose: "invite", login: "zoe", name: "佐伊", expires_at: "2026-11-29T08:00:00Z" }, "POST /api/links/use": [200, null], "POST /api/session": { csrf_token: "t" } });
    draw(<Routes><Route path="/welcome" element={<WelcomePage />} /><Route path="/" element={<p>首页</p>} /></Routes>, { at: "/welcome#secret" });
    await userEvent.type(await screen.findByLabelText("密码"), "long enough");
    await userEvent.type(screen.getByLabelText("再输一遍"), "long enough");
    await userEvent.click(screen.getByRole("button", { name: "保存并登录" }));
    expect(await screen.findByText("首页")).toBeInTheDocument();
    expect(sent.find(({ path }) => path === "/api/links/use")?.body).toEqual({ token: "secret", password: "long enough" });
    expect(sent.every(({ path, query }) => !`${path}?${query}`.includes("secret"))).toBe(true);
  });

  it("that is over says so", async () => {
    server({ "POST /api/links/look": [404, { code: "link.not_found", detail: "链接不对" }] });
    draw(<WelcomePage />, { at: "/welcome#old" });
    expect(await screen.findByText("这个链接不能用了")).toBeInTheDocument();
  });

  it("is asked for, in English too", async () => {
    await i18next.changeLanguage("en");
    server({ "POST /api/links": [202, null] });
    draw(<ForgotPage />);
    await userEvent.type(screen.getByLabelText("Login or e-mail"), "zoe");
    await userEvent.click(screen.getByRole("button", { name: "Send the link" }));
    expect(await screen.findByText(/If there is such an account/)).toBeInTheDocument();
  });
});
