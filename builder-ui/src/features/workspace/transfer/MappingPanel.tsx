/** How a file was understood: which column goes to which field, what becomes of rows, and what rules want confirmed. */
import { Checkbox, Select } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { FileColumn, ImportMode, ToldRow } from "@/api/transfer";
import type { EntityModel } from "@/api/types";
import { type DataColumn, DataTable } from "@/ui/DataTable";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { type Choice, isId, keysOf, mapped, questionsOf, targetOf, targetsOf } from "./choice";

type MappingPanelProps = { entity: EntityModel; columns: FileColumn[]; wrong: ToldRow[]; choice: Choice; onChange: (choice: Choice) => void };

export function MappingPanel({ entity, columns, wrong, choice, onChange }: MappingPanelProps) {
  const { t } = useTranslation("workspace");
  const targets = targetsOf(entity, t("system.owner"));
  const change = (part: Partial<Choice>) => onChange({ ...choice, ...part });
  const all: DataColumn<FileColumn>[] = [
    { key: "column", title: t("transfer.column"), width: 60, render: ({ column }) => column },
    { key: "header", title: t("transfer.header"), width: 160, render: ({ header }) => header },
    {
      key: "field", title: t("transfer.field"), width: 220,
      render: (column) => isId(column.header)
        ? <span className="kz-quiet">{t(choice.key === "id" ? "transfer.byId" : "transfer.leaveOut")}</span>
        : <Select className="kz-wide" aria-label={t("transfer.fieldOf", { header: column.header })} showSearch={{ optionFilterProp: "label" }} value={targetOf(column, choice.map)}
            options={[{ value: "", label: t("transfer.leaveOut") }, ...targets]} onChange={(field) => change({ map: mapped(columns, choice.map, column.header, field) })} />,
    },
    { key: "kind", title: t("transfer.looksLike"), width: 100, render: ({ kind }) => <span className="kz-quiet">{t(`transfer.kind.${kind}`, { defaultValue: kind })}</span> },
  ];
  // On a phone the letter and the guess give way to what is chosen.
  const isNarrow = useIsNarrow();
  const shown = isNarrow ? all.filter(({ key }) => key === "header" || key === "field").map((column) => ({ ...column, width: 130 })) : all;
  return (
    <>
      <DataTable<FileColumn> label={t("transfer.mapping")} columns={shown} rows={columns} rowKey={({ column }) => column} />
      <Ways entity={entity} columns={columns} choice={choice} onChange={change} />
      <Questions wrong={wrong} choice={choice} onChange={change} />
    </>
  );
}

type WaysProps = { entity: EntityModel; columns: FileColumn[]; choice: Choice; onChange: (part: Partial<Choice>) => void };

/** What becomes of rows whose record is there already, and what else happens. */
function Ways({ entity, columns, choice, onChange }: WaysProps) {
  const { t } = useTranslation("workspace");
  const id = useId();
  const keys = keysOf(entity, columns, choice.map);
  const modes: ImportMode[] = [...(entity.actions.create ? (["create"] as const) : []), ...(keys.length > 0 && entity.actions.update ? (["upsert", "update"] as const) : [])];
  const choose = (mode: ImportMode) => onChange({ mode, key: mode === "create" ? undefined : (choice.key ?? keys[0]?.value) });
  return (
    <div className="kz-ways">
      <label htmlFor={`${id}mode`}>{t("transfer.mode.label")}</label>
      <Select id={`${id}mode`} value={choice.mode} options={modes.map((mode) => ({ value: mode, label: t(`transfer.mode.${mode}`) }))} onChange={choose} />
      {choice.mode !== "create" && (
        <>
          <label htmlFor={`${id}key`}>{t("transfer.key")}</label>
          <Select id={`${id}key`} value={choice.key} options={keys} onChange={(key) => onChange({ key })} />
          <Checkbox checked={choice.clearEmpty} onChange={(event) => onChange({ clearEmpty: event.target.checked })}>{t("transfer.clearEmpty")}</Checkbox>
        </>
      )}
      <Checkbox checked={choice.workflows} onChange={(event) => onChange({ workflows: event.target.checked })}>{t("transfer.workflows")}</Checkbox>
    </div>
  );
}

type QuestionsProps = { wrong: ToldRow[]; choice: Choice; onChange: (part: Partial<Choice>) => void };

/** Rules that let a row in once somebody has confirmed it. */
function Questions({ wrong, choice, onChange }: QuestionsProps) {
  const { t } = useTranslation("workspace");
  const questions = Object.entries(questionsOf(wrong));
  if (questions.length === 0) return null;
  const tick = (rule: string, on: boolean) => onChange({ confirm: on ? [...choice.confirm, rule] : choice.confirm.filter((one) => one !== rule) });
  return (
    <fieldset className="kz-ways">
      <legend>{t("transfer.confirm")}</legend>
      {questions.map(([rule, message]) => (
        <Checkbox key={rule} checked={choice.confirm.includes(rule)} onChange={(event) => tick(rule, event.target.checked)}>{message}</Checkbox>
      ))}
    </fieldset>
  );
}
