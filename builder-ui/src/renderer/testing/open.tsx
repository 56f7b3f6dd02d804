/** Opens a form of one entity in a test and hands over its store. */
import i18next from "i18next";
import type { EntitySchema, FieldSchema, Fields, FormDef } from "@/definition/schema";
import { FormView } from "../form/FormView";
import type { FormSetup } from "../form/model";
import { FormStore } from "../form/store";
import { draw, startTexts } from "./render";

export type OpenOptions = { form?: Partial<FormDef>; stored?: Fields; required?: string[]; setup?: Partial<FormSetup> };

export function openForm(properties: Record<string, FieldSchema>, { form, stored, required, setup }: OpenOptions = {}): FormStore {
  const schema: EntitySchema = { properties, required };
  const store = new FormStore({
    schema,
    form: { title: "", entity: "customer", layout: { type: "VerticalLayout", elements: [] }, ...form },
    rights: {},
    stored,
    zone: "Asia/Shanghai",
    today: () => "2026-11-20",
    now: () => "2026-11-20T04:00:00.000Z",
    caller: { id: "me", roles: [] },
    ...setup,
  });
  draw(<FormView store={store} />);
  return store;
}

/** Switches the texts of a test to a language; the next test begins in Chinese again where it asks for it. */
export async function speak(language: "zh-CN" | "en"): Promise<void> {
  await startTexts();
  await i18next.changeLanguage(language);
}
