/** A workflow stays sound whatever is done to it in the chart, and the chart shows each node once. */
import { describe, expect, it } from "vitest";
import { type Command, redo, run, startHistory, undo } from "./commands";
import { fileText, type Json } from "./json";
import { random, type Random } from "./testing/random";
import { NODE_TYPES, newNode, newWorkflow, type Slot, slotsOf, targetOf, type WorkflowDef } from "./workflow";
import { type Chart, chartOf, edgesOf, type Sequence } from "./workflowChart";
import { addBranch, addNode, canRemove, connect, freeKey, moveBranch, moveNode, removeBranch, removeNode } from "./workflowEdit";

const CONTRACT: WorkflowDef = {
  title: "大额合同审批",
  entity: "contract",
  trigger: { on: "record_created" },
  start: "manager",
  nodes: {
    manager: { type: "approval", title: "部门经理", assignees: [{ manager_of: "initiator" }], next: "size", on_reject: "sorry" },
    size: { type: "decision", branches: [{ when: { field: "amount", op: "gte", value: "500000" }, next: "board" }], default: "stamp" },
    board: { type: "approval", assignees: [{ role: "director" }], next: "stamp" },
    stamp: { type: "update", set: { status: "approved" }, next: "end" },
    end: { type: "end", outcome: "approved" },
    sorry: { type: "message", message: "rejected", to: [{ field: "owner" }], next: "rejected" },
    rejected: { type: "end", outcome: "rejected" },
  },
};

const CALL: WorkflowDef = {
  title: "欢迎",
  entity: "customer",
  trigger: { on: "record_created" },
  start: "call",
  nodes: {
    call: {
      type: "task",
      title: "电话",
      assignees: [{ field: "owner" }],
      outcomes: { reached: { title: "已联系上", next: "log" }, missed: { title: "未联系上", next: "again" }, busy: { title: "忙", next: "again" }, declined: { title: "谢绝", next: "respect" } },
      next: "log",
    },
    log: { type: "create", entity: "interaction", set: {}, next: "tidy" },
    again: { type: "wait", for: "1d", next: "tidy" },
    respect: { type: "update", set: {}, next: "tidy" },
    tidy: { type: "update", set: {}, next: "end" },
    end: { type: "end" },
  },
};

/** The chart as indented text: what stands below what. */
function drawing(chart: Chart): string {
  const lines = sequenceLines(chart.main, "");
  for (const other of chart.others) lines.push(`~ ${other.from?.node ?? "nothing"}`, ...sequenceLines(other.sequence, "  "));
  return lines.join("\n");
}

function sequenceLines({ items, tail }: Sequence, indent: string): string[] {
  const lines = items.flatMap((item) => {
    const own = [`${indent}${item.key}`];
    if (item.kind === "node") return own;
    return [...own, ...item.branches.flatMap((branch) => [`${indent}| ${branch.slots.map(wayText).join(" ")}`, ...sequenceLines(branch.sequence, `${indent}|   `)])];
  });
  return tail.kind === "jump" ? [...lines, `${indent}→ ${tail.to}`] : tail.kind === "open" ? [...lines, `${indent}?`] : lines;
}

function wayText({ at }: Slot): string {
  if (at === "default") return "else";
  return typeof at === "object" ? at.outcome : String(at);
}

function after(workflow: WorkflowDef, command: Command): WorkflowDef {
  return command.apply(workflow as Json) as unknown as WorkflowDef;
}

/** Every way out leads to a node that is there. */
function dangling(workflow: WorkflowDef): string[] {
  const slots = Object.entries(workflow.nodes).flatMap(([key, node]) => slotsOf(key, node));
  return [{ node: null, at: "start" as const }, ...slots]
    .filter((slot) => !Object.hasOwn(workflow.nodes, targetOf(workflow, slot) ?? ""))
    .map((slot) => `${slot.node}.${String(slot.at)}`);
}

function drawnKeys({ items }: Sequence): string[] {
  return items.flatMap((item) => [item.key, ...(item.kind === "split" ? item.branches.flatMap((branch) => drawnKeys(branch.sequence)) : [])]);
}

describe("the chart", () => {
  it("draws branches side by side down to where they meet", () => {
    expect(drawing(chartOf(CONTRACT))).toBe(
      ["manager", "size", "| 0", "|   board", "| else", "stamp", "end", "~ manager", "  sorry", "  rejected"].join("\n"),
    );
  });

  it("draws the outcomes of a task side by side, those that lead the same way together", () => {
    expect(drawing(chartOf(CALL))).toBe(
      ["call", "| next reached", "|   log", "| missed busy", "|   again", "| declined", "|   respect", "tidy", "end"].join("\n"),
    );
    const edge = edgesOf(chartOf(CALL)).find((each) => each.to === "again")!;
    const changed = after(CALL, addNode(CALL, edge, "rest", newNode("wait", "歇", { entity: "customer", field: "name" })));
    expect([changed.nodes["call"]?.outcomes?.["missed"]?.next, changed.nodes["call"]?.outcomes?.["busy"]?.next, changed.nodes["rest"]?.next]).toEqual(["rest", "rest", "again"]);
  });

  it("draws a way back as a jump and what nothing leads to apart", () => {
    const looping = after(CONTRACT, connect(CONTRACT, { node: "board", at: "next" }, "manager"));
    expect(drawing(chartOf(looping))).toContain("|   board\n|   → manager");
    const cut = after(CONTRACT, connect(CONTRACT, { node: "manager", at: "next" }, "end"));
    expect(drawing(chartOf(cut))).toContain("~ nothing\n  size");
  });
});

describe("editing", () => {
  it("adds a node on the line below a split, where all branches meet", () => {
    const edge = edgesOf(chartOf(CONTRACT)).find((each) => each.to === "stamp" && each.slots.length === 2);
    const changed = after(CONTRACT, addNode(CONTRACT, edge!, "tell", newNode("message", "通知", { entity: "contract", field: "amount" })));
    expect(changed.nodes["board"]?.next).toBe("tell");
    expect(changed.nodes["size"]?.default).toBe("tell");
    expect(changed.nodes["tell"]?.next).toBe("stamp");
  });

  it("bridges the gap when a node goes, and keeps the last end", () => {
    expect(after(CONTRACT, removeNode(CONTRACT, "stamp")).nodes["board"]?.next).toBe("end");
    expect(after(CONTRACT, removeNode(CONTRACT, "manager")).start).toBe("size");
    const single = newWorkflow("x", "customer");
    expect(canRemove(single, "end")).toBe(false);
    expect(after(single, removeNode(single, "end"))).toEqual(single);
  });

  it("moves a node with all its settings", () => {
    const moved = after(CONTRACT, moveNode(CONTRACT, "stamp", { slots: [{ node: null, at: "start" }], to: "manager" }));
    expect(moved.start).toBe("stamp");
    expect(moved.nodes["stamp"]).toEqual({ ...CONTRACT.nodes["stamp"], next: "manager" });
    expect(moved.nodes["board"]?.next).toBe("end");
  });

  it("never leaves a way that leads nowhere, draws every node once, and undoes exactly", () => {
    for (let seed = 1; seed <= 60; seed += 1) randomWalk(seed);
  });
});

function randomWalk(seed: number): void {
  const dice = random(seed);
  let history = startHistory(([CONTRACT, CALL, newWorkflow("x", "customer")][seed % 3]) as Json);
  const seen = [fileText(history.document)];
  for (let step = 0; step < 25; step += 1) {
    const before = history;
    history = run(history, anyStep(history.document as unknown as WorkflowDef, dice), step * 2000);
    const now = history.document as unknown as WorkflowDef;
    expect(dangling(now)).toEqual([]);
    const chart = chartOf(now);
    const keys = [chart.main, ...chart.others.map((other) => other.sequence)].flatMap(drawnKeys);
    expect(keys.toSorted()).toEqual(Object.keys(now.nodes).toSorted());
    if (history !== before) seen.push(fileText(history.document));
  }
  for (const text of seen.slice(0, -1).reverse()) {
    history = undo(history);
    expect(fileText(history.document)).toBe(text);
  }
  for (const text of seen.slice(1)) {
    history = redo(history);
    expect(fileText(history.document)).toBe(text);
  }
}

function anyStep(workflow: WorkflowDef, dice: Random): Command {
  const edge = dice.pick(edgesOf(chartOf(workflow)))!;
  const key = dice.pick(Object.keys(workflow.nodes))!;
  const type = dice.pick(NODE_TYPES)!;
  const add = () => addNode(workflow, edge, freeKey(workflow, type), newNode(type, type, { entity: workflow.entity, field: "name" }));
  const branches = workflow.nodes[key]?.branches?.length ?? 0;
  const steps: (() => Command)[] = [
    add,
    add,
    () => removeNode(workflow, key),
    () => moveNode(workflow, key, edge),
    () => (branches > 0 ? addBranch(workflow, key, "name") : add()),
    () => (branches > 0 ? removeBranch(workflow, key, dice.below(branches)) : add()),
    () => (branches > 0 ? moveBranch(workflow, key, 0, dice.below(branches)) : add()),
    () => connect(workflow, edge.slots[0]!, key),
  ];
  return dice.pick(steps)!();
}
