/** What making an older release live again would change: files that come, change and go, and what is lost with them. */
import { isEntity } from "@/definition/entity";
import { nameOf } from "@/definition/files";
import { isObject } from "@/definition/json";

export type Files = Readonly<Record<string, string>>;
export type FileChange = { path: string; state: "added" | "changed" | "removed"; title: string };
/** An entity with its records, or a field with its values, that the live release has and the older one has not. */
export type Loss = { kind: "entity" | "field"; entity: string; field?: string };
export type RestorePlan = { changes: FileChange[]; losses: Loss[] };

/** `live` and `old` are the texts of the files by path. Sample data and scenarios change nothing for people and are left out. */
export function restorePlan(live: Files, old: Files): RestorePlan {
  const paths = [...new Set([...Object.keys(live), ...Object.keys(old)])].filter((path) => nameOf(path) !== null).toSorted();
  const changes = paths.flatMap((path) => changeAt(path, live[path], old[path]) ?? []);
  return { changes, losses: paths.filter((path) => path.startsWith("entities/")).flatMap((path) => lossesAt(live[path], old[path])) };
}

function changeAt(path: string, live: string | undefined, old: string | undefined): FileChange | undefined {
  if (live === old) return undefined;
  const state = live === undefined ? "added" : old === undefined ? "removed" : "changed";
  const document = parsed(old ?? live);
  const title = isObject(document) && typeof document["title"] === "string" ? document["title"] : path;
  return { path, state, title };
}

function lossesAt(live: string | undefined, old: string | undefined): Loss[] {
  const [now, then] = [parsed(live), parsed(old)];
  if (!isEntity(now)) return [];
  if (!isEntity(then)) return [{ kind: "entity", entity: now.title }];
  const gone = Object.entries(now.properties).filter(([key, field]) => then.properties[key]?.["x-kind"] !== field["x-kind"]);
  return gone.map(([key, field]) => ({ kind: "field", entity: now.title, field: field.title || key }));
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
