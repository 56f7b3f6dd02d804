/** What only fields of certain kinds have: choices, scale, target, expression …, and the value of a new record. */
import { useTranslation } from "react-i18next";
import { choiceKeys, choicesOf, type FieldKeys, type FieldSchema, type Properties } from "@/definition/entity";
import { useApp } from "@/api/hooks";
import type { Json } from "@/definition/json";
import type { Diagnostic } from "../api";
import { NumberField, Problems, SelectField, TextField } from "../parts/fields";
import { CascadeEditor } from "./CascadeEditor";
import { ChoicesEditor } from "./ChoicesEditor";
import { ColumnsEditor } from "./ColumnsEditor";
import { DefaultSettings } from "./DefaultSettings";
import { ComputedSettings, GradeSettings, LookupSettings, RelationSettings, RollupSettings } from "./LinkSettings";

export type KindSettingsProps = {
  entityKey: string;
  /** The fields of the same record, or the columns of the same row. */
  siblings: Properties;
  fieldKey: string;
  field: FieldSchema;
  set: (keys: FieldKeys) => void;
  /** What is wrong with the options. */
  wrongOptions?: readonly Diagnostic[];
};

export function KindSettings(props: KindSettingsProps) {
  return (
    <>
      <OwnSettings {...props} />
      <DefaultSettings field={props.field} set={props.set} />
    </>
  );
}

function OwnSettings(props: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const { field, set } = props;
  const published = useApp().data?.entities[props.entityKey]?.schema.properties[props.fieldKey]?.enum;
  switch (field["x-kind"]) {
    case "text":
    case "long_text":
    case "rich_text":
      return <NumberField label={t("field.maxLength")} min={1} value={field.maxLength} onChange={(maxLength) => set({ maxLength })} />;
    case "integer":
      return (
        <div className="kzb-columns">
          <NumberField label={t("field.minimum")} value={field.minimum} onChange={(minimum) => set({ minimum })} />
          <NumberField label={t("field.maximum")} value={field.maximum} onChange={(maximum) => set({ maximum })} />
        </div>
      );
    case "rating":
      return <NumberField label={t("field.best")} min={1} max={10} value={field["x-max"] ?? 5} onChange={(best) => set({ "x-max": best })} />;
    case "decimal":
    case "percent":
    case "money":
      return <AmountSettings {...props} />;
    case "choice":
      return <ChoicesEditor choices={choicesOf(field)} published={published} problems={props.wrongOptions} onChange={(choices) => set(choiceKeys(choices))} />;
    case "choices":
    case "tags":
      return (
        <>
          <ChoicesEditor choices={choicesOf(field)} published={published} problems={props.wrongOptions} onChange={(choices) => set(choiceKeys(choices))} />
          <CountSettings {...props} />
        </>
      );
    case "cascade":
      return (
        <>
          <CascadeEditor field={field} onChange={set} />
          <Problems problems={props.wrongOptions ?? []} />
        </>
      );
    case "attachment":
    case "image":
    case "people":
    case "departments":
      return <CountSettings {...props} />;
    case "serial":
      return <TextField label={t("field.serial")} code value={field["x-serial"]} help={t("field.serialHelp")} onChange={(value) => set({ "x-serial": value })} />;
    case "relation":
      return <RelationSettings {...props} />;
    case "relations":
      return (
        <>
          <RelationSettings {...props} />
          <CountSettings {...props} />
        </>
      );
    case "lookup":
      return <LookupSettings {...props} />;
    case "table":
      return <ColumnsEditor entityKey={props.entityKey} items={field.items ?? { properties: {} }} onChange={(items) => set({ items: { type: "object", ...items } as unknown as Json })} />;
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
          <SelectField label={t("field.currency")} clearable value={field["x-currency"]} options={CURRENCIES.map((value) => ({ value, label: value }))} onChange={(value) => set({ "x-currency": value })} />
        )}
        <NumberField label={t("field.scale")} min={0} max={6} value={field["x-scale"] ?? standard} onChange={(value) => set({ "x-scale": value === standard ? undefined : value })} />
      </div>
      <div className="kzb-columns">
        <TextField label={t("field.minimum")} value={field["x-minimum"]} onChange={(value) => set({ "x-minimum": value || undefined })} />
        <TextField label={t("field.maximum")} value={field["x-maximum"]} onChange={(value) => set({ "x-maximum": value || undefined })} />
      </div>
    </>
  );
}

function CountSettings({ field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  return (
    <div className="kzb-columns">
      <NumberField label={t("field.minItems")} min={1} value={field.minItems} onChange={(minItems) => set({ minItems })} />
      <NumberField label={t("field.maxItems")} min={1} value={field.maxItems} onChange={(maxItems) => set({ maxItems })} />
    </div>
  );
}
