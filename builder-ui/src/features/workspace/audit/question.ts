/** What the audit is asked, as the address of the page holds it and as the server is asked; and what an entry says in words. */
import type { AuditEntry, AuditQuestion } from "@/api/audit";
import type { AppModel } from "@/api/types";
import { addToDate, isDate, startOfDate } from "@/definition/time";

/** Groups of actions in the order in which they are offered. */
export const GROUPS = ["record", "session", "user", "department", "export", "import", "draft", "release", "template", "sample", "run", "incident", "audit"] as const;

const NAMES = ["person", "entity", "record", "action"] as const;

/** Days are those of the workspace's zone, the last one included. */
export function questionOf(search: URLSearchParams, zone: string): AuditQuestion {
  const question: AuditQuestion = {};
  for (const name of NAMES) {
    const value = search.get(name);
    if (!value) continue;
    if (name === "action") question.action = value.split(",");
    else question[name] = value;
  }
  const [from, to] = [search.get("from"), search.get("to")];
  if (isDate(from)) question.from = new Date(startOfDate(from, zone)).toISOString();
  if (isDate(to)) question.to = new Date(startOfDate(addToDate(to, { amount: 1, unit: "d" }), zone)).toISOString();
  return question;
}

/** The address with one thing asked otherwise; nothing where it is asked no more. */
export function askedWith(search: URLSearchParams, name: string, value: string | undefined): URLSearchParams {
  const next = new URLSearchParams(search);
  if (value) next.set(name, value);
  else next.delete(name);
  return next;
}

/** What a detail is, as a text: lists of names, changes of roles, anything else as it is. */
export function detailText(entry: AuditEntry, key: string, app: AppModel): string {
  const value = entry.detail[key];
  if (key === "fields" && Array.isArray(value)) return value.map((field) => fieldTitle(app, entry.entity, String(field))).join("、");
  return plain(value);
}

/** A value in words as plain as it allows. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(plain).join("、");
  if (isChange(value)) return `${plain(value.from) || "—"} → ${plain(value.to) || "—"}`;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isChange(value: unknown): value is { from: unknown; to: unknown } {
  return typeof value === "object" && value !== null && "from" in value && "to" in value;
}

function fieldTitle(app: AppModel, entity: string | null, field: string): string {
  const properties = app.entities[entity ?? ""]?.schema.properties;
  return (properties && Object.hasOwn(properties, field) ? properties[field]?.title : undefined) ?? field;
}

/** What the entry's object is called: the entity as the app names it, else the account. */
export function objectText(entry: AuditEntry, app: AppModel): string {
  if (entry.entity !== null) return app.entities[entry.entity]?.title ?? entry.entity;
  const { subject, by } = entry;
  return subject !== null && subject.id !== by.id ? (subject.name ?? subject.login ?? subject.id.slice(0, 8)) : "";
}
