/** A workflow file: named nodes with explicit `next`. Positions are not stored, the chart is computed. */

import type { Condition } from "./condition";
import { isObject, type Json } from "./json";

export const TRIGGERS = ["record_created", "record_updated", "grade_changed", "schedule", "date_field"] as const;
export type TriggerKind = (typeof TRIGGERS)[number] | (string & {});

export type Trigger = {
  on: TriggerKind;
  when?: Condition;
  changed?: string[];
  cron?: string;
  zone?: string;
  each?: { entity: string; where?: Condition };
  field?: string;
  offset?: string;
  at?: string;
  yearly?: boolean;
};

export const NODE_TYPES = ["task", "approval", "decision", "update", "create", "message", "wait", "end"] as const;
export type NodeType = (typeof NODE_TYPES)[number];

export type Assignee =
  | { person: string }
  | { role: string; in?: "department" }
  | { field: string }
  | { manager_of: string; level?: number }
  | { head_of: string }
  | { node: string }
  | { initiator: true };

export type Outcome = { title: string; next?: string };

export type FieldRight = "read" | "write" | "hidden" | "required";
export type Due = { after: string; calendar?: string; steps?: { at: string; do: string }[] };
export type Branch = { title?: string; when: Condition; next: string };

/** One node. Keywords of other types are absent; keywords that this file does not name are kept. */
export type WorkflowNode = {
  type: NodeType | (string & {});
  title?: string;
  assignees?: Assignee[];
  policy?: "any" | "all" | "sequential";
  on_empty?: string;
  fields?: { [field: string]: FieldRight };
  form?: string;
  outcomes?: { [outcome: string]: Outcome };
  due?: Due;
  branches?: Branch[];
  default?: string;
  set?: { [field: string]: Json };
  of?: string;
  entity?: string;
  as?: string;
  message?: string;
  to?: Assignee[];
  for?: string;
  until?: { field: string };
  outcome?: string;
  on_reject?: string;
  next?: string;
};

export type Nodes = { [key: string]: WorkflowNode };

export type WorkflowDef = {
  title: string;
  entity: string;
  trigger: Trigger;
  start: string;
  settings?: { [key: string]: Json };
  nodes: Nodes;
  notes?: string;
};

export function newWorkflow(title: string, entity: string): WorkflowDef {
  return {
    title,
    entity,
    trigger: { on: "record_created" },
    start: "end",
    nodes: { end: { type: "end", outcome: "done" } },
  };
}

/** What a node of the type needs at least; `entity` and `field` of the workflow make it valid at once. */
export function newNode(type: NodeType, title: string, hints: { entity: string; field: string }): WorkflowNode {
  switch (type) {
    case "task":
      return { type, title, assignees: [{ field: "owner" }], due: { after: "3d" } };
    case "approval":
      return { type, title, assignees: [{ manager_of: "initiator", level: 1 }], policy: "any", on_empty: "to_admin" };
    case "decision":
      return { type, title, branches: [{ when: { field: hints.field, op: "not_empty" }, next: "" }] };
    case "update":
      return { type, title, set: {} };
    case "create":
      return { type, title, entity: hints.entity, set: {} };
    case "message":
      return { type, title, message: "", to: [{ field: "owner" }] };
    case "wait":
      return { type, title, for: "1d" };
    case "end":
      return { type, title, outcome: "done" };
  }
}

/** A way out of a node: a property, the index of a branch, or an outcome. `node: null` is the start. */
export type Slot = { node: string | null; at: "start" | "next" | "default" | "on_reject" | number | { outcome: string } };

/** The ways out of a node in the order in which they are drawn; the rarer ones, `sideSlots`, last. */
export function slotsOf(key: string, node: WorkflowNode): Slot[] {
  if (node.type === "end") return [];
  if (node.type !== "decision") return [{ node: key, at: "next" }, ...sideSlots(key, node)];
  return [...(node.branches ?? []).map((_, at) => ({ node: key, at })), { node: key, at: "default" as const }];
}

/** Where a rejection and outcomes with a way of their own leave a node. */
export function sideSlots(key: string, node: WorkflowNode): Slot[] {
  const outcomes = Object.entries(node.outcomes ?? {}).filter(([, outcome]) => outcome.next !== undefined);
  const slots: Slot[] = outcomes.map(([outcome]) => ({ node: key, at: { outcome } }));
  return node.on_reject === undefined ? slots : [...slots, { node: key, at: "on_reject" }];
}

/** Where a way out leads; `undefined` where it leads nowhere yet. */
export function targetOf(workflow: WorkflowDef, slot: Slot): string | undefined {
  if (slot.node === null) return workflow.start;
  const node = workflow.nodes[slot.node];
  if (typeof slot.at === "number") return node?.branches?.[slot.at]?.next;
  if (typeof slot.at === "object") return node?.outcomes?.[slot.at.outcome]?.next;
  return slot.at === "start" ? undefined : node?.[slot.at];
}

export function isWorkflow(value: unknown): value is WorkflowDef {
  return isObject(value) && isObject(value["nodes"]) && Object.values(value["nodes"]).every(isObject);
}
