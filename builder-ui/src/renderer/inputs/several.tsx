/** Inputs that name several people or several records. */
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useUsers } from "@/api/hooks";
import { useNames, useRendering } from "../context";
import { useFound, useSettledText } from "./references";
import { aria, type InputProps } from "./types";

export function PeopleInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const names = useNames();
  const users = useUsers(true);
  const chosen = idsIn(props.value);
  const options = (users.data?.items ?? []).map((user) => ({ value: user.id, label: user.name, login: user.login }));
  for (const id of chosen) if (!options.some((option) => option.value === id)) options.push({ value: id, label: names[id] ?? id, login: "" });
  return (
    <Select
      {...aria(props)}
      className="kz-wide"
      mode="multiple"
      showSearch={{ filterOption: (text, option) => `${option?.label} ${option?.login}`.toLowerCase().includes(text.toLowerCase()) }}
      allowClear={!props.required}
      loading={users.isLoading}
      value={chosen}
      options={options}
      maxCount={props.field.maxItems}
      placeholder={t("input.choosePeople")}
      status={props.invalid ? "error" : undefined}
      onChange={(ids: string[]) => props.onChange(ids.length > 0 ? ids : null)}
    />
  );
}

type Option = { value: string; label: string };

export function RelationsInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { app, names } = useRendering();
  const known = useNames();
  const entity = props.field["x-relation"]?.entity ?? "";
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const found = useFound(props, entity, useSettledText(text), open);
  const chosen = idsIn(props.value);
  return (
    <Select<Option[]>
      {...aria(props)}
      className="kz-wide"
      mode="multiple"
      labelInValue
      showSearch={{ filterOption: false, onSearch: setText }}
      allowClear={!props.required}
      value={chosen.map((id) => ({ value: id, label: known[id] ?? id }))}
      options={found.options}
      loading={found.isFetching}
      maxCount={props.field.maxItems}
      onOpenChange={setOpen}
      placeholder={t("input.searchRecord", { entity: app.entities[entity]?.title ?? entity })}
      notFoundContent={found.isFetching ? t("state.loading") : t("input.nothingFound")}
      status={props.invalid ? "error" : undefined}
      onChange={(next) => {
        names.learn(Object.fromEntries(next.map(({ value, label }) => [value, String(label)])));
        props.onChange(next.length > 0 ? next.map(({ value }) => value) : null);
      }}
    />
  );
}

function idsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : typeof value === "string" && value !== "" ? [value] : [];
}
