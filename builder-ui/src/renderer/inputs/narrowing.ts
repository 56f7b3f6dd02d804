/** Which records a relation may name, with what the condition refers to of the record at hand put in its place. */
import { isReference } from "@/definition/condition";
import type { Json, JsonObject } from "@/definition/json";
import type { Condition, FieldSchema } from "@/definition/schema";

/** The condition for the list API; `undefined` where any record will do, `"none"` where a field it needs is still empty. */
export function narrowing(field: FieldSchema, read: ((field: string) => unknown) | undefined): Condition | undefined | "none" {
  const rules = field["x-options"] as { where?: Condition } | unknown[] | undefined;
  if (!rules || Array.isArray(rules) || !rules.where) return undefined;
  let isMissing = false;
  const resolved = replaced(rules.where as unknown as Json, (ref) => {
    const value = read?.(ref);
    if (value === undefined || value === null || value === "") isMissing = true;
    return (value ?? null) as Json;
  });
  return isMissing ? "none" : (resolved as unknown as Condition);
}

function replaced(part: Json, lookUp: (field: string) => Json): Json {
  if (Array.isArray(part)) return part.map((item) => replaced(item, lookUp));
  if (typeof part !== "object" || part === null) return part;
  if (isReference(part) && part.ref.startsWith("record.")) return lookUp(part.ref.slice("record.".length));
  return Object.fromEntries(Object.entries(part as JsonObject).map(([key, value]) => [key, replaced(value, lookUp)]));
}
