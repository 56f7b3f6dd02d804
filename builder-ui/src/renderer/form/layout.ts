/** Where fields stand: a form's own layout, or one made from the entity when it has none. */
import type { EntitySchema, FormDef, Layout } from "@/definition/schema";
import { control, fieldOf } from "@/definition/form";

const WIDE = new Set(["long_text", "rich_text", "table", "json", "address", "attachment", "image", "signature"]);

/** The form's layout, or a generated one: two columns, wide kinds on a line of their own. */
export function layoutOf(form: FormDef | undefined, schema: EntitySchema): Layout {
  if (form?.layout && "elements" in form.layout && form.layout.elements.length > 0) return form.layout;
  return generatedLayout(schema);
}

export function generatedLayout(schema: EntitySchema): Layout {
  const rows: Layout[] = [];
  let row: Layout[] = [];
  const close = () => {
    if (row.length > 0) rows.push(row.length === 1 ? (row[0] as Layout) : { type: "HorizontalLayout", elements: row });
    row = [];
  };
  for (const [key, field] of Object.entries(schema.properties)) {
    if (WIDE.has(field["x-kind"])) {
      close();
      rows.push(control(key));
      continue;
    }
    row.push(control(key));
    if (row.length === 2) close();
  }
  close();
  return { type: "VerticalLayout", elements: rows };
}

/** The fields that an element draws, in reading order. */
export function fieldsIn(layout: Layout): string[] {
  if ("elements" in layout) return layout.elements.flatMap(fieldsIn);
  const field = fieldOf(layout);
  return field === undefined ? [] : [field];
}
