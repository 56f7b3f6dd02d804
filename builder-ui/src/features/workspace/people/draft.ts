/** A person as a form holds them, and what of it is to be sent. */
import type { Person, PersonChange } from "@/api/people";

export type Draft = { login: string; name: string; email: string; roles: string[]; department: string; position: string; manager: string; teams: string[] };

export const NOBODY: Draft = { login: "", name: "", email: "", roles: [], department: "", position: "", manager: "", teams: [] };

export function draftOf(person: Person): Draft {
  const { login, name, email, roles, department, position, manager, teams } = person;
  return { login, name, email: email ?? "", roles, department: department ?? "", position: position ?? "", manager: manager ?? "", teams };
}

/** What differs from how the person stands; of a new one everything that was filled in. */
export function changeOf(draft: Draft, before: Draft = NOBODY): PersonChange {
  const change: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(draft)) {
    const known = before[key as keyof Draft];
    const isSame = Array.isArray(value) && Array.isArray(known) ? value.toSorted().join() === known.toSorted().join() : value === known;
    if (!isSame) change[key] = value;
  }
  return change as PersonChange;
}
