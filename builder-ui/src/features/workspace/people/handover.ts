/** Who takes over what, as it is chosen and as it is sent. */
import type { HandoverBody, HandoverPreview } from "@/api/people";

/** `to` for everything; the others where something goes to somebody else. */
export type Choice = { to: string[]; tasks: string[]; entities: Record<string, string[]> };

export const FIRST: Choice = { to: [], tasks: [], entities: {} };

/** Only what goes elsewhere is said; nothing chosen means the first successors. */
export function bodyOf({ to, tasks, entities }: Choice, leave: boolean): HandoverBody {
  const others = Object.fromEntries(Object.entries(entities).filter(([, people]) => people.length > 0));
  return { to, leave, ...(tasks.length > 0 ? { tasks } : {}), ...(Object.keys(others).length > 0 ? { entities: others } : {}) };
}

/** How many things move in all. */
export function totalOf({ tasks, records, hidden }: HandoverPreview): number {
  return tasks + hidden + records.reduce((sum, { count }) => sum + count, 0);
}
