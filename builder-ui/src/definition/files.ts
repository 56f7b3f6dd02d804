/** The files of an app: the folders they lie in, and what a new file of each kind holds. */

import { newEntity } from "./entity";
import { newForm } from "./form";
import { newGrade } from "./grade";
import type { Json } from "./json";
import { newWorkflow } from "./workflow";

/** Folders in the order in which people read an app; titles are texts `folder.<folder>`. */
export const FOLDERS = ["entities", "forms", "views", "rules", "grades", "workflows", "messages", "roles", "shares", "menus", "manifest"] as const;
export type Folder = (typeof FOLDERS)[number];

/** A file by its address under `/api/draft`: `file` is a key, or a name with its ending for code. */
export type FileName = { folder: string; file: string };

/** The path as drafts and diagnostics name it: `entities/customer.json`, `grades/tier.rhai`, `manifest.json`. */
export function pathOf({ folder, file }: FileName): string {
  if (folder === "manifest") return "manifest.json";
  return isCode(file) ? `${folder}/${file}` : `${folder}/${file}.json`;
}

/** The inverse of `pathOf`; `null` for data, scenarios and other paths that are not edited here. */
export function nameOf(path: string): FileName | null {
  if (path === "manifest.json") return { folder: "manifest", file: "manifest" };
  const [folder = "", name = "", ...more] = path.split("/");
  if (more.length > 0 || !isFolder(folder)) return null;
  return { folder, file: isCode(name) ? name : name.replace(/\.json$/, "") };
}

/** Whether the file is stored as it is: scripts, message texts, and their cases. */
export function isCode(file: string): boolean {
  return file.includes(".") && (!file.endsWith(".json") || file.endsWith(".cases.json"));
}

export function isFolder(folder: string): folder is Folder {
  return (FOLDERS as readonly string[]).includes(folder);
}

/** `kind` of a code editor for the file. */
export function languageOf(file: string): "json" | "rhai" | "j2" {
  if (file.endsWith(".rhai")) return "rhai";
  return file.endsWith(".j2") ? "j2" : "json";
}

/** What a new file needs to know of the app: an entity, its fields, and a free grade field if there is one. */
export type Hints = { entity: string; fields: string[]; gradeField?: string };

/** A new definition that compiles wherever the hints allow it. */
export function newDefinition(folder: Folder, title: string, hints: Hints): Json {
  return JSON.parse(JSON.stringify(fresh(folder, title, hints))) as Json;
}

function fresh(folder: Folder, title: string, { entity, fields, gradeField }: Hints): unknown {
  const field = fields[0] ?? "name";
  switch (folder) {
    case "entities":
      return newEntity(title);
    case "forms":
      return newForm(title, entity, fields);
    case "views":
      return { title, entity, type: "table", columns: fields.slice(0, 6).map((key) => ({ field: key })) };
    case "rules":
      return { title, entity, on: ["create", "update"], must: { field, op: "not_empty" }, level: "refuse", field, message: title };
    case "grades":
      return newGrade(title, entity, gradeField ?? "");
    case "workflows":
      return newWorkflow(title, entity);
    case "messages":
      return { title, entity, channels: ["email"], subject: title };
    case "roles":
      return { title, entities: { [entity]: { create: true, read: true, update: true, delete: false } }, menus: [] };
    case "shares":
      return { title, entity, with: [{ role: "admin" }], access: "read" };
    case "menus":
      return { title, items: [] };
    case "manifest":
      return { key: "app", title, version: "1.0.0", engine: ">=0.1, <0.2" };
  }
}
