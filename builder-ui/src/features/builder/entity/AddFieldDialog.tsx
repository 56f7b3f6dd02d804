/** A new field: what it is called, its kind, and on which forms it stands at once. */
import { Checkbox, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addField, type EntityDef } from "@/definition/entity";
import { pathOf } from "@/definition/files";
import { control, fieldsOnForm, type FormDef, isForm } from "@/definition/form";
import { addBehind } from "@/definition/formBehind";
import { keyProblem, proposeKey } from "@/definition/keys";
import { type FieldKind, isDerived, newField } from "@/definition/kinds";
import { titleOf, useDefinitions, useDraftFiles, useRun } from "../draft/context";
import { TextField } from "../parts/fields";
import { KindPicker } from "./KindPicker";

type AddFieldDialogProps = {
  entityKey: string;
  entity: EntityDef;
  path: string;
  /** The field that the new one stands behind; at the end when there is none. */
  behind: string | undefined;
  onClose: () => void;
  onAdded: (key: string) => void;
};

export function AddFieldDialog({ entityKey, entity, path, behind, onClose, onAdded }: AddFieldDialogProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const files = useDraftFiles();
  const forms = useFormsOf(entityKey);
  const [title, setTitle] = useState("");
  const [typedKey, setTypedKey] = useState<string>();
  const [kind, setKind] = useState<FieldKind>("text");
  const [chosen, setChosen] = useState<string[]>(() => mainForm(entityKey, forms));
  const taken = Object.keys(entity.properties);
  const key = typedKey ?? (title === "" ? "" : proposeKey(title, kind, taken));
  const problem = key === "" ? null : keyProblem(key, taken);
  const ready = title.trim() !== "" && key !== "" && problem === null;
  const add = () => {
    if (!ready) return;
    run(addField(key, newField(kind, title.trim()), behind === undefined ? undefined : taken.indexOf(behind) + 1));
    for (const form of chosen) {
      const definition = forms[form];
      if (definition) files.run(pathOf({ folder: "forms", file: form }), addBehind(definition, behind, control(key)));
    }
    onAdded(key);
    onClose();
  };
  return (
    <Modal open width="min(640px, 96vw)" title={t("entity.addField")} okText={t("add")} cancelText={t("cancel")} okButtonProps={{ disabled: !ready }} onOk={add} onCancel={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <div className="kzb-columns">
          <TextField label={t("field.title")} value={title} onChange={setTitle} />
          <TextField label={t("field.key")} value={key} onChange={setTypedKey} code help={t(problem ? `keyProblem.${problem}` : "field.keyHelp")} />
        </div>
        <KindPicker value={kind} onChange={setKind} />
        {Object.keys(forms).length > 0 && (
          <fieldset className="kzb-fieldset">
            <legend>{t(isDerived(kind) ? "entity.showOn" : "entity.putOn")}</legend>
            <Checkbox.Group value={chosen} onChange={setChosen} options={Object.entries(forms).map(([value, form]) => ({ value, label: titleOf(form, value) }))} />
          </fieldset>
        )}
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}

/** The form that bears the entity's name, else the fullest one. */
function mainForm(entity: string, forms: Record<string, FormDef>): string[] {
  if (Object.hasOwn(forms, entity)) return [entity];
  const fullest = Object.keys(forms).toSorted((a, b) => fieldsOnForm(forms[b]!.layout).length - fieldsOnForm(forms[a]!.layout).length);
  return fullest.slice(0, 1);
}

/** The authored forms of an entity, by key. */
function useFormsOf(entity: string): Record<string, FormDef> {
  const forms = useDefinitions("forms");
  return Object.fromEntries(Object.entries(forms).filter(([, form]) => isForm(form) && form.entity === entity)) as unknown as Record<string, FormDef>;
}
