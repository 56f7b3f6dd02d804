/** Where a new field goes on a form: right behind the one it was added behind. */

import type { Command } from "./commands";
import { addElement, childrenOf, elementAt, fieldOf, type FormDef, type Layout, type Place } from "./form";

/** Puts an element right behind a field's control, below its row where it stands in one; last where the field is not on the form. */
export function addBehind(form: FormDef, behind: string | undefined, element: Layout): Command {
  const place = behind === undefined ? undefined : placeOfField(form.layout, behind);
  if (!place) return addElement(form, [childrenOf(form.layout).length], element);
  const isInRow = elementAt(form.layout, place.slice(0, -1))?.type === "HorizontalLayout";
  const stands = isInRow ? place.slice(0, -1) : place;
  return addElement(form, [...stands.slice(0, -1), (stands.at(-1) ?? 0) + 1], element);
}

function placeOfField(layout: Layout, field: string, place: Place = []): Place | undefined {
  if (fieldOf(layout) === field) return place;
  for (const [index, child] of childrenOf(layout).entries()) {
    const found = placeOfField(child, field, [...place, index]);
    if (found) return found;
  }
  return undefined;
}
