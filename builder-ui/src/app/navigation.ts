/** Where the navigation leads: the workspace's menus, or every entity where there are none. */
import type { AppModel } from "@/api/types";
import type { MenuItem } from "@/definition/schema";
import { defaultView } from "@/features/workspace/session";

/** A line of the navigation; a heading where `to` is absent. */
export type NavItem = { key: string; title: string; to?: string; items: NavItem[] };

export function navigationOf(app: AppModel): NavItem[] {
  const menus = Object.values(app.menus).flatMap((menu) => menu.items);
  const items = menus.flatMap((item, index) => navItem(app, item, String(index)));
  if (items.length > 0) return items;
  return Object.entries(app.entities).map(([key, entity]) => ({ key, title: entity.title, to: `/e/${key}`, items: [] }));
}

/** Nothing for what this caller may not see. */
function navItem(app: AppModel, item: MenuItem, key: string): NavItem[] {
  const children = (item.items ?? []).flatMap((child, index) => navItem(app, child, `${key}.${index}`));
  if (children.length > 0) return [{ key, title: item.title ?? "", items: children }];
  const view = item.view === undefined ? undefined : app.views[item.view];
  if (view && app.entities[view.entity]) return [{ key, title: item.title ?? view.title ?? item.view!, to: viewPath(app, view.entity, item.view!), items: [] }];
  const form = item.form === undefined ? undefined : app.forms[item.form];
  if (form && app.entities[form.entity]?.actions.create) return [{ key, title: item.title ?? form.title, to: `/e/${form.entity}/new?form=${item.form}`, items: [] }];
  return [];
}

/** The view that an entity opens with needs no name in the address. */
function viewPath(app: AppModel, entity: string, view: string): string {
  return defaultView(app, entity) === view ? `/e/${entity}` : `/e/${entity}?view=${view}`;
}

/** Whether the address shows what a line leads to: a record belongs to its list. */
export function isHere(to: string, pathname: string, search: string): boolean {
  const [path = "", query] = to.split("?");
  if (pathname !== path && !pathname.startsWith(`${path}/`)) return false;
  if (path === "/") return pathname === "/";
  if (pathname !== path) return query === undefined && !pathname.endsWith("/new");
  const here = new URLSearchParams(search);
  const wanted = new URLSearchParams(query);
  return ["view", "form"].every((name) => here.get(name) === wanted.get(name));
}
