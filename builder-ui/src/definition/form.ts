/**
 * A form file: the layout tree in the vocabulary of JSON Forms' UI schema, and its edits.
 *
 * A place in the tree is a list of indexes from the root (`[]` is the root, `[1, 0]` the first
 * child of its second child). Edits keep the tree tidy: a row with one cell is that cell.
 */

import { command, type Command } from "./commands";
import { type Edit, isObject, type Json } from "./json";

export type Control = { type: "Control"; scope: string; label?: string; options?: { [key: string]: Json } };
export type LabelElement = { type: "Label"; text: string };
export type Container = {
  type: "VerticalLayout" | "HorizontalLayout" | "Group" | "Categorization" | "Category";
  label?: string;
  elements: Layout[];
};

export type Layout = Control | LabelElement | Container;
export type Place = readonly number[];

export type FormField = { required?: boolean; readonly?: boolean; hidden?: boolean; default?: Json; help?: string };

export type FormDef = {
  title: string;
  entity: string;
  layout: Layout;
  fields?: { [field: string]: FormField };
  notes?: string;
};

export function control(field: string): Control {
  return { type: "Control", scope: `#/properties/${field}` };
}

/** The field that a control shows; `undefined` for containers and labels. */
export function fieldOf(layout: Layout): string | undefined {
  return layout.type === "Control" ? layout.scope.replace(/^#\/properties\//, "") : undefined;
}

export function childrenOf(layout: Layout): Layout[] {
  return "elements" in layout ? layout.elements : [];
}

/** A form that shows the fields below each other. */
export function newForm(title: string, entity: string, fields: readonly string[]): FormDef {
  return { title, entity, layout: { type: "VerticalLayout", elements: fields.map(control) } };
}

/** Every field on the form, in reading order. */
export function fieldsOnForm(layout: Layout): string[] {
  const field = fieldOf(layout);
  return field === undefined ? childrenOf(layout).flatMap(fieldsOnForm) : [field];
}

export function elementAt(layout: Layout, place: Place): Layout | undefined {
  return place.reduce<Layout | undefined>((at, index) => at && childrenOf(at)[index], layout);
}

/** Where an element stands: the very same one, or the first that looks the same. */
export function placeOf(layout: Layout, element: Layout): Place | undefined {
  const find = (at: Layout, fits: (each: Layout) => boolean): Place | undefined => {
    for (const [index, child] of childrenOf(at).entries()) {
      const inside = fits(child) ? [] : find(child, fits);
      if (inside) return [index, ...inside];
    }
    return undefined;
  };
  const text = JSON.stringify(element);
  return find(layout, (each) => each === element) ?? find(layout, (each) => JSON.stringify(each) === text);
}

/** Inserts an element so that it stands at `place`. Inverse: it is gone. */
export function addElement(form: FormDef, place: Place, element: Layout): Command {
  return layoutCommand("command.addElement", form, insertAt(form.layout, place, element), nameOf(element));
}

/** Takes an element off the form, with what is in it. */
export function removeElement(form: FormDef, place: Place): Command {
  const element = elementAt(form.layout, place);
  return layoutCommand("command.removeElement", form, tidy(removeAt(form.layout, place)), element && nameOf(element));
}

/** Moves an element before what stands at `to` now. Moving it into itself changes nothing. */
export function moveElement(form: FormDef, from: Place, to: Place): Command {
  const element = elementAt(form.layout, from);
  if (!element || from.length === 0 || startsWith(to, from)) return layoutCommand("command.moveElement", form, form.layout);
  const layout = insertAt(removeAt(form.layout, from), shifted(to, from), element);
  return layoutCommand("command.moveElement", form, tidy(layout), nameOf(element));
}

/** Puts an element right of `beside`, making a row where there is none. */
export function placeBeside(form: FormDef, from: Place, beside: Place): Command {
  const element = elementAt(form.layout, from);
  const neighbour = elementAt(form.layout, beside);
  if (!element || !neighbour || startsWith(beside, from)) return layoutCommand("command.moveElement", form, form.layout);
  if (isInRow(form, beside)) return moveElement(form, from, after(beside));
  const row = rowWith(neighbour, element);
  const replaced = replaceAt(form.layout, beside, row);
  return layoutCommand("command.moveElement", form, tidy(removeAt(replaced, from)), nameOf(element));
}

/** Adds a new element right of `beside`. */
export function addBeside(form: FormDef, beside: Place, element: Layout): Command {
  const neighbour = elementAt(form.layout, beside);
  if (!neighbour) return layoutCommand("command.addElement", form, form.layout);
  if (isInRow(form, beside)) return addElement(form, after(beside), element);
  return layoutCommand("command.addElement", form, replaceAt(form.layout, beside, rowWith(neighbour, element)), nameOf(element));
}

/** Changes the text of a group, category, label or control. */
export function setLabel(form: FormDef, place: Place, text: string): Command {
  const element = elementAt(form.layout, place);
  if (!element) return layoutCommand("command.label", form, form.layout);
  const layout = replaceAt(form.layout, place, withText(element, text));
  return command({ text: "command.label" }, [{ op: "put", path: ["layout"], value: layout as Json }], `label:${place.join()}`);
}

/** Sets what the form itself asks of a field; `undefined` leaves it to the entity. */
export function setFormField(form: FormDef, field: string, name: keyof FormField, value: Json | undefined): Command {
  const { [name]: _, ...rest } = form.fields?.[field] ?? {};
  const settings = value === undefined ? rest : { ...rest, [name]: value };
  const { [field]: __, ...others } = form.fields ?? {};
  const fields = Object.keys(settings).length === 0 ? others : { ...form.fields, [field]: settings };
  return command({ text: "command.formField", args: { field } }, [{ op: "put", path: ["fields"], value: fields as Json }], `form:${field}:${name}`);
}

/** Follows a field that got another key: its controls and what the form asks of it. */
export function renameOnForm(form: FormDef, from: string, to: string): Command {
  const renamed = (layout: Layout): Layout => {
    if ("elements" in layout) return { ...layout, elements: layout.elements.map(renamed) };
    return fieldOf(layout) === from ? ({ ...layout, scope: control(to).scope } as Layout) : layout;
  };
  const edits: Edit[] = [{ op: "put", path: ["layout"], value: renamed(form.layout) as Json }];
  if (form.fields?.[from]) edits.push({ op: "rename", path: ["fields", from], to });
  return command({ text: "command.formField", args: { field: to } }, edits);
}

/** Takes every control of a field that goes off the form, with what the form asks of it. */
export function takeOffForm(form: FormDef, field: string): Command {
  const without = (layout: Layout): Layout =>
    "elements" in layout ? { ...layout, elements: layout.elements.filter((child) => fieldOf(child) !== field).map(without) } : layout;
  const edits: Edit[] = [{ op: "put", path: ["layout"], value: tidy(without(form.layout)) as Json }];
  if (form.fields?.[field]) edits.push({ op: "remove", path: ["fields", field] });
  return command({ text: "command.removeElement", args: { name: field } }, edits);
}

/** Where "up" (-1) or "down" (1) leads with the keyboard: past the sibling, or out of the container at its edge. */
export function neighbour(form: FormDef, place: Place, step: -1 | 1): Place | null {
  const index = place.at(-1);
  if (index === undefined) return null;
  const parent = place.slice(0, -1);
  const siblings = childrenOf(elementAt(form.layout, parent) ?? form.layout);
  const next = siblings[index + step];
  if (next && next.type === "Group" && elementAt(form.layout, place)?.type !== "Group") {
    return [...parent, index + step, step === 1 ? 0 : childrenOf(next).length];
  }
  if (next) return [...parent, step === 1 ? index + 2 : index - 1];
  if (parent.length === 0) return null;
  return step === 1 ? [...parent.slice(0, -1), (parent.at(-1) ?? 0) + 1] : parent;
}

export function isForm(value: unknown): value is FormDef {
  return isObject(value) && isLayout(value["layout"]);
}

function isLayout(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (value["type"] === "Control") return typeof value["scope"] === "string";
  if (value["type"] === "Label") return true;
  return Array.isArray(value["elements"]) && value["elements"].every(isLayout);
}

function layoutCommand(text: string, form: FormDef, layout: Layout, name = ""): Command {
  if (layout === form.layout) return command({ text, args: { name } }, []);
  return command({ text, args: { name } }, [{ op: "put", path: ["layout"], value: layout as Json }]);
}

function nameOf(element: Layout): string {
  if (element.type === "Label") return element.text;
  const label = "label" in element ? element.label : undefined;
  return fieldOf(element) ?? (label || "");
}

function withText(element: Layout, text: string): Layout {
  if (element.type === "Label") return { ...element, text };
  const { label: _, ...rest } = element;
  return (text === "" && element.type === "Control" ? rest : { ...element, label: text }) as Layout;
}

function isInRow(form: FormDef, place: Place): boolean {
  return place.length > 0 && elementAt(form.layout, place.slice(0, -1))?.type === "HorizontalLayout";
}

/** The place behind, in the same container. */
function after(place: Place): Place {
  return [...place.slice(0, -1), (place.at(-1) ?? 0) + 1];
}

function rowWith(neighbour: Layout, element: Layout): Layout {
  const cells = neighbour.type === "HorizontalLayout" ? neighbour.elements : [neighbour];
  return { type: "HorizontalLayout", elements: [...cells, element] };
}

function insertAt(layout: Layout, place: Place, element: Layout): Layout {
  const index = place.at(-1) ?? 0;
  return changeChildren(layout, place.slice(0, -1), (children) => children.toSpliced(index, 0, element));
}

function removeAt(layout: Layout, place: Place): Layout {
  const index = place.at(-1);
  if (index === undefined) return layout;
  return changeChildren(layout, place.slice(0, -1), (children) => children.toSpliced(index, 1));
}

function replaceAt(layout: Layout, place: Place, element: Layout): Layout {
  const index = place.at(-1);
  if (index === undefined) return element;
  return changeChildren(layout, place.slice(0, -1), (children) => children.with(index, element));
}

function changeChildren(layout: Layout, place: Place, change: (children: Layout[]) => Layout[]): Layout {
  if (!("elements" in layout)) return layout;
  const [index, ...rest] = place;
  if (index === undefined) return { ...layout, elements: change(layout.elements) };
  return { ...layout, elements: layout.elements.map((child, at) => (at === index ? changeChildren(child, rest, change) : child)) };
}

/** Rows of one cell become the cell, rows of none go; groups stay, they may be filled later. */
function tidy(layout: Layout): Layout {
  if (!("elements" in layout)) return layout;
  const elements = layout.elements.map(tidy).flatMap((child) => {
    if (child.type !== "HorizontalLayout") return [child];
    return child.elements.length > 1 ? [child] : child.elements;
  });
  return { ...layout, elements };
}

function startsWith(place: Place, prefix: Place): boolean {
  return prefix.every((index, at) => place[at] === index);
}

/** `to` after the element at `from` was taken out. */
function shifted(to: Place, from: Place): Place {
  const depth = from.length - 1;
  const sameParent = startsWith(to, from.slice(0, -1)) && to.length > depth;
  const [fromIndex, toIndex] = [from[depth] ?? 0, to[depth] ?? 0];
  return sameParent && toIndex > fromIndex ? [...to.slice(0, depth), toIndex - 1, ...to.slice(depth + 1)] : to;
}
