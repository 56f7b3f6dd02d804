/** The work centre's list under the keyboard, what can be decided, and a run's chart. */
import { fireEvent, screen } from "@testing-library/react";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { keys } from "@/api/keys";
import type { Run, Task } from "@/api/types";
import { draw, startTexts } from "@/renderer/testing/render";
import { QueryClient } from "@tanstack/react-query";
import { choicesOf, isPlain } from "./decisions";
import { stepsOf } from "./runChart";
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
  function open(hasLetters = true) {
    const on = { onOpen: vi.fn(), onPick: vi.fn(), onApprove: vi.fn(), onReject: vi.fn() };
    const queries = new QueryClient();
    queries.setQueryData(keys.me, { id: "me" });
    queries.setQueryData(keys.app("zh-CN"), { zone: "Asia/Shanghai" });
    draw(<TaskList tasks={tasks} current="2" picked={new Set()} isPicking hasLetters={hasLetters} {...on} />, { queries });
    const row = screen.getByRole("button", { name: /任务2/ });
    row.focus();
    return { ...on, press: (key: string, more = {}) => fireEvent.keyDown(row, { key, ...more }) };
  }

  it("J and K move, A approves, R rejects, X picks", () => {
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
