/**
 * Commands on a workflow's nodes. Each keeps what held before: every `next`, branch and
 * `on_reject` that named a node names one afterwards, and `start` does too.
 */

import { command, type Command } from "./commands";
import { type Edit, type Json, same } from "./json";
import { slotsOf, targetOf, type Nodes, type Slot, type WorkflowDef, type WorkflowNode } from "./workflow";

/** Some ways out that lead to one node: a line of the chart. `to` is absent where it leads nowhere. */
export type Edge = { slots: Slot[]; to?: string };

/** Puts a new node on an edge. A decision's branches all lead where the edge led; an `end` ends the edge. */
export function addNode(workflow: WorkflowDef, edge: Edge, key: string, node: WorkflowNode): Command {
  return nodesCommand("command.addNode", workflow, inserted(workflow, edge, key, node), node.title ?? key);
}

/** Takes a node out; what led to it leads to what came after it. See `canRemove`. */
export function removeNode(workflow: WorkflowDef, key: string): Command {
  return nodesCommand("command.removeNode", workflow, removed(workflow, key), workflow.nodes[key]?.title ?? key);
}

/** The last end cannot be removed: what led to it would lead nowhere. */
export function canRemove(workflow: WorkflowDef, key: string): boolean {
  return successor(workflow, key) !== undefined || incoming(workflow, key).length === 0;
}

/** Moves a node with its settings onto another edge. Ends and decisions stay: too much hangs on them. */
export function moveNode(workflow: WorkflowDef, key: string, edge: Edge): Command {
  const node = workflow.nodes[key];
  const title = node?.title ?? key;
  if (!node || !canMove(node) || edge.to === key || edge.slots.some((slot) => slot.node === key)) {
    return nodesCommand("command.moveNode", workflow, workflow, title);
  }
  const kept = { ...node };
  delete kept.next;
  const bridged = redirect(workflow, key, successor(workflow, key));
  const to = targetOf(bridged, edge.slots[0] ?? { node: null, at: "start" });
  const placed = inserted(bridged, { slots: edge.slots, to }, key, kept);
  return nodesCommand("command.moveNode", workflow, placed, title);
}

export function canMove(node: WorkflowNode): boolean {
  return node.type !== "end" && node.type !== "decision";
}

/** Adds a branch before the default; it leads where the default leads. */
export function addBranch(workflow: WorkflowDef, key: string, field: string): Command {
  return changeNode("command.addBranch", workflow, key, (node) => ({
    ...node,
    branches: [...(node.branches ?? []), { when: { field, op: "not_empty" }, next: node.default ?? "" }],
  }));
}

export function removeBranch(workflow: WorkflowDef, key: string, index: number): Command {
  return changeNode("command.removeBranch", workflow, key, (node) => ({
    ...node,
    branches: (node.branches ?? []).toSpliced(index, 1),
  }));
}

/** Branches are tried in order: an earlier one wins. */
export function moveBranch(workflow: WorkflowDef, key: string, index: number, to: number): Command {
  return changeNode("command.moveBranch", workflow, key, (node) => {
    const branch = node.branches?.[index];
    if (!branch || to < 0 || to >= (node.branches?.length ?? 0)) return node;
    return { ...node, branches: node.branches?.toSpliced(index, 1).toSpliced(to, 0, branch) };
  });
}

/** Sets or, with `undefined`, removes one property of a node. Typing in one property undoes together. */
export function setNodeKey(workflow: WorkflowDef, key: string, name: keyof WorkflowNode, value: Json | undefined): Command {
  const path = ["nodes", key, name];
  const title = { text: "command.changeNode", args: { name: workflow.nodes[key]?.title ?? key } };
  const had = workflow.nodes[key]?.[name] !== undefined;
  if (value === undefined && !had) return command(title, []);
  return command(title, [value === undefined ? { op: "remove", path } : { op: "put", path, value }], `node:${key}:${name}`);
}

/** Makes a way out lead to another node. */
export function connect(workflow: WorkflowDef, slot: Slot, to: string): Command {
  return nodesCommand("command.connect", workflow, withTarget(workflow, slot, to), workflow.nodes[to]?.title ?? to);
}

/** A free key for a node of the type: `task`, `task_2` … */
export function freeKey(workflow: WorkflowDef, type: string): string {
  if (!Object.hasOwn(workflow.nodes, type)) return type;
  let number = 2;
  while (Object.hasOwn(workflow.nodes, `${type}_${number}`)) number += 1;
  return `${type}_${number}`;
}

function inserted(workflow: WorkflowDef, edge: Edge, key: string, node: WorkflowNode): WorkflowDef {
  const placed = { ...workflow, nodes: { ...workflow.nodes, [key]: leadingTo(node, edge.to) } };
  return edge.slots.reduce((now, slot) => withTarget(now, slot, key), placed);
}

function leadingTo(node: WorkflowNode, to: string | undefined): WorkflowNode {
  if (node.type === "end" || to === undefined) return node;
  if (node.type !== "decision") return { ...node, next: to };
  return { ...node, branches: node.branches?.map((branch) => ({ ...branch, next: to })), default: to };
}

function removed(workflow: WorkflowDef, key: string): WorkflowDef {
  if (!canRemove(workflow, key)) return workflow;
  const bridged = redirect(workflow, key, successor(workflow, key));
  const { [key]: _, ...nodes } = bridged.nodes;
  return { ...bridged, nodes };
}

/** What comes after a node when it is gone: its next, a decision's default, for an end another end. */
function successor(workflow: WorkflowDef, key: string): string | undefined {
  const node = workflow.nodes[key];
  const after = node?.type === "decision" ? node.default : node?.next;
  if (after !== undefined && after !== key && node?.type !== "end") return after;
  return Object.keys(workflow.nodes).find((other) => other !== key && workflow.nodes[other]?.type === "end");
}

function incoming(workflow: WorkflowDef, key: string): Slot[] {
  const start: Slot = { node: null, at: "start" };
  const slots = Object.entries(workflow.nodes).flatMap(([from, node]) => (from === key ? [] : slotsOf(from, node)));
  return [start, ...slots].filter((slot) => targetOf(workflow, slot) === key);
}

function redirect(workflow: WorkflowDef, key: string, to: string | undefined): WorkflowDef {
  if (to === undefined) return workflow;
  return incoming(workflow, key).reduce((now, slot) => withTarget(now, slot, to), workflow);
}

function withTarget(workflow: WorkflowDef, slot: Slot, to: string): WorkflowDef {
  if (slot.node === null) return { ...workflow, start: to };
  const node = workflow.nodes[slot.node];
  if (!node) return workflow;
  return { ...workflow, nodes: { ...workflow.nodes, [slot.node]: nodeWithTarget(node, slot.at, to) } };
}

function nodeWithTarget(node: WorkflowNode, at: Slot["at"], to: string): WorkflowNode {
  if (typeof at === "number") {
    return { ...node, branches: node.branches?.map((branch, index) => (index === at ? { ...branch, next: to } : branch)) };
  }
  if (typeof at === "string") return { ...node, [at]: to };
  const outcome = node.outcomes?.[at.outcome];
  return outcome ? { ...node, outcomes: { ...node.outcomes, [at.outcome]: { ...outcome, next: to } } } : node;
}

function changeNode(text: string, workflow: WorkflowDef, key: string, change: (node: WorkflowNode) => WorkflowNode): Command {
  const node = workflow.nodes[key];
  const after = node ? { ...workflow, nodes: { ...workflow.nodes, [key]: change(node) } } : workflow;
  return nodesCommand(text, workflow, after, node?.title ?? key);
}

/** The edits between two states of the nodes, so that unrelated changes survive undo. */
function nodesCommand(text: string, before: WorkflowDef, after: WorkflowDef, name: string): Command {
  const edits: Edit[] = [];
  if (before.start !== after.start) edits.push({ op: "put", path: ["start"], value: after.start });
  for (const [key, node] of Object.entries(after.nodes)) {
    if (!same(before.nodes[key] as Json, node as Json)) edits.push({ op: "put", path: ["nodes", key], value: clean(node), at: placeOf(before.nodes, after.nodes, key) });
  }
  for (const key of Object.keys(before.nodes)) {
    if (!Object.hasOwn(after.nodes, key)) edits.push({ op: "remove", path: ["nodes", key] });
  }
  return command({ text, args: { name } }, edits);
}

/** A new node stands before what it leads to, so that the file reads top down. */
function placeOf(before: Nodes, after: Nodes, key: string): number | undefined {
  const next = after[key]?.next ?? after[key]?.default;
  const place = next === undefined ? -1 : Object.keys(before).indexOf(next);
  return place < 0 ? undefined : place;
}

/** Without keys that hold `undefined`, which JSON does not know. */
function clean(node: WorkflowNode): Json {
  return JSON.parse(JSON.stringify(node)) as Json;
}
