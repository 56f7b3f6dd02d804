/**
 * What the drag-and-drop names say: `field:phone` and `new:Group` come from the palette, `place:0.1`
 * is an element of the form; `before:0.1` and `beside:0.1` are where it can be let go.
 */
import type { Properties } from "@/definition/entity";
import { control, elementAt, fieldOf, type FormDef, type Layout, type Place } from "@/definition/form";

type Translate = (key: string, args?: Record<string, unknown>) => string;

export function idOf(prefix: "place" | "before" | "beside", place: Place): string {
  return `${prefix}:${place.join(".")}`;
}

/** `before:0.1` → `["before", [0, 1]]`. */
export function placeFrom(id: string): [string, Place] {
  const [prefix = "", path = ""] = id.split(":");
  return [prefix, path === "" ? [] : path.split(".").map(Number)];
}

/** The new element that a palette entry stands for; `undefined` for what is on the form already. */
export function elementOf(id: string, groupLabel: string, text: string): Layout | undefined {
  const [prefix, name = ""] = id.split(":");
  if (prefix === "field") return control(name);
  if (prefix !== "new") return undefined;
  return name === "Label" ? { type: "Label", text } : { type: "Group", label: groupLabel, elements: [] };
}

/** How people call an element of the form. */
export function elementName(element: Layout, fields: Properties, t: Translate): string {
  const field = fieldOf(element);
  if (field !== undefined) return ("label" in element && element.label) || fields[field]?.title || field;
  if (element.type === "Label") return element.text || t("layout.Label");
  return ("label" in element && element.label) || t(`layout.${element.type}`);
}

/** What is read out for a name of drag and drop. */
export function labelOf(id: string, form: FormDef, fields: Properties, t: Translate): string {
  const [prefix, name = ""] = id.split(":");
  if (prefix === "field") return fields[name]?.title ?? name;
  if (prefix === "new") return t(`layout.${name}`);
  const place = placeFrom(id)[1];
  const element = elementAt(form.layout, place);
  if (prefix === "before" && !element) return t("drag.end");
  const what = element ? elementName(element, fields, t) : "";
  return prefix === "place" ? what : t(prefix === "beside" ? "drag.beside" : "drag.before", { what });
}
