/** Inputs that point at others: a person, or a record of another entity found by typing. */
import { Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchList, useRecord, useUsers } from "@/api/hooks";
import { whenComposed } from "@/lib/composing";
import { useNames, useRendering } from "../context";
import { narrowing } from "./narrowing";
import { aria, type InputProps } from "./types";

const SEARCH_DELAY_MS = 250;

export function PersonInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const names = useNames();
  const users = useUsers(true);
  const chosen = props.value as string | null | undefined;
  const options = (users.data?.items ?? []).map((user) => ({ value: user.id, label: user.name, login: user.login }));
  if (chosen && !options.some((option) => option.value === chosen)) options.push({ value: chosen, label: names[chosen] ?? chosen, login: "" });
  return (
    <Select
      {...aria(props)}
      className="kz-wide"
      showSearch={{ filterOption: (text, option) => `${option?.label} ${option?.login}`.toLowerCase().includes(text.toLowerCase()) }}
      allowClear={!props.required}
      loading={users.isLoading}
      value={chosen ?? undefined}
      options={options}
      placeholder={t("input.choosePerson")}
      status={props.invalid ? "error" : undefined}
      onChange={(id) => props.onChange(id ?? null)}
    />
  );
}

export function RelationInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { app, names } = useRendering();
  const entity = props.field["x-relation"]?.entity ?? "";
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const found = useFound(props, entity, useSettledText(text), open);
  const chosen = props.value as string | null | undefined;
  const title = useTitle(entity, chosen ?? undefined);
  const options = found.options.some((option) => option.value === chosen) || !chosen || text !== ""
    ? found.options
    : [{ value: chosen, label: title }, ...found.options];
  return (
    <Select
      {...aria(props)}
      className="kz-wide"
      showSearch={{ filterOption: false, onSearch: setText }}
      allowClear={!props.required}
      value={chosen ? { value: chosen, label: title } : undefined}
      labelInValue
      options={options}
      loading={found.isFetching}
      onOpenChange={setOpen}
      placeholder={t("input.searchRecord", { entity: app.entities[entity]?.title ?? entity })}
      notFoundContent={found.isFetching ? t("state.loading") : t("input.nothingFound")}
      status={props.invalid ? "error" : undefined}
      onChange={(next) => {
        if (next) names.learn({ [next.value]: String(next.label) });
        props.onChange(next?.value ?? null);
      }}
    />
  );
}

/** What a chosen record is called; asked for where nothing on the page has said it, as for a default that the server reckoned. */
function useTitle(entity: string, id: string | undefined): string {
  const { app } = useRendering();
  const known = useNames();
  const isKnown = id === undefined || known[id] !== undefined;
  const loaded = useRecord(entity, id ?? "", !isKnown && app.entities[entity] !== undefined);
  const title = loaded.data?.record[app.entities[entity]?.schema["x-title-field"] ?? "name"];
  return (id && known[id]) ?? (typeof title === "string" && title !== "" ? title : (id ?? ""));
}

/** The twenty best records for what was typed, with their titles. */
export function useFound(props: InputProps, entity: string, q: string, enabled: boolean) {
  const { app } = useRendering();
  const titleField = app.entities[entity]?.schema["x-title-field"] ?? "name";
  const where = narrowing(props.field, props.read);
  const { data, isFetching } = useQuery({
    queryKey: ["entity", entity, "find", q, where],
    queryFn: ({ signal }) => fetchList(entity, { q, where: where === "none" ? undefined : where, limit: 20, count: "none" }, signal),
    enabled: enabled && where !== "none",
  });
  const options = (data?.items ?? []).map((record) => ({ value: record.id, label: String(record[titleField] ?? record.id) }));
  return { options, isFetching };
}

/** What was typed, once typing and any composition have rested. */
export function useSettledText(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    let giveUp: () => void = () => undefined;
    const timer = setTimeout(() => {
      giveUp = whenComposed(() => setSettled(text));
    }, SEARCH_DELAY_MS);
    return () => {
      clearTimeout(timer);
      giveUp();
    };
  }, [text]);
  return settled;
}
