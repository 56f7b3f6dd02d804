/** What starts a run. */
import { useTranslation } from "react-i18next";
import { command } from "@/definition/commands";
import type { Json } from "@/definition/json";
import { type Trigger, TRIGGERS, type WorkflowDef } from "@/definition/workflow";
import { ConditionEditor } from "../condition/ConditionEditor";
import { useSubjects } from "../condition/useSubjects";
import { useDiagnosticsAt, useRun } from "../draft/context";
import { MultiSelectField, SelectField, SwitchField, TextField } from "../parts/fields";

export function TriggerSettings({ workflow, path }: { workflow: WorkflowDef; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const { trigger } = workflow;
  const subjects = useSubjects(workflow.entity);
  const problems = useDiagnosticsAt(path, "/trigger");
  const own = subjects.filter((subject) => !subject.path.includes("."));
  const options = (kinds?: string[]) => own.filter((subject) => !kinds || kinds.includes(subject.kind)).map(({ path: value, label }) => ({ value, label }));
  const put = (next: Trigger, merge?: string) =>
    run(command({ text: "command.trigger" }, [{ op: "put", path: ["trigger"], value: JSON.parse(JSON.stringify(next)) as Json }], merge && `trigger:${merge}`));
  const change = (part: Partial<Trigger>) => put({ ...trigger, ...part }, Object.keys(part).join());
  const changeKind = (on: string | undefined) => put(fresh(on ?? "record_created", workflow, trigger));
  return (
    <>
      <SelectField label={t("trigger.title")} value={trigger.on} options={TRIGGERS.map((value) => ({ value, label: t(`trigger.${value}`) }))} onChange={changeKind} problems={problems} />
      {trigger.on === "record_updated" && <MultiSelectField label={t("trigger.changed")} help={t("trigger.changedHelp")} value={trigger.changed ?? []} options={options()} onChange={(changed) => change({ changed: changed.length > 0 ? changed : undefined })} />}
      {trigger.on === "grade_changed" && <SelectField label={t("grade.field")} clearable value={trigger.field} options={options(["grade"])} onChange={(field) => change({ field })} />}
      {trigger.on === "schedule" && (
        <div className="kzb-columns">
          <TextField label={t("trigger.cron")} code help={t("trigger.cronHelp")} value={trigger.cron} onChange={(cron) => change({ cron })} />
          <TextField label={t("trigger.zone")} placeholder="Asia/Shanghai" value={trigger.zone} onChange={(zone) => change({ zone: zone || undefined })} />
        </div>
      )}
      {trigger.on === "date_field" && (
        <>
          <div className="kzb-columns">
            <SelectField label={t("trigger.dateField")} value={trigger.field} options={options(["date", "datetime", "lunar_date"])} onChange={(field) => change({ field })} />
            <TextField label={t("trigger.offset")} placeholder="-3d" help={t("trigger.offsetHelp")} value={trigger.offset} onChange={(offset) => change({ offset: offset || undefined })} />
            <TextField label={t("trigger.at")} placeholder="09:00" value={trigger.at} onChange={(at) => change({ at: at || undefined })} />
          </div>
          <SwitchField label={t("trigger.yearly")} checked={trigger.yearly === true} onChange={(on) => change({ yearly: on || undefined })} />
        </>
      )}
      <h3>{t(trigger.on === "schedule" ? "trigger.each" : "trigger.when")}</h3>
      {trigger.on === "schedule" ? (
        <ConditionEditor label={t("trigger.each")} value={trigger.each?.where} subjects={subjects} emptyText={t("trigger.eachAll")} onChange={(where) => change({ each: { entity: workflow.entity, where } })} />
      ) : (
        <ConditionEditor label={t("trigger.when")} value={trigger.when} subjects={subjects} emptyText={t("trigger.always")} onChange={(when) => change({ when })} />
      )}
    </>
  );
}

/** Another kind of trigger with what it cannot do without; the condition is kept where both have one. */
function fresh(on: string, workflow: WorkflowDef, old: Trigger): Trigger {
  const when = on === "schedule" ? {} : { when: old.when };
  if (on === "schedule") return { on, cron: "0 9 * * *", each: { entity: workflow.entity } };
  return on === "date_field" ? { on, field: "", ...when } : { on, ...when };
}
