/**
 * What else is known of the record that is decided about. Closed where the task already shows fields to read, open where it
 * shows none: nobody decides blind.
 */
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { RecordBody, Task } from "@/api/types";
import { FactsView } from "@/renderer/form/FactsView";
import { fieldsIn, generatedLayout } from "@/renderer/form/layout";
import type { FormSetup } from "@/renderer/form/model";
import { setupOf } from "../form/setup";
import { type Session, useSession } from "../session";

type TaskFactsProps = { task: Task; record: RecordBody };

export function TaskFacts({ task, record }: TaskFactsProps) {
  const { t } = useTranslation("workspace");
  const session = useSession();
  const setup = useMemo(() => factsOf(session, task, record), [session.app, session.me, task.id, record]); // oxlint-disable-line react/exhaustive-deps
  if (!setup) return null;
  const isOpen = !Object.values(task.fields ?? {}).includes("read");
  return (
    <details className="kz-task-facts" open={isOpen}>
      <summary>{t("task.facts")}</summary>
      <FactsView setup={setup} />
    </details>
  );
}

/** The filled fields that the task neither shows nor hides; `undefined` when there are none. */
export function factsOf(session: Session, task: Task, record: RecordBody): FormSetup | undefined {
  const schema = session.app.entities[task.entity]?.schema;
  if (!schema) return undefined;
  const form = task.form ? session.app.forms[task.form] : undefined;
  const shown = new Set([...Object.keys(task.fields ?? {}), ...(form ? fieldsIn(form.layout) : [])]);
  const rest = Object.entries(schema.properties).filter(([key]) => !shown.has(key) && isFilled(record[key]));
  if (rest.length === 0) return undefined;
  const layout = generatedLayout({ properties: Object.fromEntries(rest) });
  return { ...setupOf(session, { entity: task.entity, record }), form: { title: "", entity: task.entity, layout } };
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);
}
