/** What the chart says in words: triggers, who does a node, and between what a line lies. */
import { parseDuration } from "@/definition/time";
import type { Assignee, Slot, WorkflowDef, WorkflowNode } from "@/definition/workflow";
import type { Edge } from "@/definition/workflowEdit";
import { sentence } from "../condition/sentence";
import type { Subject } from "../condition/subjects";

export type Translate = (key: string, args?: Record<string, unknown>) => string;

/** How the keys in a workflow are called by people; a key without a name is its own. */
export type Names = { field: (path: string) => string; role: (key: string) => string; message: (key: string) => string; entity: (key: string) => string };

export function triggerText({ trigger }: WorkflowDef, subjects: readonly Subject[], names: Names, t: Translate): string {
  const base = t(`trigger.${trigger.on}`);
  const when = trigger.when === undefined ? undefined : sentence(trigger.when, subjects, t);
  return [base, triggerDetail(trigger, names, t), when].filter(Boolean).join(" · ");
}

function triggerDetail(trigger: WorkflowDef["trigger"], names: Names, t: Translate): string | undefined {
  if (trigger.on === "schedule") return trigger.cron;
  if (trigger.on !== "date_field") return trigger.changed?.map(names.field).join(t("condition.comma"));
  return [names.field(trigger.field ?? ""), trigger.offset && offsetText(trigger.offset, t)].filter(Boolean).join(" ");
}

/** `-3d` → 提前 3 天. */
function offsetText(offset: string, t: Translate): string {
  const early = offset.startsWith("-");
  return t(early ? "trigger.early" : "trigger.late", { span: durationText(offset.replace(/^[+-]/, ""), t) });
}

/** `3d` → 3 天; what is no duration stays as it is. */
export function durationText(text: string, t: Translate): string {
  const duration = parseDuration(text);
  return duration ? t(`span.${duration.unit}`, { count: duration.amount }) : text;
}

/** A title with its placeholders as people call them: `{{ record.name }}` → ‹客户名称›. */
export function titleText(title: string, names: Names): string {
  return title.replace(/\{\{\s*record\.([\w.]+)\s*\}\}/g, (_, path: string) => `‹${names.field(path)}›`);
}

export function assigneeText(assignee: Assignee, names: Names, t: Translate): string {
  if ("person" in assignee) return assignee.person;
  if ("role" in assignee) return t(assignee.in ? "assignee.roleHere" : "assignee.roleIs", { role: names.role(assignee.role) });
  if ("field" in assignee) return names.field(assignee.field);
  if ("manager_of" in assignee) return t("assignee.managerOf", { whom: who(assignee.manager_of, names, t) });
  if ("head_of" in assignee) return t("assignee.headOf", { whom: who(assignee.head_of, names, t) });
  if ("node" in assignee) return t("assignee.whoDid", { node: assignee.node });
  return t("assignee.initiator");
}

function who(whom: string, names: Names, t: Translate): string {
  return whom === "initiator" ? t("assignee.initiator") : names.field(whom);
}

export function nodeSummary(node: WorkflowNode, names: Names, t: Translate): string {
  const people = (list: readonly Assignee[] | undefined) => (list ?? []).map((each) => assigneeText(each, names, t)).join(t("condition.comma"));
  switch (node.type) {
    case "task":
    case "approval": {
      const due = node.due ? t("workflow.dueIn", { after: durationText(node.due.after, t) }) : "";
      return [people(node.assignees), node.policy && node.policy !== "any" ? t(`policy.${node.policy}`) : "", due].filter(Boolean).join(" · ");
    }
    case "message":
      return [names.message(node.message ?? ""), people(node.to)].filter(Boolean).join(" → ");
    case "update":
      return Object.keys(node.set ?? {}).map(names.field).join(t("condition.comma"));
    case "create":
      return names.entity(node.entity ?? "");
    case "wait":
      return node.for ? durationText(node.for, t) : names.field(node.until?.field ?? "");
    case "end":
      return node.outcome ? t(`outcome.${node.outcome}`) : "";
    default:
      return "";
  }
}

/** What leads into a column of the chart: a branch's title or condition, or the outcomes of a task. */
export function columnText(node: WorkflowNode | undefined, slots: readonly Slot[], subjects: readonly Subject[], t: Translate): string {
  const first = slots[0]?.at;
  if (typeof first === "number") {
    const branch = node?.branches?.[first];
    return branch?.title || sentence(branch?.when, subjects, t);
  }
  const named = slots.flatMap(({ at }) => (typeof at === "object" ? [at.outcome] : []));
  const following = slots.some(({ at }) => at === "next") ? Object.entries(node?.outcomes ?? {}).flatMap(([key, outcome]) => (outcome.next === undefined ? [key] : [])) : [];
  return outcomesText(node, [...named, ...following]) || t("workflow.otherwise");
}

/** The outcomes in the order of the file: 已联系上 / 未联系上. */
export function outcomesText(node: WorkflowNode | undefined, keys: readonly string[]): string {
  return Object.entries(node?.outcomes ?? {}).flatMap(([key, outcome]) => (keys.includes(key) ? [outcome.title || key] : [])).join(" / ");
}

/** "between A and B", for the button on a line. */
export function edgeText(workflow: WorkflowDef, edge: Edge, names: Names, t: Translate): string {
  const title = (key: string | null | undefined) => (key === null || key === undefined ? t("workflow.start") : titleText(workflow.nodes[key]?.title || key, names));
  const way = ({ node, at }: Slot): string => {
    if (typeof at === "number") return `${title(node)} ${at + 1}`;
    if (typeof at === "object") return `${title(node)} ${outcomesText(workflow.nodes[node ?? ""], [at.outcome])}`;
    return at === "default" ? `${title(node)} ${t("workflow.otherwise")}` : title(node);
  };
  const from = edge.slots.map(way);
  return t("workflow.between", { from: from.join(t("condition.comma")), to: edge.to === undefined ? "?" : title(edge.to) });
}
