/** The work centre's list under the keyboard, what can be decided, and a run's chart. */
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { EntityModel, Run, Task } from "@/api/types";
import { draw, startTexts } from "@/renderer/testing/render";
import { QueryClient } from "@tanstack/react-query";
import { choicesOf, isPlain } from "./decisions";
import { stepsOf } from "./runChart";
import { TaskCard } from "./TaskCard";
import { TaskList } from "./TaskList";

beforeAll(startTexts);

function task(id: string, part: Partial<Task> = {}): Task {
  return {
    id, state: "open", kind: "approval", title: `任务${id}`, entity: "customer", record: { id: "c", title: "张三" }, run: "r", workflow: "w", node: "n",
    revision: 1, opened_at: "2026-11-20T00:00:00.000Z", due_at: null, assignee: null, overdue: false, ...part,
  };
}

describe("the keyboard", () => {
  const tasks = [task("1"), task("2"), task("3")];
  function open(hasLetters = true, second = tasks[1]!) {
    const on = { onOpen: vi.fn(), onPick: vi.fn(), onApprove: vi.fn(), onReject: vi.fn() };
    const queries = new QueryClient();
    queries.setQueryData(keys.me, { id: "me" });
    queries.setQueryData(keys.app("zh-CN"), { zone: "Asia/Shanghai" });
    draw(<TaskList tasks={[tasks[0]!, second, tasks[2]!]} current="2" picked={new Set()} isPicking hasLetters={hasLetters} {...on} />, { queries });
    const row = screen.getByRole("button", { name: /任务2/ });
    row.focus();
    return { ...on, press: (key: string, more = {}) => fireEvent.keyDown(row, { key, ...more }) };
  }

  it("J and K move, A and R turn to the decision, X picks", () => {
    const { press, onOpen, onApprove, onReject, onPick } = open();
    press("j");
    expect(onOpen).toHaveBeenLastCalledWith("3");
    press("K");
    expect(onOpen).toHaveBeenLastCalledWith("1");
    press("a");
    expect(onApprove).toHaveBeenCalledWith(tasks[1]);
    press("r");
    expect(onReject).toHaveBeenCalledWith(tasks[1]);
    press("x");
    expect(onPick).toHaveBeenCalledWith("2");
  });

  it("A, R and X leave a task alone that is no approval", () => {
    const { press, onApprove, onReject, onPick } = open(true, task("2", { kind: "task" }));
    for (const key of ["a", "r", "x"]) press(key);
    expect([onApprove, onReject, onPick].flatMap((on) => on.mock.calls)).toEqual([]);
    expect(screen.queryByRole("checkbox", { name: /任务2/ })).toBeNull();
  });

  it("does nothing while 中文 is being composed, with a modifier, or when switched off", () => {
    const { press, onApprove } = open();
    press("a", { isComposing: true });
    press("a", { ctrlKey: true });
    expect(onApprove).not.toHaveBeenCalled();
  });

  it("keeps the arrows when the letters are switched off", () => {
    const { press, onApprove, onOpen } = open(false);
    press("a");
    press("ArrowDown");
    expect(onApprove).not.toHaveBeenCalled();
    expect(onOpen).toHaveBeenCalledWith("3");
  });
});

describe("an approval", () => {
  afterEach(() => void vi.restoreAllMocks());
  const complaint: EntityModel = {
    title: "投诉", forms: [], views: [], actions: { create: true, update: true, delete: false, export: false, import: false }, fields: {},
    schema: { title: "投诉", properties: { sum: { title: "金额", "x-kind": "money" }, story: { title: "经过", "x-kind": "long_text" }, cost: { title: "成本", "x-kind": "text" } } } as never,
  };
  function open(fields: Task["fields"], intent?: "approve" | "reject") {
    const queries = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity } } });
    queries.setQueryData(keys.me, { id: "me", roles: [], may: [] });
    queries.setQueryData(keys.app("zh-CN"), { zone: "Asia/Shanghai", entities: { complaint }, forms: {}, views: {}, grades: {}, menus: {}, workflows: {} });
    const record = { id: "c", version: 1, sum: "50.00", story: "使用后过敏", cost: "秘密" };
    queries.setQueryData(keys.record("complaint", "c"), { record, titles: {} });
    queries.setQueryData(keys.run("r"), { initiator: { id: "li", name: "李婷" }, started_at: "2026-11-20T00:00:00.000Z" });
    const asked = vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response("{}", { headers: { "content-type": "application/json" } }));
    draw(<TaskCard task={task("1", { entity: "complaint", fields })} intent={intent && { task: "1", verb: intent }} />, { queries });
    const sent = () => asked.mock.calls.flatMap(([path, init]) => (init?.method === "POST" ? [`${String(path)} ${String(init.body)}`] : []));
    return { sent };
  }

  it("says who asked, and shows what the author left out but did not hide", () => {
    open({ sum: "write", cost: "hidden" });
    expect(screen.getByText(/李婷 于 .* 发起/)).toBeVisible();
    expect(screen.getByText("使用后过敏")).toBeVisible();
    expect(screen.queryByText("秘密")).toBeNull();
  });

  it("is rejected with a reason only", async () => {
    const { sent } = open({ story: "read" });
    fireEvent.click(screen.getByRole("button", { name: "驳回" }));
    expect(screen.getByRole("alert")).toHaveTextContent("驳回请写明理由");
    expect(screen.getByLabelText(/意见/)).toHaveFocus();
    expect(sent()).toEqual([]);
    fireEvent.change(screen.getByLabelText(/意见/), { target: { value: "没有小票" } });
    fireEvent.click(screen.getByRole("button", { name: "驳回" }));
    await waitFor(() => expect(sent()).toEqual([expect.stringMatching(/\/api\/tasks\/1\/reject .*没有小票/)]));
  });

  it("the keys lead to the button and to the reason, and decide nothing", () => {
    const { sent } = open({ story: "read" }, "approve");
    expect(screen.getByRole("button", { name: "同意" })).toHaveFocus();
    expect(sent()).toEqual([]);
  });
});

describe("what can be decided", () => {
  it("approve and reject, the outcomes, or done", () => {
    expect(choicesOf(task("1")).map((choice) => choice.verb)).toEqual(["approve", "reject"]);
    expect(choicesOf(task("1", { kind: "task" })).map((choice) => choice.verb)).toEqual(["complete"]);
    const outcomes = [{ key: "reached", title: "已联系上" }, { key: "declined", title: "谢绝" }];
    expect(choicesOf(task("1", { kind: "task", outcomes })).map((choice) => choice.outcome)).toEqual(["reached", "declined"]);
  });

  it("only approvals that ask for nothing are decided by one key press", () => {
    expect(isPlain(task("1"))).toBe(true);
    expect(isPlain(task("1", { kind: "task" }))).toBe(false);
    expect(isPlain(task("1", { fields: { note: "required" } }))).toBe(false);
  });
});

describe("the chart of a run", () => {
  const visit = (node: string, left: string | null) => ({ node, visit: 1, title: node, type: "task", entered_at: "t", left_at: left, outcome: null, tasks: [] });
  const run: Run = {
    id: "r", workflow: "w", title: "", release: 1, state: "running", entity: "customer", record: { id: "c", title: "" }, started_at: "t", ended_at: null,
    initiator: null, current: ["call"], path: [visit("mark", "t"), visit("call", null)],
    chart: {
      mark: { type: "update", next: "call" }, call: { type: "task", next: "log" }, log: { type: "create", title: "记下", next: "size" },
      size: { type: "decision", branches: [{ next: "board" }], default: "end" }, board: { type: "approval", title: "董事", next: "end" }, end: { type: "end" },
    },
  };

  it("shows what is taken, where it stands, and the way ahead up to a decision", () => {
    expect(stepsOf(run).map((step) => `${step.kind} ${step.kind === "ahead" ? step.node : step.visit.node}`)).toEqual(["taken mark", "current call", "ahead log", "ahead size"]);
    expect(stepsOf(run).at(-1)).toMatchObject({ branches: [{ to: "董事" }, { title: "", to: "", type: "end" }] });
  });

  it("ends with the run, and a loop ends it too", () => {
    expect(stepsOf({ ...run, ended_at: "t" })).toHaveLength(2);
    const looping = { ...run, chart: { ...run.chart, log: { type: "create", next: "mark" } } };
    expect(stepsOf(looping).map((step) => step.kind)).toEqual(["taken", "current", "ahead"]);
  });
});
