/** Which records must be asked for because they show people or records whose names are not known. */
import type { Alike } from "@/api/duplicates";
import type { EntityModel } from "@/api/types";

const NAMED = new Set(["person", "people", "relation", "relations"]);
const SYSTEM = new Set(["owner", "created_by", "updated_by"]);

/** Records asked for at once; what is left is asked for when the first names are known. */
const AT_ONCE = 200;

/** The ids of some of the records with an unknown name in them, in a steady order. */
export function unknownNames(entity: EntityModel | undefined, records: readonly Alike[], known: Readonly<Record<string, string>>): string[] {
  const isNamed = (key: string) => SYSTEM.has(key) || NAMED.has(entity?.schema.properties[key]?.["x-kind"] ?? "");
  const isUnknown = (value: unknown) => [value].flat().some((id) => typeof id === "string" && known[id] === undefined);
  return records.filter(({ fields }) => Object.entries(fields ?? {}).some(([key, value]) => isNamed(key) && isUnknown(value))).map(({ id }) => id).toSorted().slice(0, AT_ONCE);
}
