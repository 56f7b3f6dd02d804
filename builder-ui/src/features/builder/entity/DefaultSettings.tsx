/** The value of a new record: none, one that is entered as the field is, today or the caller, or an expression. */
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "@/api/hooks";
import { isReference } from "@/definition/condition";
import type { FieldKeys, FieldSchema } from "@/definition/entity";
import { isObject, type Json } from "@/definition/json";
import { RenderingProvider } from "@/renderer/context";
import { inputOf } from "@/renderer/inputs";
import { SelectField, TextField } from "../parts/fields";

/** Kinds whose default is entered with the field's own input; the others take references and expressions only. */
const ENTERED = new Set([
  "text", "long_text", "integer", "decimal", "money", "percent", "rating", "boolean", "choice", "choices", "tags", "cascade", "color",
  "date", "time", "duration", "email", "url", "phone",
]);
const REFERENCES: Record<string, string | undefined> = { date: "today", datetime: "now", person: "caller.id", department: "caller.department" };
/** Kinds that no expression reaches. */
const FIXED = new Set(["table", "attachment", "image", "signature", "secret", "relation", "relations", "people", "departments", "address", "location", "json", "rich_text", "id_card", "company_code", "barcode", "lunar_date"]);
const DERIVED = new Set(["computed", "rollup", "lookup", "grade", "serial"]);

type DefaultSettingsProps = { field: FieldSchema; set: (keys: FieldKeys) => void };

export function DefaultSettings({ field, set }: DefaultSettingsProps) {
  const { t } = useTranslation("builder");
  const kind = field["x-kind"];
  const reference = REFERENCES[kind];
  const value = field.default;
  const source = sourceOf(value);
  const sources = ["none", ...(ENTERED.has(kind) ? ["value"] : []), ...(reference ? ["ref"] : []), ...(FIXED.has(kind) ? [] : ["expr"])];
  if (DERIVED.has(kind) || (sources.length === 1 && source === "none")) return null;
  const choose = (next: string | undefined) => {
    if (next === "ref" && reference) set({ default: { ref: reference } });
    else if (next === "expr") set({ default: { expr: "" } });
    else set({ default: next === "value" ? firstValue(field) : undefined });
  };
  const options = (sources.includes(source) ? sources : [...sources, source]).map((each) => ({ value: each, label: each === "ref" && reference ? t(`ref.${reference.replace(".", "_")}`) : t(`default.${each}`) }));
  return (
    <>
      <SelectField label={t("field.default")} value={source} options={options} onChange={choose} />
      {source === "value" && <Literal field={field} onChange={(next) => set({ default: next })} />}
      {source === "expr" && isObject(value) && <TextField label={t("default.expression")} code value={String(value["expr"] ?? "")} onChange={(expr) => set({ default: { expr } })} />}
    </>
  );
}

function Literal({ field, onChange }: { field: FieldSchema; onChange: (value: Json) => void }) {
  const { t } = useTranslation("builder");
  const id = useId();
  const app = useApp().data;
  const Input = inputOf(field["x-kind"]);
  if (!app || !Input) return null;
  return (
    <div className="kzb-field">
      <label htmlFor={id}>{t("default.value")}</label>
      <RenderingProvider app={app}>
        <Input id={id} name="default" field={{ ...field, title: t("default.value") }} value={field.default} required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]}
          onChange={(next) => onChange((next ?? firstValue(field)) as Json)} />
      </RenderingProvider>
    </div>
  );
}

function sourceOf(value: Json | undefined): string {
  if (value === undefined) return "none";
  if (isReference(value)) return "ref";
  return isObject(value) && "expr" in value ? "expr" : "value";
}

/** Where entering begins: a value that the field could have, or an empty text that the compiler points at. */
function firstValue(field: FieldSchema): Json {
  switch (field["x-kind"]) {
    case "boolean":
      return true;
    case "integer":
      return field.minimum ?? 0;
    case "rating":
      return field["x-max"] ?? 5;
    case "decimal":
    case "money":
    case "percent":
      return "0";
    case "choice":
      return field.enum?.[0] ?? "";
    case "choices":
    case "tags":
    case "cascade":
      return field.enum?.slice(0, 1) ?? [];
    case "color":
      return "#1f6f5c";
    case "duration":
      return "1d";
    case "time":
      return "09:00:00";
    case "date":
      return new Date().toISOString().slice(0, 10);
    default:
      return "";
  }
}
