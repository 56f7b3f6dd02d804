/** One new filter: a field, a comparison, a value entered as the field's kind is. */
import { Button, InputNumber, Select, Space } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { AppModel, EntityModel } from "@/api/types";
import type { Leaf, Operator } from "@/definition/condition";
import type { Json } from "@/definition/json";
import { operatorsFor } from "@/definition/kinds";
import type { FieldSchema } from "@/definition/schema";
import { inputOf } from "@/renderer/inputs";
import { effective } from "@/renderer/values/effective";
import { lettersOf, useSession } from "../session";
import { fieldOf } from "./columns";

const SYSTEM = ["owner", "created_at", "updated_at"];
const WITHOUT_VALUE = new Set<Operator>(["empty", "not_empty"]);

type FilterEditorProps = { entityKey: string; onAdd: (filter: Leaf) => void };

export default function FilterEditor({ entityKey, onAdd }: FilterEditorProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const id = useId();
  const entity = app.entities[entityKey]!;
  const letters = lettersOf(app, entityKey);
  const [key, setKey] = useState<string>();
  const [op, setOp] = useState<Operator>();
  const [value, setValue] = useState<Json>();
  const field = key === undefined ? undefined : comparable(fieldOf(entity, key, (system) => t(`system.${system}`)), letters[key], app);
  const operators = field ? operatorsFor(field["x-kind"]) : [];
  const isReady = key !== undefined && op !== undefined && (WITHOUT_VALUE.has(op) || (value !== undefined && value !== null && value !== ""));
  const choose = (next: string) => {
    const chosen = comparable(fieldOf(entity, next, (system) => system), letters[next], app);
    setKey(next);
    setOp(operatorsFor(chosen?.["x-kind"])[0]);
    setValue(undefined);
  };
  const submit = () => {
    if (!isReady) return;
    onAdd(WITHOUT_VALUE.has(op) ? { field: key, op } : { field: key, op, value });
  };
  return (
    <div className="kz-filter-editor">
      <Select aria-label={t("filter.field")} placeholder={t("filter.field")} autoFocus defaultOpen showSearch={{ optionFilterProp: "label" }} value={key} options={fieldsOf(entity, t)} onChange={choose} />
      {field && <Select aria-label={t("filter.operator")} value={op} options={operators.map((one) => ({ value: one, label: t(`operator.${one}`) }))} onChange={(next) => { setOp(next); setValue(undefined); }} />}
      {field && op && !WITHOUT_VALUE.has(op) && <ValueInput id={id} key={`${key}${op}`} field={field} op={op} value={value} onChange={setValue} />}
      <Button type="primary" disabled={!isReady} onClick={submit}>{t("filter.apply")}</Button>
    </div>
  );
}

type ValueInputProps = { id: string; field: FieldSchema; op: Operator; value: Json | undefined; onChange: (value: Json) => void };

function ValueInput({ id, field, op, value, onChange }: ValueInputProps) {
  const { t } = useTranslation("workspace");
  if (op === "within_last" || op === "within_next") return <DurationInput value={value} onChange={onChange} />;
  if (op === "under" && field["x-kind"] !== "department") return <UnderInput id={id} field={field} onChange={onChange} />;
  const kind = filterKind(field, op);
  const Input = inputOf(kind) ?? inputOf("text")!;
  return (
    <span role="group" aria-label={t("filter.value")}>
      <Input id={id} name="value" field={{ ...field, "x-kind": kind, title: t("filter.value"), maxItems: undefined }} value={value} onChange={(next) => onChange(next as Json)} required={false} invalid={false}
        describedBy={undefined} options={undefined} problems={[]} />
    </span>
  );
}

/** A code of a cascade or an address: the last of the way down to it. */
function UnderInput({ id, field, onChange }: Pick<ValueInputProps, "id" | "field" | "onChange">) {
  const { t } = useTranslation("workspace");
  const [way, setWay] = useState<string[]>([]);
  const Input = inputOf("cascade")!;
  const choose = (codes: string[]) => {
    setWay(codes);
    onChange(codes.at(-1) ?? null);
  };
  return (
    <Input id={id} name="value" field={{ ...field, "x-kind": "cascade", title: t("filter.value") }} value={way} onChange={(codes) => choose((codes as string[] | null) ?? [])}
      required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]} />
  );
}

/** Kinds that name others, one by one and in lists. */
const MANY: Record<string, string> = { person: "people", department: "departments", relation: "relations" };
const ONE: Record<string, string> = { people: "person", departments: "department", relations: "relation" };
const LISTED = new Set<Operator>(["in", "not_in", "has_any", "has_all"]);

/** The kind of input that enters what a field is compared with: several of it, one of its items, or one. */
function filterKind(field: FieldSchema, op: Operator): string {
  const kind = field["x-kind"];
  const one = ONE[kind] ?? kind;
  if (LISTED.has(op)) return MANY[one] ?? (field.enum ? "choices" : "tags");
  if (kind === "choices" || kind === "tags") return field.enum ? "choice" : "text";
  // Half a number of an identity card finds the whole.
  if (["contains", "not_contains", "starts_with"].includes(op)) return "text";
  return one;
}

function DurationInput({ value, onChange }: { value: Json | undefined; onChange: (value: Json) => void }) {
  const { t } = useTranslation("workspace");
  const [, amount = "", unit = "d"] = /^(\d+)(\w+)$/.exec(String(value ?? "")) ?? [];
  return (
    <Space.Compact>
      <InputNumber aria-label={t("filter.amount")} min={1} precision={0} value={amount === "" ? null : Number(amount)} onChange={(next) => onChange(next ? `${next}${unit}` : null)} />
      <Select aria-label={t("filter.unit")} value={unit} onChange={(next) => onChange(amount ? `${amount}${next}` : null)}
        options={["d", "w", "month", "y"].map((one) => ({ value: one, label: t(`unit.${one}`) }))} />
    </Space.Compact>
  );
}

/** Grades are compared by letter, derived fields as what they result in, so that their values can be picked. */
function comparable(field: FieldSchema | undefined, letters: readonly string[] | undefined, app: AppModel): FieldSchema | undefined {
  if (!field) return undefined;
  if (field["x-kind"] === "grade") return { ...field, "x-kind": "choice", enum: [...(letters ?? [])] };
  const shown = effective(field, app.entities);
  return shown["x-kind"] === "guess" ? { ...shown, "x-kind": "decimal" } : shown;
}

function fieldsOf(entity: EntityModel, t: (key: string) => string) {
  const own = Object.entries(entity.schema.properties).filter(([key]) => entity.fields[key] !== "masked");
  const system = SYSTEM.map((key) => ({ value: key, label: t(`system.${key}`) }));
  return [...own.map(([key, field]) => ({ value: key, label: field.title ?? key })), ...system];
}
