/** A department, a team or a position: made, changed, taken away. */
import { Button, Input, Modal, Popconfirm, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type DepartmentRow, type Kind, type Position, type Team, useDeleteUnit, useDepartmentRows, useSaveUnit } from "@/api/people";
import { departmentPaths } from "@/renderer/departments";
import { ProblemNotice } from "../ProblemNotice";
import { Entry, hasPlaces } from "./Entry";
import { PeopleSelect } from "./PeopleSelect";
import { belowOf } from "./tree";

type Unit = DepartmentRow | Team | Position;
type UnitDialogProps = { kind: Kind; unit?: Unit; parent?: string; onClose: () => void };

type Draft = { title: string; key: string; parent: string; head: string; deputies: string[]; leader: string; members: string[] };

function draftOf(unit: Partial<DepartmentRow & Team & Position> | undefined, parent: string | undefined): Draft {
  return { title: unit?.title ?? "", key: unit?.key ?? "", parent: unit?.parent ?? parent ?? "", head: unit?.head ?? "", deputies: unit?.deputies ?? [], leader: unit?.leader ?? "", members: unit?.members ?? [] };
}

/** What of a draft belongs to the kind; a key that nobody wrote is left to the server. */
function changeOf(kind: Kind, { title, key, parent, head, deputies, leader, members }: Draft): Record<string, unknown> {
  const named = { title, ...(key === "" ? {} : { key }) };
  if (kind === "departments") return { ...named, parent, head, deputies };
  return kind === "teams" ? { ...named, leader, members } : named;
}

export function UnitDialog({ kind, unit, parent, onClose }: UnitDialogProps) {
  const { t } = useTranslation("people");
  const [draft, setDraft] = useState(draftOf(unit, parent));
  const save = useSaveUnit(kind);
  const remove = useDeleteUnit(kind);
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const text = (name: "title" | "key", help?: string) => (
    <Entry name={name} label={t(`unit.${name}`)} help={help} problem={save.error}>
      {({ id, isInvalid, describedBy }) => <Input id={id} aria-describedby={describedBy} aria-invalid={isInvalid} status={isInvalid ? "error" : undefined} value={draft[name]} onChange={(event) => change({ [name]: event.target.value })} />}
    </Entry>
  );
  const footer = (
    <>
      {unit && (
        <Popconfirm title={t("unit.removeAsk", { title: unit.title })} okText={t("unit.remove")} cancelText={t("action.cancel")} okButtonProps={{ danger: true }} onConfirm={() => remove.mutate(unit.id, { onSuccess: onClose })}>
          <Button danger loading={remove.isPending} style={{ float: "inline-start" }}>{t("unit.remove")}</Button>
        </Popconfirm>
      )}
      <Button onClick={onClose}>{t("action.cancel")}</Button>
      <Button type="primary" loading={save.isPending} onClick={() => save.mutate({ id: unit?.id, change: changeOf(kind, draft) }, { onSuccess: onClose })}>{t("action.save")}</Button>
    </>
  );
  return (
    <Modal open title={t(unit ? `unit.edit.${kind}` : `unit.new.${kind}`)} onCancel={onClose} footer={footer}>
      <div className="kz-sheet-form">
        {text("title")}
        {kind === "departments" && <DepartmentParts unit={unit as DepartmentRow | undefined} draft={draft} problem={save.error} onChange={change} />}
        {kind === "teams" && <TeamParts draft={draft} problem={save.error} onChange={change} />}
        {text("key", t("unit.keyHelp"))}
        {save.isError && !hasPlaces(save.error, ["title", "key", "parent", "head", "deputies", "leader", "members"]) && <ProblemNotice problem={save.error} />}
        {remove.isError && <ProblemNotice problem={remove.error} />}
      </div>
    </Modal>
  );
}

type PartsProps = { draft: Draft; problem: unknown; onChange: (part: Partial<Draft>) => void };

function DepartmentParts({ unit, draft, problem, onChange }: PartsProps & { unit: DepartmentRow | undefined }) {
  const { t } = useTranslation("people");
  const rows = useDepartmentRows().data ?? [];
  const inside = unit ? belowOf(rows, unit.id) : new Set<string>();
  const options = departmentPaths(rows).filter(({ value }) => !inside.has(value));
  return (
    <>
      <Entry name="parent" label={t("unit.parent")} problem={problem}>
        {({ id, isInvalid }) => <Select id={id} className="kz-wide" allowClear showSearch={{ optionFilterProp: "label" }} status={isInvalid ? "error" : undefined} options={options} placeholder={t("unit.top")} value={draft.parent || undefined} onChange={(next: string | undefined) => onChange({ parent: next ?? "" })} />}
      </Entry>
      <Entry name="head" label={t("unit.head")} problem={problem}>
        {({ id, ...input }) => <PeopleSelect id={id} {...input} value={draft.head ? [draft.head] : []} onChange={([head = ""]) => onChange({ head })} />}
      </Entry>
      <Entry name="deputies" label={t("unit.deputies")} help={t("unit.deputiesHelp")} problem={problem}>
        {({ id, ...input }) => <PeopleSelect id={id} {...input} isList value={draft.deputies} onChange={(deputies) => onChange({ deputies })} />}
      </Entry>
    </>
  );
}

function TeamParts({ draft, problem, onChange }: PartsProps) {
  const { t } = useTranslation("people");
  return (
    <>
      <Entry name="leader" label={t("unit.leader")} problem={problem}>
        {({ id, ...input }) => <PeopleSelect id={id} {...input} value={draft.leader ? [draft.leader] : []} onChange={([leader = ""]) => onChange({ leader })} />}
      </Entry>
      <Entry name="members" label={t("unit.members")} help={t("unit.membersHelp")} problem={problem}>
        {({ id, ...input }) => <PeopleSelect id={id} {...input} isList value={draft.members} onChange={(members) => onChange({ members })} />}
      </Entry>
    </>
  );
}
