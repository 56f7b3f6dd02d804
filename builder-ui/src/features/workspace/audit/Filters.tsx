/** What is asked of the audit: what was done, by whom, to what, from which day to which. */
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useUsers } from "@/api/hooks";
import { rankedEntities, useSession } from "../session";
import { GROUPS } from "./question";

type FiltersProps = { search: URLSearchParams; onAsk: (name: string, value: string | undefined) => void; onClear: () => void };

export function Filters({ search, onAsk, onClear }: FiltersProps) {
  const { t } = useTranslation("audit");
  const { app } = useSession();
  const people = useUsers(true).data?.items ?? [];
  const asked = (name: string) => search.get(name) ?? undefined;
  const record = asked("record");
  return (
    <div className="kz-tools kz-audit-tools" role="search" aria-label={t("filter")}>
      <Select allowClear className="kz-audit-pick" aria-label={t("what")} placeholder={t("what")} value={asked("action")} onChange={(value?: string) => onAsk("action", value)}
        options={GROUPS.map((group) => ({ value: group, label: t(`group.${group}`) }))} />
      <Select allowClear showSearch={{ optionFilterProp: "label" }} className="kz-audit-pick" aria-label={t("who")} placeholder={t("who")} value={asked("person")} onChange={(value?: string) => onAsk("person", value)}
        options={people.map(({ id, name, login }) => ({ value: id, label: `${name} (${login})` }))} />
      <Select allowClear showSearch={{ optionFilterProp: "label" }} className="kz-audit-pick" aria-label={t("entity")} placeholder={t("entity")} value={asked("entity")} onChange={(value?: string) => onAsk("entity", value)}
        options={rankedEntities(app).map((key) => ({ value: key, label: app.entities[key]?.title ?? key }))} />
      <label className="kz-audit-day">{t("from")} <input className="kz-sort" type="date" value={asked("from") ?? ""} onChange={(event) => onAsk("from", event.target.value)} /></label>
      <label className="kz-audit-day">{t("to")} <input className="kz-sort" type="date" value={asked("to") ?? ""} onChange={(event) => onAsk("to", event.target.value)} /></label>
      {record !== undefined && <span className="kz-quiet">{t("oneRecord", { record: record.slice(0, 8) })}</span>}
      {[...search].length > 0 && <Button type="link" onClick={onClear}>{t("clear")}</Button>}
    </div>
  );
}
