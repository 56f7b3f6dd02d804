/** A new field stands where its author looks: behind the one that was selected. */
import { expect, it } from "vitest";
import { control, fieldsOnForm, type FormDef } from "./form";
import { addBehind } from "./formBehind";
import type { Json } from "./json";

const form: FormDef = {
  title: "档案",
  entity: "customer",
  layout: {
    type: "VerticalLayout",
    elements: [
      { type: "Group", label: "资料", elements: [{ type: "HorizontalLayout", elements: [control("name"), control("preference")] }, control("phone")] },
      control("note"),
    ],
  },
};

it.each([
  ["name", ["name", "preference", "new", "phone", "note"]],
  ["phone", ["name", "preference", "phone", "new", "note"]],
  ["elsewhere", ["name", "preference", "phone", "note", "new"]],
  [undefined, ["name", "preference", "phone", "note", "new"]],
])("behind %s", (behind, fields) => {
  const changed = addBehind(form, behind, control("new")).apply(form as Json) as unknown as FormDef;
  expect(fieldsOnForm(changed.layout)).toEqual(fields);
});
