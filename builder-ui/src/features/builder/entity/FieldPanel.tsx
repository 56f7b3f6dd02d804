/** Everything about one field: what it is called, what it holds, and when it is shown, required and fixed. */
import { Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp } from "@/api/hooks";
import type { Command } from "@/definition/commands";
import type { Condition } from "@/definition/condition";
import { changeKind, type EntityDef, type FieldSchema, isRequired, removeField, renameField, setFieldKey, setFieldKeys, setRequired, setShow } from "@/definition/entity";
import { pathOf } from "@/definition/files";
import { fieldsOnForm, type FormDef, isForm, renameOnForm, takeOffForm } from "@/definition/form";
import type { Json } from "@/definition/json";
import { isDerived, isKind, KINDS, mayBeSearched, mayBeUnique, newField } from "@/definition/kinds";
import { ConditionEditor } from "../condition/ConditionEditor";
import { useSubjects } from "../condition/useSubjects";
import type { Diagnostic } from "../api";
import { isBelow, useDefinitions, useDiagnosticsAt, useDraftFiles, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { Problems, SelectField, SwitchField, TextField } from "../parts/fields";
import { RELEASE } from "../routes";
import { kindChangeText } from "../release/evolution";
import { FromSettings } from "./FromSettings";
import { KeyField } from "./KeyField";
import { KindSettings } from "./KindSettings";

type FieldPanelProps = {
  entityKey: string;
  entity: EntityDef;
  fieldKey: string;
  file: OpenFile;
  onRenamed: (key: string) => void;
  onRemoved: () => void;
};

export function FieldPanel({ entityKey, entity, fieldKey, file, onRenamed, onRemoved }: FieldPanelProps) {
  const { t } = useTranslation("builder");
  const run = useRun(file.path);
  const field = entity.properties[fieldKey];
  const problems = useProblems(file.path, fieldKey);
  const onForms = useFormsWith(entityKey, fieldKey);
  const published = useApp().data?.entities[entityKey]?.schema.properties ?? {};
  const live = published[fieldKey];
  if (!field) return null;
  const kind = field["x-kind"];
  // A field that was renamed is, to its values, the one that it was.
  const origin = field["x-from"];
  const before = live ?? (origin && "field" in origin ? published[origin.field] : undefined);
  const set = (name: string, value: Json | undefined) => run(setFieldKey(entity, fieldKey, name, value));
  const rename = (to: string) => {
    run(renameField(entity, fieldKey, to, Object.keys(published)));
    onForms((form) => renameOnForm(form, fieldKey, to));
    onRenamed(to);
  };
  const remove = () => {
    run(removeField(entity, fieldKey));
    onForms((form) => takeOffForm(form, fieldKey));
    onRemoved();
  };
  return (
    <div className="kzb-form">
      <TextField label={t("field.title")} value={field.title} onChange={(title) => set("title", title)} problems={problems.name} />
      <KeyField value={fieldKey} taken={Object.keys(entity.properties)} isLive={live !== undefined} onChange={rename} />
      {isKind(kind) && (
        <SelectField label={t("field.kind")} help={t("field.kindHelp")} value={kind} options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))} onChange={(to) => isKind(to) && to !== kind && run(changeKind(entity, fieldKey, newField(to, field.title)))} />
      )}
      {before && before["x-kind"] !== kind && <KindChange from={before} to={kind} />}
      <TextField label={t("field.help")} value={field.description} onChange={(text) => set("description", text || undefined)} />
      <KindSettings entityKey={entityKey} siblings={entity.properties} fieldKey={fieldKey} field={field} set={(keys) => run(setFieldKeys(entity, fieldKey, keys))} wrongOptions={problems.options} />
      <Problems problems={problems.rest} />
      {!isDerived(kind) && (live === undefined || origin !== undefined || live["x-kind"] !== kind) && <FromSettings entityKey={entityKey} field={field} onChange={(origin) => set("x-from", origin as Json | undefined)} />}
      {!isDerived(kind) && (
        <>
          <SwitchField label={t(field["x-show"] ? "field.requiredShown" : "field.required")} checked={isRequired(entity, fieldKey)} onChange={(on) => run(setRequired(entity, fieldKey, on))} />
          {(mayBeUnique(kind) || field["x-unique"]) && <SwitchField label={t("field.unique")} checked={field["x-unique"] === true} onChange={(on) => set("x-unique", on || undefined)} />}
        </>
      )}
      {(mayBeSearched(kind) || field["x-search"]) && <SwitchField label={t("field.search")} checked={field["x-search"] === true} onChange={(on) => set("x-search", on || undefined)} />}
      <FieldConditions entityKey={entityKey} entity={entity} fieldKey={fieldKey} path={file.path} problems={problems.conditions} />
      <Popconfirm
        title={t("field.deleteSure", { field: field.title || fieldKey })}
        description={live !== undefined ? t("field.deleteLive") : undefined}
        okText={t("delete")}
        cancelText={t("cancel")}
        onConfirm={remove}
      >
        <Button danger>{t("field.delete")}</Button>
      </Popconfirm>
    </div>
  );
}

/** What publishing will do to the values that are there. */
function KindChange({ from, to }: { from: FieldSchema; to: string }) {
  const { t } = useTranslation("builder");
  return (
    <p className="kzb-note" role="status">
      {t(kindChangeText(from["x-kind"], to), { from: t(`kind.${from["x-kind"]}`), to: t(`kind.${to}`) })} <Link to={RELEASE}>{t("evolution.look")}</Link>
    </p>
  );
}

type Place = "name" | "options" | "conditions" | "rest";

/** The findings of a field by the part of the panel that can put them right. */
function useProblems(path: string, fieldKey: string): Record<Place, Diagnostic[]> {
  const field = `/properties/${fieldKey}`;
  const all = useDiagnosticsAt(path, field);
  const of = (place: Place) => all.filter((each) => placeOf((each.pointer ?? field).slice(field.length)) === place);
  return { name: of("name"), options: of("options"), conditions: of("conditions"), rest: of("rest") };
}

function placeOf(inside: string): Place {
  const key = inside.split("/")[1] ?? "";
  if (key === "" || key === "title") return "name";
  if (key === "enum" || key === "x-labels") return "options";
  return CONDITIONS.includes(key) ? "conditions" : "rest";
}

const CONDITIONS = ["x-show", "x-require", "x-readonly"];

/** Changes every form that shows the field, so that none is left with a field that is not there. */
function useFormsWith(entity: string, field: string): (change: (form: FormDef) => Command) => void {
  const files = useDraftFiles();
  const forms = useDefinitions("forms");
  return (change) => {
    for (const [file, form] of Object.entries(forms)) {
      if (!isForm(form) || form.entity !== entity || !fieldsOnForm(form.layout).includes(field)) continue;
      files.run(pathOf({ folder: "forms", file }), change(form));
    }
  };
}

type FieldConditionsProps = { entityKey: string; entity: EntityDef; fieldKey: string; path: string; problems: readonly Diagnostic[] };

function FieldConditions({ entityKey, entity, fieldKey, path, problems }: FieldConditionsProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const subjects = useSubjects(entityKey).filter((subject) => subject.path !== fieldKey && !subject.path.startsWith(`${fieldKey}.`));
  const field = entity.properties[fieldKey];
  if (!field) return null;
  const wrong = (name: string) => <Problems problems={problems.filter((each) => isBelow(each.pointer ?? "", `/properties/${fieldKey}/${name}`))} />;
  const set = (name: string, value: Condition | string | undefined) => run(setFieldKey(entity, fieldKey, name, value as Json | undefined));
  return (
    <>
      <h3>{t("field.showWhen")}</h3>
      <ConditionEditor label={t("field.showWhen")} value={field["x-show"]} subjects={subjects} emptyText={t("field.showAlways")} onChange={(value) => run(setShow(entity, fieldKey, value))} />
      {wrong("x-show")}
      {field["x-show"] && !isDerived(field["x-kind"]) && (
        <SelectField
          label={t("field.onHide")}
          value={field["x-on-hide"] ?? "clear"}
          options={(["clear", "keep", "ignore"] as const).map((value) => ({ value, label: t(`onHide.${value}`) }))}
          onChange={(value) => set("x-on-hide", value === "clear" ? undefined : value)}
        />
      )}
      {!isDerived(field["x-kind"]) && (
        <>
          <h3>{t("field.requireWhen")}</h3>
          <ConditionEditor label={t("field.requireWhen")} value={field["x-require"]} subjects={subjects} emptyText={t("field.requireNever")} onChange={(value) => set("x-require", value)} />
          {wrong("x-require")}
          <h3>{t("field.readonlyWhen")}</h3>
          <ConditionEditor label={t("field.readonlyWhen")} value={field["x-readonly"]} subjects={subjects} emptyText={t("field.readonlyNever")} onChange={(value) => set("x-readonly", value)} />
          {wrong("x-readonly")}
        </>
      )}
    </>
  );
}
