/**
 * The definitions as the workspace reads them: entities and conditions under the names of the
 * API, and forms, views and menus. Keys that are not named here are kept as they are.
 */
import type { Condition, Fields as ConditionFields } from "./condition";
import type { EntityDef, FieldSchema } from "./entity";
import type { FormDef, FormField, Layout } from "./form";

export type { Condition, FieldSchema, FormDef, FormField, Layout };
export type EntitySchema = Pick<EntityDef, "required" | "properties" | "x-title-field" | "x-owner" | "x-duplicates"> & { title?: string };

/** The record's fields by key, as the API gives and takes them. */
export type Fields = ConditionFields;

/** A file of an `attachment`, an `image` or a `signature`; `size` in bytes. */
export type FileRef = { id: string; name: string; type: string; size: number };

/** The value of an `address`: codes of the division, the largest first, and what stands below it. */
export type AddressValue = { region?: string[]; detail?: string };

/** The value of a `location`, in degrees. */
export type PlaceValue = { lat: number; lng: number };

/** What `x-options` says: which choices are left when, or which records a relation may name. */
export type OptionRules = { when?: Condition; only: string[] }[] | { where: Condition };

export type ViewDef = {
  title?: string;
  entity: string;
  type?: "table" | "board" | "calendar" | "gallery";
  where?: Condition;
  sort?: string | string[];
  columns?: { field: string; width?: number }[];
};

export type MenuItem = { view?: string; form?: string; dashboard?: string; items?: MenuItem[]; title?: string; icon?: string };
export type MenuDef = { title?: string; items: MenuItem[] };

/** `#/properties/name` → `name`; `undefined` for any other scope. */
export function scopeField(scope: string): string | undefined {
  return /^#\/properties\/([^/]+)$/.exec(scope)?.[1];
}
