/** What a form is made of, for one entity and this caller. */
import type { RecordBody } from "@/api/types";
import type { Fields, FormDef } from "@/definition/schema";
import type { FormSetup, TaskFields } from "@/renderer/form/model";
import { generatedLayout } from "@/renderer/form/layout";
import { todayIn } from "@/lib/format";
import { lettersOf, type Session } from "../session";

type SetupOptions = {
  entity: string;
  /** Key of the form; the one named like the entity, else its first, when absent. */
  form?: string;
  record?: RecordBody;
  preset?: Fields;
  task?: TaskFields;
};

/** The key and definition of the form that an entity is entered with. */
export function formOf({ app }: Session, entity: string, form?: string): { key: string; form: FormDef } {
  const forms = app.entities[entity]?.forms ?? [];
  const key = form ?? (forms.includes(entity) ? entity : forms[0]) ?? entity;
  const schema = app.entities[entity]!.schema;
  return { key, form: app.forms[key] ?? { title: schema.title ?? entity, entity, layout: generatedLayout(schema) } };
}

export function setupOf(session: Session, { entity, form, record, preset, task }: SetupOptions): FormSetup {
  const { app, me } = session;
  const model = app.entities[entity]!;
  const chosen = formOf(session, entity, form).form;
  return {
    schema: model.schema,
    form: preset ? withPreset(chosen, preset) : chosen,
    rights: model.fields,
    stored: record,
    masked: record?.masked,
    task,
    caller: { id: me.id, department: me.department ?? undefined, roles: me.roles },
    zone: app.zone,
    letters: lettersOf(app, entity),
    today: () => todayIn(app.zone),
    now: () => new Date().toISOString(),
  };
}

/** Values that a new record starts with because of where it was asked for. */
function withPreset(form: FormDef, preset: Fields): FormDef {
  const fields = { ...form.fields };
  for (const [key, value] of Object.entries(preset)) fields[key] = { ...fields[key], default: value };
  return { ...form, fields };
}

/** The form of a task: its own, or one that shows only the fields the task names. */
export function taskForm(session: Session, entity: string, form: string | null | undefined, task: TaskFields): FormDef | undefined {
  if (form && session.app.forms[form]) return session.app.forms[form];
  const schema = session.app.entities[entity]?.schema;
  const shown = Object.entries(schema?.properties ?? {}).filter(([name]) => task[name] !== undefined && task[name] !== "hidden");
  if (!schema || shown.length === 0) return undefined;
  // What is to be read comes before what is to be filled in.
  const properties = Object.fromEntries([...shown.filter(([name]) => task[name] === "read"), ...shown.filter(([name]) => task[name] !== "read")]);
  return { title: "", entity, layout: generatedLayout({ properties }) };
}
