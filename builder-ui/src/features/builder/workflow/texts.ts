/** What the chart says in words: triggers, who does a node, and between what a line lies. */
import type { Assignee, WorkflowDef, WorkflowNode } from "@/definition/workflow";
import type { Edge } from "@/definition/workflowEdit";
import { sentence } from "../condition/sentence";
import type { Subject } from "../condition/subjects";

type Translate = (key: string, args?: Record<string, unknown>) => string;

export function triggerText({ trigger }: WorkflowDef, subjects: readonly Subject[], t: Translate): string {
  const base = t(`trigger.${trigger.on}`);
  const detail = trigger.on === "schedule" ? trigger.cron : trigger.on === "date_field" ? [trigger.field, trigger.offset].filter(Boolean).join(" ") : undefined;
  const when = trigger.when === undefined ? undefined : sentence(trigger.when, subjects, t);
  return [base, detail, when].filter(Boolean).join(" · ");
}

export function assigneeText(assignee: Assignee, t: Translate): string {
  if ("person" in assignee) return assignee.person;
  if ("role" in assignee) return t("assignee.roleIs", { role: assignee.role });
  if ("field" in assignee) return assignee.field === "owner" ? t("field.owner") : assignee.field;
  if ("manager_of" in assignee) return t("assignee.managerOf", { whom: who(assignee.manager_of, t) });
  if ("head_of" in assignee) return t("assignee.headOf", { whom: who(assignee.head_of, t) });
  if ("node" in assignee) return t("assignee.whoDid", { node: assignee.node });
  return t("assignee.initiator");
}

function who(whom: string, t: Translate): string {
  if (whom === "initiator") return t("assignee.initiator");
  return whom === "owner" ? t("field.owner") : whom;
}

export function nodeSummary(node: WorkflowNode, t: Translate): string {
  const people = (list: readonly Assignee[] | undefined) => (list ?? []).map((each) => assigneeText(each, t)).join(t("condition.comma"));
  switch (node.type) {
    case "task":
    case "approval":
      return [people(node.assignees), node.policy && node.policy !== "any" ? t(`policy.${node.policy}`) : "", node.due ? t("workflow.dueIn", { after: node.due.after }) : ""].filter(Boolean).join(" · ");
    case "message":
      return [node.message ?? "", people(node.to)].filter(Boolean).join(" → ");
    case "update":
      return Object.keys(node.set ?? {}).join(t("condition.comma"));
    case "create":
      return node.entity ?? "";
    case "wait":
      return node.for ?? node.until?.field ?? "";
    case "end":
      return node.outcome ? t(`outcome.${node.outcome}`) : "";
    default:
      return "";
  }
}

/** "between A and B", for the button on a line. */
export function edgeText(workflow: WorkflowDef, edge: Edge, t: Translate): string {
  const title = (key: string | null | undefined) => (key === null || key === undefined ? t("workflow.start") : workflow.nodes[key]?.title || key);
  const from = edge.slots.map((slot) => (typeof slot.at === "number" ? `${title(slot.node)} ${slot.at + 1}` : slot.at === "default" ? `${title(slot.node)} ${t("workflow.otherwise")}` : title(slot.node)));
  return t("workflow.between", { from: from.join(t("condition.comma")), to: edge.to === undefined ? "?" : title(edge.to) });
}
