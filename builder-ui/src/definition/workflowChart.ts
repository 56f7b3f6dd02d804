/**
 * The picture of a workflow as a tree: what stands below what and beside what. No sizes, no
 * positions; HTML and CSS lay it out.
 *
 * Each node is drawn once. A decision is a split whose branches stand side by side down to the
 * node where most of them meet again, and so is a task whose outcomes lead different ways. A way
 * that leads to a node drawn elsewhere is a jump. What the start does not reach that way is drawn
 * beside, with the reason: it follows a rejection, or nothing leads to it.
 */

import { sideSlots, slotsOf, targetOf, type Slot, type WorkflowDef } from "./workflow";
import type { Edge } from "./workflowEdit";

/** `below` is the line under the node; a split has none where its branches do not meet. */
export type Item =
  | { kind: "node"; key: string; below?: Edge }
  | { kind: "split"; key: string; branches: BranchColumn[]; below?: Edge };

/** A column holds the ways out that it begins with: one branch of a decision, or all outcomes of a task that lead the same way. */
export type BranchColumn = { slots: Slot[]; sequence: Sequence };

/** `end` after an end node, `join` where the way goes on below the split, `open` where `next` is missing. */
export type Tail = { kind: "end" } | { kind: "join" } | { kind: "jump"; to: string } | { kind: "open" };

export type Sequence = { entry: Edge; items: Item[]; tail: Tail };

export type Chart = {
  main: Sequence;
  /** `from` is the side way that leads there, `null` where nothing does. */
  others: { from: Slot | null; sequence: Sequence }[];
};

export function chartOf(workflow: WorkflowDef): Chart {
  const drawn = new Set<string>();
  const main = sequence(workflow, edgeOf(workflow, { node: null, at: "start" }), undefined, drawn);
  const others: Chart["others"] = [];
  const drawSides = () => {
    for (const slot of sidesOf(workflow, drawn)) {
      const target = targetOf(workflow, slot);
      if (target === undefined || drawn.has(target) || !workflow.nodes[target]) continue;
      others.push({ from: slot, sequence: sequence(workflow, edgeOf(workflow, slot), undefined, drawn) });
    }
  };
  drawSides();
  for (const key of Object.keys(workflow.nodes)) {
    if (drawn.has(key)) continue;
    others.push({ from: null, sequence: sequence(workflow, { slots: [], to: key }, undefined, drawn) });
    drawSides();
  }
  return { main, others };
}

function sidesOf(workflow: WorkflowDef, drawn: ReadonlySet<string>): Slot[] {
  return Object.entries(workflow.nodes).flatMap(([key, node]) => (drawn.has(key) ? sideSlots(key, node) : []));
}

/** Every line of the chart, top down: where a node can be added or moved to. */
export function edgesOf(chart: Chart): Edge[] {
  return [chart.main, ...chart.others.map((other) => other.sequence)].flatMap(edgesIn).filter((edge) => edge.slots.length > 0);
}

function edgesIn({ entry, items }: Sequence): Edge[] {
  const below = items.flatMap((item) => {
    const inner = item.kind === "split" ? item.branches.flatMap((branch) => edgesIn(branch.sequence)) : [];
    return item.below ? [...inner, item.below] : inner;
  });
  return [entry, ...below];
}

/** The line that some ways out with one target begin. */
function edgeOf(workflow: WorkflowDef, ...slots: Slot[]): Edge {
  const to = slots[0] && targetOf(workflow, slots[0]);
  return to === undefined ? { slots } : { slots, to };
}

function sequence(workflow: WorkflowDef, entry: Edge, stop: string | undefined, drawn: Set<string>): Sequence {
  const items: Item[] = [];
  let edge: Edge | undefined = entry;
  while (edge?.to !== undefined && edge.to !== stop && workflow.nodes[edge.to] && !drawn.has(edge.to)) {
    const key: string = edge.to;
    drawn.add(key);
    const item: Item = columnsOf(workflow, key).length > 1 || workflow.nodes[key]?.type === "decision" ? split(workflow, key, stop, drawn) : single(workflow, key);
    items.push(item);
    edge = item.below;
  }
  return { entry, items, tail: tailOf(edge, stop) };
}

function tailOf(edge: Edge | undefined, stop: string | undefined): Tail {
  if (edge === undefined) return { kind: "end" };
  if (edge.to === undefined) return { kind: "open" };
  return edge.to === stop ? { kind: "join" } : { kind: "jump", to: edge.to };
}

function single(workflow: WorkflowDef, key: string): Item {
  const node = workflow.nodes[key];
  if (node?.type === "end") return { kind: "node", key };
  return { kind: "node", key, below: edgeOf(workflow, ...(columnsOf(workflow, key)[0] ?? [])) };
}

function split(workflow: WorkflowDef, key: string, stop: string | undefined, drawn: Set<string>): Item {
  const columns = columnsOf(workflow, key);
  const join = meeting(workflow, columns.flatMap(([slot]) => slot ?? []), drawn) ?? stop;
  const branches = columns.map((slots) => ({ slots, sequence: sequence(workflow, edgeOf(workflow, ...slots), join, drawn) }));
  const joining = branches.flatMap((branch) => lastSlots(branch.sequence));
  if (joining.length === 0 || join === undefined) return { kind: "split", key, branches };
  return { kind: "split", key, branches, below: { slots: joining, to: join } };
}

/** The ways on from a node, side by side: each branch of a decision, the different ways that a task's outcomes lead. */
function columnsOf(workflow: WorkflowDef, key: string): Slot[][] {
  const node = workflow.nodes[key];
  if (!node || node.type === "end") return [];
  if (node.type === "decision") return slotsOf(key, node).map((slot) => [slot]);
  const columns = new Map<string | undefined, Slot[]>();
  for (const slot of slotsOf(key, node).filter(({ at }) => at !== "on_reject")) {
    const to = targetOf(workflow, slot);
    columns.set(to, [...(columns.get(to) ?? []), slot]);
  }
  return [...columns.values()];
}

/** The ways out that end a column at the join. */
function lastSlots({ entry, items, tail }: Sequence): Slot[] {
  if (tail.kind !== "join") return [];
  return (items.length > 0 ? items.at(-1)?.below : entry)?.slots ?? [];
}

/** The node where most branches meet; among equals the one that the first of them reaches first. */
function meeting(workflow: WorkflowDef, slots: readonly Slot[], drawn: ReadonlySet<string>): string | undefined {
  const ways = slots.map((slot) => reachable(workflow, targetOf(workflow, slot), drawn));
  const counts = new Map<string, number>();
  for (const way of ways) for (const key of way) counts.set(key, (counts.get(key) ?? 0) + 1);
  let best: string | undefined;
  for (const [key, count] of counts) if (count > 1 && count > (counts.get(best ?? "") ?? 1)) best = key;
  return best;
}

/** What can be reached without passing a node drawn above, nearest first. */
function reachable(workflow: WorkflowDef, start: string | undefined, drawn: ReadonlySet<string>): string[] {
  const found = new Set<string>();
  let front = start === undefined ? [] : [start];
  while (front.length > 0) {
    const fresh = front.filter((key) => !found.has(key) && !drawn.has(key) && workflow.nodes[key]);
    for (const key of fresh) found.add(key);
    front = fresh.flatMap((key) => forward(workflow, key));
  }
  return [...found];
}

function mainSlots(workflow: WorkflowDef, key: string): Slot[] {
  return columnsOf(workflow, key).flatMap(([slot]) => slot ?? []);
}

function forward(workflow: WorkflowDef, key: string): string[] {
  return mainSlots(workflow, key).flatMap((slot) => targetOf(workflow, slot) ?? []);
}
