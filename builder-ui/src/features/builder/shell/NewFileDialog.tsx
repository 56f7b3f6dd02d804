/** Asks what a new definition is called, and creates it as something that compiles. */
import { Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { type Folder, type Hints, newDefinition } from "@/definition/files";
import { keyProblem, proposeKey } from "@/definition/keys";
import { useDefinitions, useDraftFiles, useEntities } from "../draft/context";
import { SelectField, TextField } from "../parts/fields";
import { routeOf } from "../routes";

type NewFileDialogProps = { folder: Folder; entity?: string; onClose: () => void; onCreated?: () => void };

/** What a file is called whose title gives no key. */
const UNNAMED: Record<Folder, string> = {
  entities: "entity", forms: "form", views: "view", rules: "rule", grades: "grade", workflows: "workflow", messages: "message", roles: "role", shares: "share", menus: "menu", manifest: "manifest",
};
const WITHOUT_ENTITY: readonly Folder[] = ["entities", "menus", "manifest"];

export function NewFileDialog({ folder, entity: given, onClose, onCreated }: NewFileDialogProps) {
  const { t } = useTranslation("builder");
  const files = useDraftFiles();
  const navigate = useNavigate();
  const entities = useEntities();
  const taken = Object.keys(useDefinitions(folder));
  const [title, setTitle] = useState("");
  const [typedKey, setTypedKey] = useState<string>();
  const [entity, setEntity] = useState(given ?? Object.keys(entities)[0] ?? "");
  const key = typedKey ?? (title === "" ? "" : proposeKey(title, UNNAMED[folder], taken));
  const problem = key === "" ? null : keyProblem(key, taken);
  const ready = title.trim() !== "" && key !== "" && problem !== "form" && problem !== "taken";
  const create = () => {
    if (!ready) return;
    files.create({ folder, file: key }, newDefinition(folder, title.trim(), hints(entities, entity)));
    onClose();
    onCreated?.();
    void navigate(routeOf({ folder, file: key }));
  };
  return (
    <Modal open title={t("newFile.title", { kind: t(`one.${folder}`) })} okText={t("newFile.create")} cancelText={t("cancel")} okButtonProps={{ disabled: !ready }} onOk={create} onCancel={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        <TextField label={t("field.title")} value={title} onChange={setTitle} />
        <TextField label={t("field.key")} value={key} onChange={setTypedKey} code help={problem && problem !== "system" ? t(`keyProblem.${problem}`) : t("newFile.keyHelp")} />
        {!WITHOUT_ENTITY.includes(folder) && (
          <SelectField label={t("one.entities")} value={entity} onChange={(value) => setEntity(value ?? "")} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} />
        )}
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}

function hints(entities: ReturnType<typeof useEntities>, entity: string): Hints {
  const properties = Object.entries(entities[entity]?.properties ?? {});
  return { entity, fields: properties.map(([key]) => key), gradeField: properties.find(([, field]) => field["x-kind"] === "grade")?.[0] };
}
