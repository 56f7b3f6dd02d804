/** The form as staff will see it, drawn by the one renderer. Nothing that is typed here is saved. */
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useMe } from "@/api/hooks";
import type { FormDef } from "@/definition/form";
import { isGrade } from "@/definition/grade";
import { RenderingProvider } from "@/renderer/context";
import { FormView } from "@/renderer/form/FormView";
import type { FormSetup } from "@/renderer/form/model";
import { FormStore } from "@/renderer/form/store";
import { todayIn } from "@/lib/format";
import { useDefinitions, useEntities } from "../draft/context";

export function FormPreview({ form, device }: { form: FormDef; device: "pc" | "phone" }) {
  const { t } = useTranslation("builder");
  const app = useApp().data;
  const setup = useSetup(form);
  const store = useCarried(setup);
  if (!app || !store) return null;
  return (
    <section className="kzb-preview" data-device={device} aria-label={t(`preview.${device}`)}>
      <RenderingProvider app={app}>
        <FormView store={store} />
      </RenderingProvider>
    </section>
  );
}

/** A store for the form as it is drawn now, with what was typed into the one before. */
function useCarried(setup: FormSetup | undefined): FormStore | undefined {
  const [held, setHeld] = useState<FormStore>();
  if (setup && held?.setup !== setup) setHeld(carry(setup, held));
  return setup && held;
}

function carry(setup: FormSetup, last: FormStore | undefined): FormStore {
  const store = new FormStore(setup);
  const typed = Object.entries(last?.changes() ?? {}).filter(([key]) => Object.hasOwn(setup.schema.properties, key));
  store.restore(Object.fromEntries(typed));
  return store;
}

/** The form over the entity as it is in the draft, for whoever designs it. */
function useSetup(form: FormDef): FormSetup | undefined {
  const app = useApp().data;
  const me = useMe().data;
  const schema = useEntities()[form.entity];
  const grades = useDefinitions("grades");
  return useMemo(() => {
    if (!app || !me || !schema) return undefined;
    const own = Object.values(grades).flatMap((grade) => (isGrade(grade) && grade.entity === form.entity ? [grade] : []));
    return {
      schema,
      form,
      rights: {},
      caller: { id: me.id, department: me.department ?? undefined, roles: me.roles },
      zone: app.zone,
      letters: Object.fromEntries(own.map((grade) => [grade.field, grade.bands.map(({ letter }) => letter)])),
      today: () => todayIn(app.zone),
      now: () => new Date().toISOString(),
    };
  }, [app, me, schema, grades, form]);
}
