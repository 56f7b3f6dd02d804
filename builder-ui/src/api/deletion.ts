/** What would go with records that are deleted. The one place that knows the shape of that answer. */
import { isObject } from "@/definition/json";
import { request } from "./client";

/** Records of an entity called `title` that point here by `field`; some of their titles where they are told. */
export type Touched = { entity: string; title: string | undefined; field: string; count: number; titles: string[] };

/**
 * `refused` stand against it, `cleared` lose what they point to, `cascaded` go too; `hidden` counts those that stand against it
 * and that this caller may not see.
 */
export type Deletion = { allowed: boolean; refused: Touched[]; cleared: Touched[]; cascaded: Touched[]; hidden: number };

/** How many previews are asked for at once, of many records. */
const AT_ONCE = 4;

/** As many records as are looked at one by one; a longer selection is told of by its first ones. */
export const PREVIEWED = 50;

export async function previewDeletion(entity: string, ids: readonly string[], signal?: AbortSignal): Promise<Deletion> {
  const waiting = ids.slice(0, PREVIEWED);
  const told: Deletion[] = [];
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      told.push(deletionIn(await request<unknown>("DELETE", `/api/entities/${entity}/records/${id}`, { query: { dry_run: "true" }, signal })));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return summed(told);
}

/** `{allowed, deletes, clears, refuses, hidden?}` as the server says it; what is not there counts as nothing. */
export function deletionIn(answer: unknown): Deletion {
  const body = isObject(answer) ? answer : {};
  const refused = touchedIn(body["refuses"]);
  const hidden = typeof body["hidden"] === "number" ? body["hidden"] : 0;
  return { allowed: body["allowed"] !== false && refused.length + hidden === 0, refused, cleared: touchedIn(body["clears"]), cascaded: touchedIn(body["deletes"]), hidden };
}

function touchedIn(list: unknown): Touched[] {
  return (Array.isArray(list) ? list : []).filter(isObject).flatMap((one): Touched[] => {
    const records = (Array.isArray(one["records"]) ? one["records"] : []).filter(isObject);
    const titles = records.flatMap(({ title }) => (typeof title === "string" && title !== "" ? [title] : []));
    const count = typeof one["count"] === "number" ? one["count"] : records.length;
    const title = typeof one["title"] === "string" ? one["title"] : undefined;
    return count > 0 ? [{ entity: String(one["entity"] ?? ""), title, field: String(one["field"] ?? ""), count, titles }] : [];
  });
}

/** Several previews as one: counts of the same relation together. */
export function summed(all: readonly Deletion[]): Deletion {
  const sum = (part: "refused" | "cleared" | "cascaded") => {
    const known = new Map<string, Touched>();
    for (const one of all.flatMap((each) => each[part])) {
      const before = known.get(`${one.entity}.${one.field}`);
      known.set(`${one.entity}.${one.field}`, before ? { ...before, count: before.count + one.count, titles: [...before.titles, ...one.titles] } : one);
    }
    return [...known.values()];
  };
  const hidden = all.reduce((count, one) => count + one.hidden, 0);
  return { allowed: all.every(({ allowed }) => allowed), refused: sum("refused"), cleared: sum("cleared"), cascaded: sum("cascaded"), hidden };
}
