/** Who is signed in and what the app is, for screens that are only drawn once both are known. */
import { useApp, useMe } from "@/api/hooks";
import type { AppModel, EntityModel, Me } from "@/api/types";
import type { MenuItem } from "@/definition/schema";

export type Session = { me: Me; app: AppModel };

/** The session that the application's frame has loaded. */
export function useSession(): Session {
  const me = useMe().data;
  const app = useApp().data;
  if (!me || !app) throw new Error("a workspace screen is drawn before the session is loaded");
  return { me, app };
}

/** An entity as the caller may see it, `undefined` where there is none. */
export function entityOf(app: AppModel, entity: string | undefined): EntityModel | undefined {
  return entity !== undefined && Object.hasOwn(app.entities, entity) ? app.entities[entity] : undefined;
}

/** The letters of an entity's grade fields, best first. */
export function lettersOf(app: AppModel, entity: string): Record<string, string[]> {
  const grades = Object.values(app.grades).filter((grade) => grade.entity === entity);
  return Object.fromEntries(grades.map((grade) => [grade.field, grade.bands.map((band) => band.letter)]));
}

/** What a record is called: its title field, else the beginning of its id. */
export function titleOf(entity: EntityModel | undefined, record: Record<string, unknown>): string {
  const title = record[entity?.schema["x-title-field"] ?? "name"];
  return typeof title === "string" && title !== "" ? title : String(record["id"] ?? "").slice(0, 8);
}

/** The view an entity is listed in when none is named: its first table of everything, else its first. */
export function defaultView(app: AppModel, entity: string): string | undefined {
  const views = app.entities[entity]?.views ?? [];
  const tables = views.filter((key) => (app.views[key]?.type ?? "table") === "table");
  return tables.find((key) => app.views[key]?.where === undefined) ?? tables[0] ?? views[0];
}

/** The entities in the order in which the menus mention them, the others after; that is how people rank them. */
export function rankedEntities(app: AppModel): string[] {
  const mentioned = Object.values(app.menus).flatMap((menu) => menu.items.flatMap((item) => mentions(app, item)));
  return [...new Set([...mentioned.filter((key) => app.entities[key]), ...Object.keys(app.entities)])];
}

function mentions(app: AppModel, item: MenuItem): string[] {
  const own = [app.views[item.view ?? ""]?.entity, app.forms[item.form ?? ""]?.entity].filter((key) => key !== undefined);
  return [...own, ...(item.items ?? []).flatMap((child) => mentions(app, child))];
}
