/** Everything that is to be said of a person. */
import { Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useDepartmentRows, usePositions, useRoles, useTeams } from "@/api/people";
import { departmentPaths } from "@/renderer/departments";
import type { Draft } from "./draft";
import { Entry } from "./Entry";
import { PeopleSelect } from "./PeopleSelect";

type PersonFieldsProps = { id?: string; draft: Draft; problem: unknown; onChange: (part: Partial<Draft>) => void };

/** The fields that a refusal may point at. */
export const PLACES = ["login", "name", "email", "roles", "department", "position", "manager", "teams"];

export function PersonFields({ id: person, draft, problem, onChange }: PersonFieldsProps) {
  const { t } = useTranslation("people");
  const texts = [["name", "off"], ["login", "off"], ["email", "off"]] as const;
  return (
    <>
      {texts.map(([name, autoComplete]) => (
        <Entry key={name} name={name} label={t(`field.${name}`)} help={name === "email" ? t("help.email") : undefined} problem={problem}>
          {({ id, isInvalid, describedBy }) => (
            <Input id={id} autoComplete={autoComplete} aria-describedby={describedBy} aria-invalid={isInvalid} status={isInvalid ? "error" : undefined} value={draft[name]} onChange={(event) => onChange({ [name]: event.target.value })} />
          )}
        </Entry>
      ))}
      <Roles draft={draft} problem={problem} onChange={onChange} />
      <Places draft={draft} problem={problem} onChange={onChange} />
      <Entry name="manager" label={t("field.manager")} help={t("help.manager")} problem={problem}>
        {({ id, ...input }) => <PeopleSelect id={id} {...input} value={draft.manager ? [draft.manager] : []} without={person} onChange={([manager = ""]) => onChange({ manager })} />}
      </Entry>
    </>
  );
}

type PartProps = Omit<PersonFieldsProps, "id">;

function Roles({ draft, problem, onChange }: PartProps) {
  const { t } = useTranslation("people");
  const roles = useRoles();
  // A role that the caller may not give is shown where it is held, and stays.
  const options = (roles.data ?? []).map(({ key, title, grantable }) => ({ value: key, label: title ?? t("admin"), disabled: !grantable }));
  return (
    <Entry name="roles" label={t("field.roles")} help={t("help.roles")} problem={problem}>
      {({ id, isInvalid, describedBy }) => (
        <Select id={id} mode="multiple" className="kz-wide" aria-describedby={describedBy} status={isInvalid ? "error" : undefined} options={options} loading={roles.isLoading} showSearch={{ optionFilterProp: "label" }}
          placeholder={t("choose.roles")} value={draft.roles} onChange={(next: string[]) => onChange({ roles: next })} />
      )}
    </Entry>
  );
}

function Places({ draft, problem, onChange }: PartProps) {
  const { t } = useTranslation("people");
  const departments = departmentPaths(useDepartmentRows().data ?? []);
  const positions = (usePositions().data ?? []).map(({ id, title }) => ({ value: id, label: title }));
  const teams = (useTeams().data ?? []).map(({ id, title }) => ({ value: id, label: title }));
  const shared = { className: "kz-wide", allowClear: true, showSearch: { optionFilterProp: "label" } };
  const one = (name: "department" | "position", options: { value: string; label: string }[]) => (
    <Entry name={name} label={t(`field.${name}`)} problem={problem}>
      {({ id, isInvalid }) => <Select {...shared} id={id} status={isInvalid ? "error" : undefined} options={options} placeholder={t(`choose.${name}`)} value={draft[name] || undefined} onChange={(next: string | undefined) => onChange({ [name]: next ?? "" })} />}
    </Entry>
  );
  return (
    <>
      {one("department", departments)}
      {positions.length > 0 && one("position", positions)}
      {teams.length > 0 && (
        <Entry name="teams" label={t("field.teams")} problem={problem}>
          {({ id }) => <Select {...shared} id={id} mode="multiple" options={teams} placeholder={t("choose.teams")} value={draft.teams} onChange={(next: string[]) => onChange({ teams: next })} />}
        </Entry>
      )}
    </>
  );
}
