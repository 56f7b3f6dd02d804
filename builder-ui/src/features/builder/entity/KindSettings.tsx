/** What only fields of certain kinds have: choices, scale, target, expression … */
import { useTranslation } from "react-i18next";
import { choicesOf, type EntityDef, type FieldSchema, setChoices } from "@/definition/entity";
import type { Json } from "@/definition/json";
import { useRun } from "../draft/context";
import { NumberField, SelectField, TextField } from "../parts/fields";
import { ChoicesEditor } from "./ChoicesEditor";
import { ColumnsEditor } from "./ColumnsEditor";
import { ComputedSettings, GradeSettings, RelationSettings, RollupSettings } from "./LinkSettings";

export type KindSettingsProps = {
  entityKey: string;
  entity: EntityDef;
  fieldKey: string;
  field: FieldSchema;
  path: string;
  set: (name: string, value: Json | undefined) => void;
};

export function KindSettings(props: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const { entity, fieldKey, field, path, set } = props;
  const run = useRun(path);
  switch (field["x-kind"]) {
    case "text":
    case "long_text":
      return <NumberField label={t("field.maxLength")} min={1} value={field.maxLength} onChange={(value) => set("maxLength", value)} />;
    case "integer":
      return (
        <div className="kzb-columns">
          <NumberField label={t("field.minimum")} value={field.minimum} onChange={(value) => set("minimum", value)} />
          <NumberField label={t("field.maximum")} value={field.maximum} onChange={(value) => set("maximum", value)} />
        </div>
      );
    case "decimal":
    case "percent":
    case "money":
      return <AmountSettings {...props} />;
    case "choice":
    case "choices":
    case "tags":
      return (
        <>
          <ChoicesEditor choices={choicesOf(field)} onChange={(choices) => run(setChoices(entity, fieldKey, choices))} />
          {field["x-kind"] === "choice" && (
            <SelectField label={t("field.default")} clearable value={typeof field.default === "string" ? field.default : undefined} options={choicesOf(field)} onChange={(value) => set("default", value)} />
          )}
        </>
      );
    case "boolean": {
      const options = (["true", "false"] as const).map((value) => ({ value, label: t(value === "true" ? "yes" : "no") }));
      return <SelectField label={t("field.default")} clearable value={typeof field.default === "boolean" ? String(field.default) : undefined} options={options} onChange={(value) => set("default", value === undefined ? undefined : value === "true")} />;
    }
    case "serial":
      return <TextField label={t("field.serial")} code value={field["x-serial"]} help={t("field.serialHelp")} onChange={(value) => set("x-serial", value)} />;
    case "relation":
      return <RelationSettings {...props} />;
    case "table":
      return <ColumnsEditor properties={field.items?.properties ?? {}} onChange={(properties) => set("items", { ...field.items, type: "object", properties } as unknown as Json)} />;
    case "computed":
      return <ComputedSettings {...props} />;
    case "rollup":
      return <RollupSettings {...props} />;
    case "grade":
      return <GradeSettings {...props} />;
    default:
      return null;
  }
}

const SCALES: Record<string, number> = { money: 2, percent: 2, decimal: 4 };
const CURRENCIES = ["CNY", "HKD", "TWD", "USD", "EUR", "GBP", "JPY", "KRW", "SGD", "AUD"];

function AmountSettings({ field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const standard = SCALES[field["x-kind"]] ?? 2;
  return (
    <>
      <div className="kzb-columns">
        {field["x-kind"] === "money" && (
          <SelectField label={t("field.currency")} clearable value={field["x-currency"]} options={CURRENCIES.map((value) => ({ value, label: value }))} onChange={(value) => set("x-currency", value)} />
        )}
        <NumberField label={t("field.scale")} min={0} max={6} value={field["x-scale"] ?? standard} onChange={(value) => set("x-scale", value === standard ? undefined : value)} />
      </div>
      <div className="kzb-columns">
        <TextField label={t("field.minimum")} value={field["x-minimum"]} onChange={(value) => set("x-minimum", value || undefined)} />
        <TextField label={t("field.maximum")} value={field["x-maximum"]} onChange={(value) => set("x-maximum", value || undefined)} />
      </div>
    </>
  );
}
