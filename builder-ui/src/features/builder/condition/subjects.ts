/** What a condition about an entity can ask: its fields, what they point to, and what they may be compared with. */
import type { Operator } from "@/definition/condition";
import type { EntityDef, FieldSchema } from "@/definition/entity";
import type { Band } from "@/definition/grade";
import { operatorsFor } from "@/definition/kinds";
import type { Option } from "../parts/fields";

/** `shape` is how a literal is entered and written. */
export type Shape = "text" | "integer" | "decimal" | "boolean" | "option" | "date" | "datetime" | "time" | "division" | "person" | "department" | "record" | "none";

export type Subject = {
  /** A field, `grade.score`, or a field of a related record. */
  path: string;
  label: string;
  kind: string;
  shape: Shape;
  operators: Operator[];
  options: Option[];
  /** Of `record`: whose. */
  entity?: string;
};

/** The letters of one grade field, best first. */
export type Bands = { entity: string; field: string; bands: readonly Band[] };

type Sources = { entities: Record<string, EntityDef>; bands: readonly Bands[] };

/** Own fields first, then those one relation away. */
export function subjectsOf(sources: Sources, entity: string, ownerLabel: string): Subject[] {
  const own = fieldsOf(sources, entity, ownerLabel);
  const related = Object.entries(sources.entities[entity]?.properties ?? {}).flatMap(([key, field]) => {
    const target = field["x-kind"] === "relation" ? field["x-relation"]?.entity : undefined;
    if (!target) return [];
    return fieldsOf(sources, target, ownerLabel).map((subject) => ({ ...subject, path: `${key}.${subject.path}`, label: `${field.title} › ${subject.label}` }));
  });
  return [...own, ...related];
}

/** The columns of a sub-table. */
export function columnsOf(sources: Sources, properties: EntityDef["properties"]): Subject[] {
  return Object.entries(properties).flatMap(([key, field]) => subjectsOfField(sources, "", key, field));
}

function fieldsOf(sources: Sources, entity: string, ownerLabel: string): Subject[] {
  const definition = sources.entities[entity];
  const fields = Object.entries(definition?.properties ?? {}).flatMap(([key, field]) => subjectsOfField(sources, entity, key, field));
  if (!definition?.["x-owner"]) return fields;
  const owner: Subject = { path: "owner", label: ownerLabel, kind: "person", shape: "person", operators: operatorsFor("person"), options: [] };
  return [...fields, owner];
}

function subjectsOfField(sources: Sources, entity: string, key: string, field: FieldSchema): Subject[] {
  const kind = effectiveKind(sources, field);
  const behind = field["x-kind"] === "lookup" ? lookedUp(sources, field) : undefined;
  const shown = behind?.field ?? field;
  const letters = () => lettersOf(sources.bands, behind?.entity ?? entity, behind?.key ?? key);
  const subject: Subject = {
    path: key,
    label: field.title || key,
    kind,
    shape: kind === "cascade" && shown.enum === undefined ? "division" : shapeOf(kind),
    operators: operatorsFor(kind),
    options: kind === "grade" ? letters() : optionsOf(shown),
    entity: shown["x-relation"]?.entity,
  };
  if (kind !== "grade") return [subject];
  const score: Subject = { ...subject, path: `${key}.score`, label: `${subject.label} #`, kind: "integer", shape: "integer", operators: operatorsFor("integer"), options: [] };
  return [subject, score];
}

/** The kind of what a computed field or a rollup holds. */
function effectiveKind(sources: Sources, field: FieldSchema): string {
  if (field["x-kind"] === "computed") return field["x-result"] ?? "decimal";
  if (field["x-kind"] === "lookup") {
    const behind = lookedUp(sources, field);
    return behind && behind.field["x-kind"] !== "lookup" ? effectiveKind(sources, behind.field) : "text";
  }
  const rollup = field["x-kind"] === "rollup" ? field["x-rollup"] : undefined;
  if (!rollup) return field["x-kind"];
  if (rollup.aggregate === "count") return "integer";
  return sources.entities[rollup.entity]?.properties[rollup.field ?? ""]?.["x-kind"] ?? "decimal";
}

/** The field that a lookup shows; its own entity is the one that has this very field. */
function lookedUp({ entities }: Sources, field: FieldSchema): { entity: string; key: string; field: FieldSchema } | undefined {
  const own = Object.values(entities).find(({ properties }) => Object.values(properties).includes(field));
  const entity = own?.properties[field["x-lookup"]?.via ?? ""]?.["x-relation"]?.entity ?? "";
  const key = field["x-lookup"]?.field ?? "";
  const found = entities[entity]?.properties[key];
  return found && { entity, key, field: found };
}

const SHAPES: Record<string, Shape | undefined> = {
  address: "division", choice: "option", choices: "option", tags: "option", grade: "option", cascade: "option",
  decimal: "decimal", money: "decimal", percent: "decimal", integer: "integer", rating: "integer",
  boolean: "boolean", date: "date", datetime: "datetime", time: "time",
  person: "person", people: "person", department: "department", departments: "department", relation: "record", relations: "record",
};

/** Kinds that are only asked whether they are empty have no literal. */
function shapeOf(kind: string): Shape {
  const isAskedForEmpty = operatorsFor(kind).every((op) => op === "empty" || op === "not_empty");
  return SHAPES[kind] ?? (isAskedForEmpty ? "none" : "text");
}

function optionsOf(field: FieldSchema): Option[] {
  return (field.enum ?? []).map((value) => ({ value, label: field["x-labels"]?.[value] ?? value }));
}

function lettersOf(grades: readonly Bands[], entity: string, field: string): Option[] {
  const grade = grades.find((each) => each.entity === entity && each.field === field);
  return (grade?.bands ?? []).map(({ letter }) => ({ value: letter, label: letter }));
}
