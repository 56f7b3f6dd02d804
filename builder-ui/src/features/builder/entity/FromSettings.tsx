/** Where a field takes its first values from when it is published: nowhere, a field that is there, or an expression. */
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { useApp } from "@/api/hooks";
import type { FieldSchema, Origin } from "@/definition/entity";
import { SelectField, TextField } from "../parts/fields";

type FromSettingsProps = { entityKey: string; field: FieldSchema; onChange: (origin: Origin | undefined) => void };

type Way = "none" | "field" | "expression";

/** Nothing where no release has fields to take from. */
export function FromSettings({ entityKey, field, onChange }: FromSettingsProps) {
  const { t } = useTranslation("builder");
  const properties = useApp().data?.entities[entityKey]?.schema.properties ?? {};
  const sources = Object.entries(properties).map(([value, each]) => ({ value, label: `${each.title || value} (${value})` }));
  const origin = field["x-from"];
  const way: Way = origin === undefined ? "none" : "field" in origin ? "field" : "expression";
  if (sources.length === 0 && origin === undefined) return null;
  const choose = (next: string | undefined) => {
    if (next === "field") onChange({ field: "" });
    else if (next === "expression") onChange({ expression: "" });
    else onChange(undefined);
  };
  return (
    <>
      <SelectField label={t("from.way")} help={t(`from.help.${way}`)} value={way} options={(["none", "field", "expression"] as const).map((value) => ({ value, label: t(`from.${value}`) }))} onChange={choose} />
      {origin && "field" in origin && <SelectField label={t("from.source")} value={origin.field} options={sources} onChange={(key) => onChange({ field: key ?? "" })} />}
      {origin && "expression" in origin && (
        <>
          <TextField label={t("from.expressionLabel")} code rows={2} value={origin.expression} help={t("from.expressionHelp")} onChange={(expression) => onChange({ expression })} />
          <Select aria-label={t("computed.insert")} placeholder={t("computed.insert")} value={null} options={sources} showSearch={{ optionFilterProp: "label" }} style={{ width: "100%" }}
            onChange={(key: string) => onChange({ expression: `${origin.expression}${origin.expression === "" || origin.expression.endsWith(" ") ? "" : " "}${key}` })} />
        </>
      )}
    </>
  );
}
