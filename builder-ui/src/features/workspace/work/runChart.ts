/** A run as a vertical chart: what it has passed, where it stands, and what follows if nothing else decides. */
import type { ChartNode, Run, RunVisit } from "@/api/types";

export type ChartStep =
  | { kind: "taken" | "current"; visit: RunVisit }
  | { kind: "ahead"; node: string; title: string; type: string; branches: ChartBranch[] };

/** `to` is empty where nobody named the node; its `type` names it then. */
export type ChartBranch = { title: string; to: string; type: string };

const LONGEST = 50;

/** The visits in order, then the straight way ahead until an end, a node seen before, or a decision. */
export function stepsOf(run: Run): ChartStep[] {
  const steps: ChartStep[] = run.path.map((visit) => ({ kind: visit.left_at === null && run.ended_at === null ? "current" : "taken", visit }));
  if (run.ended_at !== null) return steps;
  const seen = new Set(run.path.map((visit) => visit.node));
  const standing = run.current[0] ?? run.path.at(-1)?.node;
  let next = standing === undefined ? undefined : run.chart[standing]?.next;
  while (next !== undefined && !seen.has(next) && steps.length < LONGEST) {
    const node: ChartNode | undefined = run.chart[next];
    if (!node) break;
    seen.add(next);
    steps.push({ kind: "ahead", node: next, title: withoutTemplates(node.title ?? ""), type: node.type, branches: branchesOf(node, run.chart) });
    next = node.type === "decision" ? undefined : node.next;
  }
  return steps;
}

function branchesOf(node: ChartNode, chart: Run["chart"]): ChartBranch[] {
  if (node.type !== "decision") return [];
  const target = (key: string) => ({ to: withoutTemplates(chart[key]?.title ?? ""), type: chart[key]?.type ?? key });
  const branches = (Array.isArray(node.branches) ? node.branches : []).map((branch) => ({ title: branch.title ?? branch.next, ...target(branch.next) }));
  return node.default ? [...branches, { title: "", ...target(node.default) }] : branches;
}

/** What a visit is called: as its task was, with the record's values filled in; empty where nobody named the node. */
export function visitTitle(visit: RunVisit): string {
  const title = visit.tasks[0]?.title ?? (visit.title === visit.node ? "" : visit.title);
  return withoutTemplates(title ?? "");
}

/** A title that is still a template, without its places. */
function withoutTemplates(title: string): string {
  return title.replace(/\s*\{\{.*?\}\}\s*/g, " ").trim();
}
