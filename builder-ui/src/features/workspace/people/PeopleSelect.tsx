/** People chosen by name or login; those who have left are not offered. */
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { useUsers } from "@/api/hooks";
import type { Person } from "@/api/people";

type PeopleSelectProps = { id: string; value: string[]; isList?: boolean; without?: string; describedBy?: string; isInvalid?: boolean; onChange: (people: string[]) => void };

export function PeopleSelect({ id, value, isList = false, without, describedBy, isInvalid, onChange }: PeopleSelectProps) {
  const { t } = useTranslation("people");
  const users = useUsers(true);
  // Whoever manages people is told all of an account.
  const people = (users.data?.items ?? []) as unknown as Person[];
  const offered = people.filter((person) => person.id !== without && (person.active || value.includes(person.id)));
  const options = offered.map(({ id: key, name, login }) => ({ value: key, label: name === login ? name : `${name}（${login}）` }));
  const shared = {
    id, className: "kz-wide", options, loading: users.isLoading, allowClear: true, showSearch: { optionFilterProp: "label" }, placeholder: t("choose.people"),
    "aria-describedby": describedBy, status: isInvalid ? ("error" as const) : undefined,
  };
  if (isList) return <Select {...shared} mode="multiple" value={value} onChange={(ids: string[]) => onChange(ids)} />;
  return <Select {...shared} value={value[0]} onChange={(one: string | undefined) => onChange(one ? [one] : [])} />;
}
