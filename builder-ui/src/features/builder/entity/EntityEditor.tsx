/** An entity: its fields in order, one of them open at the side, and what holds for the whole. */
import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { EntityDef } from "@/definition/entity";
import { moveField, setAt } from "@/definition/entity";
import type { Json } from "@/definition/json";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Panel";
import { titleOf, useDefinitions, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { SelectField, SwitchField, TextField } from "../parts/fields";
import { SidePanel } from "../parts/SidePanel";
import { routeOf } from "../routes";
import { AddFieldDialog } from "./AddFieldDialog";
import { FieldPanel } from "./FieldPanel";
import { FieldTable } from "./FieldTable";

export function EntityEditor({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const entity = file.history.document as unknown as EntityDef;
  const key = file.name.file;
  const run = useRun(file.path);
  const [selected, setSelected] = useState<string>();
  const [adding, setAdding] = useState(false);
  const field = selected === undefined ? undefined : entity.properties[selected];
  return (
    <div className="kzb-split">
      <div className="kzb-split-main">
        <Panel
          title={t("entity.fields", { count: Object.keys(entity.properties).length })}
          extra={
            <Button type="primary" icon={<PlusOutlined aria-hidden />} onClick={() => setAdding(true)}>
              {t("entity.addField")}
            </Button>
          }
        >
          {Object.keys(entity.properties).length === 0 ? (
            <EmptyState title={t("entity.empty")} hint={t("entity.emptyHint")} />
          ) : (
            <FieldTable entityKey={key} entity={entity} path={file.path} selected={selected} onSelect={setSelected} onMove={(name, to) => run(moveField(entity, name, to))} />
          )}
        </Panel>
        <EntitySettings entity={entity} file={file} />
        <UsedBy entity={key} />
      </div>
      {field && selected !== undefined && (
        <SidePanel title={field.title || selected} onClose={() => setSelected(undefined)}>
          <FieldPanel key={selected} entityKey={key} entity={entity} fieldKey={selected} file={file} onRenamed={setSelected} onRemoved={() => setSelected(undefined)} />
        </SidePanel>
      )}
      {adding && <AddFieldDialog entityKey={key} entity={entity} path={file.path} behind={field && selected} onClose={() => setAdding(false)} onAdded={setSelected} />}
    </div>
  );
}

function EntitySettings({ entity, file }: { entity: EntityDef; file: OpenFile }) {
  const { t } = useTranslation("builder");
  const run = useRun(file.path);
  const set = (name: string, value: Json | undefined) => run(setAt(entity as unknown as Json, [name], value, { text: "command.entitySettings" }));
  const texts = Object.entries(entity.properties).map(([value, field]) => ({ value, label: field.title || value }));
  return (
    <Panel title={t("entity.settings")}>
      <div className="kzb-columns">
        <TextField label={t("field.title")} value={entity.title} onChange={(title) => set("title", title)} />
        <SelectField label={t("entity.titleField")} help={t("entity.titleFieldHelp")} value={entity["x-title-field"]} options={texts} onChange={(value) => set("x-title-field", value)} />
      </div>
      <SwitchField label={t("entity.owner")} checked={entity["x-owner"] === true} onChange={(on) => set("x-owner", on || undefined)} />
    </Panel>
  );
}

/** The forms, views and workflows that show or use records of the entity. */
function UsedBy({ entity }: { entity: string }) {
  const { t } = useTranslation("builder");
  const sources = { forms: useDefinitions("forms"), views: useDefinitions("views"), grades: useDefinitions("grades"), rules: useDefinitions("rules"), workflows: useDefinitions("workflows") };
  const users = Object.entries(sources).flatMap(([folder, definitions]) =>
    Object.entries(definitions)
      .filter(([, definition]) => (definition as { entity?: string } | null)?.entity === entity)
      .map(([file, definition]) => ({ folder, file, title: titleOf(definition, file) })),
  );
  if (users.length === 0) return null;
  return (
    <Panel title={t("entity.usedBy")}>
      <ul className="kzb-links">
        {users.map(({ folder, file, title }) => (
          <li key={`${folder}/${file}`}>
            <span className="kz-quiet">{t(`one.${folder}`)}</span> <Link to={routeOf({ folder, file })}>{title}</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
