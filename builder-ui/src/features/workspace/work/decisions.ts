/** What can be decided about a task. */
import type { Task, TaskVerb } from "@/api/types";

export type Decision = { key: string; verb: TaskVerb; outcome?: string; title?: string; look: "main" | "plain" | "danger" };

/** Approve and reject for an approval; the outcomes, or simply done, for a task. */
export function choicesOf(task: Task): Decision[] {
  if (task.kind === "approval") {
    return [
      { key: "approve", verb: "approve", look: "main" },
      { key: "reject", verb: "reject", look: "danger" },
    ];
  }
  const outcomes = task.outcomes ?? [];
  if (outcomes.length === 0) return [{ key: "complete", verb: "complete", look: "main" }];
  return outcomes.map((outcome, index) => ({ key: outcome.key, verb: "complete", outcome: outcome.key, title: outcome.title || undefined, look: index === 0 ? "main" : "plain" }));
}

/** Whether a task can be decided without filling anything in. */
export function isPlain(task: Task): boolean {
  return task.kind === "approval" && !Object.values(task.fields ?? {}).includes("required");
}
