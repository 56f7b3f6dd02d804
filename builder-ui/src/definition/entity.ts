/** An entity file: a JSON Schema with `x-` keywords, and the commands that edit it. */

import { command, type Command } from "./commands";
import type { Condition } from "./condition";
import type { DuplicateRule } from "./duplicates";
import { type Edit, isObject, type Json, valueAt } from "./json";
import { type FieldKind, isDerived } from "./kinds";

export type Relation = { entity: string; on_delete?: "refuse" | "clear" | "cascade" };

export type Rollup = {
  entity: string;
  via: string;
  aggregate: "count" | "sum" | "avg" | "min" | "max" | "last";
  field?: string;
  by?: string;
  where?: Condition;
};

/** The value of `field` of the one record that the relation `via` names; read, never stored. */
export type Lookup = { via: string; field: string };

/** Where a field takes its first values from when it is published: a field of the release before, or what an expression says of the record as it was. */
export type Origin = { field: string } | { expression: string };

/** One field. Keywords that are not named here are kept as they are. */
export type FieldSchema = {
  title: string;
  description?: string;
  "x-kind": FieldKind | (string & {});
  type?: string;
  enum?: string[];
  "x-labels"?: { [value: string]: string };
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  default?: Json;
  items?: RowSchema;
  "x-unique"?: boolean;
  "x-search"?: boolean;
  "x-index"?: boolean;
  minItems?: number;
  maxItems?: number;
  "x-scale"?: number;
  "x-max"?: number;
  /** Of files: the most bytes of one, and the media types taken. */
  "x-max-size"?: number;
  "x-types"?: string[];
  "x-currency"?: string;
  "x-minimum"?: string;
  "x-maximum"?: string;
  "x-serial"?: string;
  "x-relation"?: Relation;
  "x-rollup"?: Rollup;
  "x-lookup"?: Lookup;
  "x-result"?: string;
  "x-compute"?: string;
  "x-grade"?: string;
  "x-show"?: Condition;
  "x-on-hide"?: "clear" | "keep" | "ignore";
  "x-require"?: Condition;
  "x-readonly"?: Condition;
  "x-options"?: Json;
  "x-sensitivity"?: string;
  "x-from"?: Origin;
};

/** The shape of a row of a sub-table. */
export type RowSchema = { type?: "object"; required?: string[]; properties: Properties };

export type Properties = { [key: string]: FieldSchema };

export type EntityDef = {
  title: string;
  type?: "object";
  description?: string;
  "x-title-field"?: string;
  "x-owner"?: boolean;
  "x-duplicates"?: DuplicateRule[];
  required?: string[];
  properties: Properties;
  notes?: string;
};

export function newEntity(title: string): EntityDef {
  return {
    title,
    type: "object",
    "x-title-field": "name",
    "x-owner": true,
    required: ["name"],
    properties: { name: { title: "名称", "x-kind": "text", maxLength: 200, "x-search": true } },
  };
}

/** Adds a field at a position, last when it is left out. Inverse: it is removed. */
export function addField(key: string, field: FieldSchema, at?: number): Command {
  return command({ text: "command.addField", args: { field: field.title } }, [
    { op: "put", path: ["properties", key], value: field as Json, at },
  ]);
}

/** Makes a field one of another kind; what every kind takes stays, and where its values come from. */
export function changeKind(entity: EntityDef, key: string, fresh: FieldSchema): Command {
  const { description, "x-show": show, "x-from": origin } = entity.properties[key] ?? fresh;
  const kept = { ...(description === undefined ? {} : { description }), ...(show === undefined ? {} : { "x-show": show }), ...(origin === undefined ? {} : { "x-from": origin }) };
  const edits: Edit[] = [{ op: "put", path: ["properties", key], value: { ...fresh, ...kept } as Json }];
  const place = (entity.required ?? []).indexOf(key);
  if (place >= 0 && isDerived(fresh["x-kind"])) edits.push({ op: "remove", path: ["required", place] });
  return command({ text: "command.changeField", args: { field: titleOf(entity, key) } }, edits);
}

/** Removes a field and its name from `required`. */
export function removeField(entity: EntityDef, key: string): Command {
  const edits: Edit[] = [{ op: "remove", path: ["properties", key] }];
  const place = (entity.required ?? []).indexOf(key);
  if (place >= 0) edits.push({ op: "remove", path: ["required", place] });
  return command({ text: "command.removeField", args: { field: titleOf(entity, key) } }, edits);
}

/** Puts a field at position `to` among the fields. */
export function moveField(entity: EntityDef, key: string, to: number): Command {
  const count = Object.keys(entity.properties).length;
  const place = Math.max(0, Math.min(count - 1, to));
  return command({ text: "command.moveField", args: { field: titleOf(entity, key) } }, [
    { op: "move", path: ["properties", key], to: place },
  ]);
}

/**
 * Gives a field another key, also in `required`, as title field and in rules for duplicates. A field that the live release
 * knows, among `published`, says where it takes its values from; one that gets its old key back says so no longer.
 */
export function renameField(entity: EntityDef, key: string, to: string, published: readonly string[] = []): Command {
  const edits: Edit[] = [{ op: "rename", path: ["properties", key], to }, ...originEdits(entity.properties[key]?.["x-from"], key, to, published)];
  const place = (entity.required ?? []).indexOf(key);
  if (place >= 0) edits.push({ op: "put", path: ["required", place], value: to });
  if (entity["x-title-field"] === key) edits.push({ op: "put", path: ["x-title-field"], value: to });
  for (const [at, rule] of (entity["x-duplicates"] ?? []).entries()) {
    for (const [index, { field }] of rule.all.entries()) if (field === key) edits.push({ op: "put", path: ["x-duplicates", at, "all", index, "field"], value: to });
    for (const [index, field] of (rule.show ?? []).entries()) if (field === key) edits.push({ op: "put", path: ["x-duplicates", at, "show", index], value: to });
  }
  return command({ text: "command.renameField", args: { field: titleOf(entity, key) } }, edits);
}

function originEdits(origin: Origin | undefined, key: string, to: string, published: readonly string[]): Edit[] {
  const path = ["properties", to, "x-from"];
  if (origin !== undefined) return "field" in origin && origin.field === to ? [{ op: "remove", path }] : [];
  return published.includes(key) && key !== to ? [{ op: "put", path, value: { field: key } }] : [];
}

/** Sets or, with `undefined`, removes one keyword of a field. Typing in one keyword undoes together. */
export function setFieldKey(entity: EntityDef, key: string, name: string, value: Json | undefined): Command {
  return setAt(entity as unknown as Json, ["properties", key, name], value, {
    text: "command.changeField",
    args: { field: titleOf(entity, key) },
  });
}

/** Whether a record needs the field; of a field with `x-show`, while it is shown. */
export function setRequired(entity: EntityDef, key: string, required: boolean): Command {
  const title = { text: "command.changeField", args: { field: titleOf(entity, key) } };
  const list = entity.required ?? [];
  const place = list.indexOf(key);
  const field = entity.properties[key];
  if (field?.["x-show"] !== undefined) {
    return setFieldKey(entity, key, "x-require", required ? (field["x-show"] as Json) : undefined);
  }
  if (required === place >= 0) return command(title, []);
  if (!required) return command(title, [{ op: "remove", path: ["required", place] }]);
  return command(title, [{ op: "put", path: ["required"], value: [...list, key] }]);
}

/**
 * Sets when a field is shown. A hidden field is never required, so `required` becomes
 * `x-require` under the same condition; the engine refuses the two together.
 */
export function setShow(entity: EntityDef, key: string, show: Condition | undefined): Command {
  const title = { text: "command.changeField", args: { field: titleOf(entity, key) } };
  const path = ["properties", key];
  if (show === undefined) {
    const old = entity.properties[key]?.["x-show"];
    return command(title, old === undefined ? [] : [{ op: "remove", path: [...path, "x-show"] }]);
  }
  const edits: Edit[] = [{ op: "put", path: [...path, "x-show"], value: show as Json }];
  const place = (entity.required ?? []).indexOf(key);
  if (place >= 0) edits.push({ op: "remove", path: ["required", place] }, { op: "put", path: [...path, "x-require"], value: show as Json });
  return command(title, edits, `show:${key}`);
}

/** Whether a record needs the field, at least while it is shown. */
export function isRequired(entity: EntityDef, key: string): boolean {
  return (entity.required ?? []).includes(key) || entity.properties[key]?.["x-require"] !== undefined;
}

/** Keywords of a field by name; `undefined` takes one away. */
export type FieldKeys = { [name: string]: Json | undefined };

/** Sets and removes several keywords of a field in one step. Typing in the same ones undoes together. */
export function setFieldKeys(entity: EntityDef, key: string, keys: FieldKeys): Command {
  const field = entity.properties[key] as unknown as FieldKeys | undefined;
  const edits = Object.entries(keys).flatMap(([name, value]): Edit[] => {
    const path = ["properties", key, name];
    if (value !== undefined) return [{ op: "put", path, value }];
    return field?.[name] === undefined ? [] : [{ op: "remove", path }];
  });
  return command({ text: "command.changeField", args: { field: titleOf(entity, key) } }, edits, `keys:${key}/${Object.keys(keys).join()}`);
}

/** The same for a field that stands by itself, such as a column of a sub-table. */
export function withKeys(field: FieldSchema, keys: FieldKeys): FieldSchema {
  const kept = Object.entries({ ...field, ...keys }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as FieldSchema;
}

/** The keywords that say what can be chosen: values and what people read for them. */
export function choiceKeys(choices: readonly Choice[]): FieldKeys {
  return { enum: choices.map(({ value }) => value), "x-labels": Object.fromEntries(choices.map(({ value, label }) => [value, label])) };
}

export type Choice = { value: string; label: string };

export function choicesOf(field: FieldSchema): Choice[] {
  return (field.enum ?? []).map((value) => ({ value, label: field["x-labels"]?.[value] ?? value }));
}

/** Sets or removes the value at a path, for editors of single properties. */
export function setAt(document: Json, path: (string | number)[], value: Json | undefined, title: { text: string; args?: Record<string, string> }): Command {
  const old = valueAt(document, path);
  const merge = `set:${path.join("/")}`;
  if (value !== undefined) return command(title, [{ op: "put", path, value }], merge);
  return command(title, old === undefined ? [] : [{ op: "remove", path }], merge);
}

/** Whether a parsed file can be shown by the entity editor. */
export function isEntity(value: unknown): value is EntityDef {
  return isObject(value) && isObject(value["properties"]) && Object.values(value["properties"]).every(isObject);
}

function titleOf(entity: EntityDef, key: string): string {
  return entity.properties[key]?.title || key;
}
