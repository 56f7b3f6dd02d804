/** The value of a comparison, entered as the field's kind asks: a choice, a number, a day, a person, a span of time, another field. */
import { Input, InputNumber, Select, Space } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp, useDepartments, useRecords, useUsers } from "@/api/hooks";
import { isReference } from "@/definition/condition";
import type { Json } from "@/definition/json";
import { parseDuration } from "@/definition/time";
import { RenderingProvider } from "@/renderer/context";
import { departmentPaths } from "@/renderer/departments";
import { inputOf } from "@/renderer/inputs";
import { PlainText } from "../parts/fields";
import type { Subject } from "./subjects";

type ValueInputProps = {
  subject: Subject | undefined;
  subjects: readonly Subject[];
  /** One value, a list of them, or a duration. */
  mode: "one" | "list" | "span";
  value: Json | undefined;
  onChange: (value: Json) => void;
};

export function ValueInput(props: ValueInputProps) {
  const { t } = useTranslation("builder");
  const { subject, subjects, mode, value, onChange } = props;
  if (mode === "span") return <SpanInput value={value} onChange={onChange} />;
  const shape = subject?.shape ?? "text";
  if (shape === "option") return <OptionInput {...props} />;
  if (shape === "person") return <PersonInput {...props} />;
  if (shape === "division") return <DivisionInput {...props} />;
  if (shape === "department") return <DepartmentInput {...props} />;
  if (shape === "record") return <RecordInput {...props} />;
  if (shape === "boolean") {
    const options = [true, false].map((each) => ({ value: String(each), label: t(each ? "yes" : "no") }));
    return <Select className="kzb-leaf-value" aria-label={t("condition.value")} value={value === undefined ? undefined : String(value)} options={options} onChange={(next) => onChange(next === "true")} />;
  }
  if (mode === "list") return <ListInput shape={shape} value={value} onChange={onChange} />;
  const others = subjects.filter((each) => each.shape === shape && each.path !== subject?.path && !each.path.includes("."));
  return (
    <Space.Compact className="kzb-leaf-value">
      <SourceSelect shape={shape} others={others} value={value} onChange={onChange} />
      {!isReference(value) && <LiteralInput shape={shape} value={value} onChange={onChange} />}
      {isReference(value) && (value.ref === "today" || value.ref === "now") && (
        <Input aria-label={t("condition.plus")} placeholder="-30d" value={value.plus ?? ""} onChange={(event) => onChange(reference(value.ref, event.target.value))} />
      )}
    </Space.Compact>
  );
}

type SourceSelectProps = { shape: string; others: readonly Subject[]; value: Json | undefined; onChange: (value: Json) => void };

/** A literal, today or now, or another field of the record. Hidden where only a literal makes sense. */
function SourceSelect({ shape, others, value, onChange }: SourceSelectProps) {
  const { t } = useTranslation("builder");
  const times = shape === "date" ? ["today"] : shape === "datetime" ? ["now"] : [];
  if (others.length + times.length === 0) return null;
  const options = [
    { value: "", label: t("condition.literal") },
    ...times.map((ref) => ({ value: ref, label: t(`ref.${ref}`) })),
    ...others.map(({ path, label }) => ({ value: `record.${path}`, label })),
  ];
  return (
    <Select
      aria-label={t("condition.source")}
      popupMatchSelectWidth={false}
      value={isReference(value) ? value.ref : ""}
      options={options}
      onChange={(ref) => onChange(ref === "" ? (shape === "integer" ? 0 : "") : { ref })}
    />
  );
}

type LiteralInputProps = { shape: string; value: Json | undefined; onChange: (value: Json) => void };

function LiteralInput({ shape, value, onChange }: LiteralInputProps) {
  const { t } = useTranslation("builder");
  const label = t("condition.value");
  if (shape === "integer") return <InputNumber aria-label={label} precision={0} value={typeof value === "number" ? value : null} onChange={(next) => onChange(typeof next === "number" ? next : 0)} />;
  if (shape === "time") return <Input type="time" aria-label={label} value={typeof value === "string" ? value.slice(0, 5) : ""} onChange={(event) => onChange(event.target.value === "" ? "" : `${event.target.value}:00`)} />;
  if (shape === "date") return <Input type="date" aria-label={label} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.target.value)} />;
  const text = value === undefined || value === null ? "" : String(value);
  return <PlainText ariaLabel={label} value={text} placeholder={shape === "decimal" ? "0.00" : shape === "datetime" ? "2026-01-31T08:00:00Z" : ""} onChange={onChange} />;
}

function OptionInput({ subject, mode, value, onChange }: ValueInputProps) {
  const { t } = useTranslation("builder");
  const options = subject?.options ?? [];
  const label = t("condition.value");
  const search = { optionFilterProp: "label" };
  if (mode === "list") {
    return <Select className="kzb-leaf-value" mode="tags" aria-label={label} value={Array.isArray(value) ? value.map(String) : []} options={options} onChange={(next: string[]) => onChange(next)} showSearch={search} />;
  }
  return <Select className="kzb-leaf-value" aria-label={label} placeholder={label} value={typeof value === "string" ? value : undefined} options={options} onChange={(next: string) => onChange(next)} showSearch={search} />;
}

function PersonInput({ mode, value, onChange }: ValueInputProps) {
  const { t } = useTranslation("builder");
  const users = useUsers(true).data?.items ?? [];
  const options = [{ value: CALLER, label: t("ref.caller_id") }, ...users.map(({ id, name }) => ({ value: id, label: name }))];
  const coded = (each: Json) => (isReference(each) ? CALLER : String(each));
  const decoded = (each: string): Json => (each === CALLER ? { ref: CALLER } : each);
  const shared = { className: "kzb-leaf-value", "aria-label": t("condition.value"), options, showSearch: { optionFilterProp: "label" } };
  if (mode === "list") return <Select {...shared} mode="multiple" value={Array.isArray(value) ? value.map(coded) : []} onChange={(next: string[]) => onChange(next.map(decoded))} />;
  return <Select {...shared} value={value === undefined ? undefined : coded(value)} onChange={(next: string) => onChange(decoded(next))} />;
}

const CALLER = "caller.id";
const DIVISION_LENGTHS = [2, 4, 6];

/** A division of China by its code; the codes above it are what it begins with. */
function DivisionInput({ value, onChange }: ValueInputProps) {
  const { t } = useTranslation("builder");
  const id = useId();
  const app = useApp().data;
  const Input = inputOf("cascade")!;
  const code = typeof value === "string" ? value : "";
  const way = DIVISION_LENGTHS.filter((length) => length <= code.length).map((length) => code.slice(0, length));
  if (!app) return null;
  return (
    <RenderingProvider app={app}>
      <Input id={id} name="value" field={{ title: t("condition.value"), "x-kind": "cascade" }} value={way} required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]}
        onChange={(codes) => onChange((codes as string[] | null)?.at(-1) ?? "")} />
    </RenderingProvider>
  );
}

const CALLERS_DEPARTMENT = "caller.department";

function DepartmentInput({ mode, value, onChange }: ValueInputProps) {
  const { t } = useTranslation("builder");
  const departments = departmentPaths(useDepartments(true).data?.items ?? []);
  const options = [{ value: CALLERS_DEPARTMENT, label: t("ref.caller_department") }, ...departments];
  const coded = (each: Json) => (isReference(each) ? CALLERS_DEPARTMENT : String(each));
  const decoded = (each: string): Json => (each === CALLERS_DEPARTMENT ? { ref: CALLERS_DEPARTMENT } : each);
  const shared = { className: "kzb-leaf-value", "aria-label": t("condition.value"), options, showSearch: { optionFilterProp: "label" } };
  if (mode === "list") return <Select {...shared} mode="multiple" value={Array.isArray(value) ? value.map(coded) : []} onChange={(next: string[]) => onChange(next.map(decoded))} />;
  return <Select {...shared} value={value === undefined ? undefined : coded(value)} onChange={(next: string) => onChange(decoded(next))} />;
}

function RecordInput({ subject, mode, value, onChange }: ValueInputProps) {
  const { t } = useTranslation("builder");
  const [q, setQ] = useState("");
  const found = useRecords(subject?.entity ?? "", { q, limit: 20, count: "none" }, useApp().data?.entities[subject?.entity ?? ""] !== undefined).data;
  const options = (found?.items ?? []).map((record) => ({ value: record.id, label: found?.titles?.[record.id] ?? String(record["name"] ?? record["title"] ?? record.id) }));
  const shared = { className: "kzb-leaf-value", "aria-label": t("condition.value"), options, showSearch: { filterOption: false as const, onSearch: setQ } };
  if (mode === "list") return <Select {...shared} mode="multiple" value={Array.isArray(value) ? value.map(String) : []} onChange={(next: string[]) => onChange(next)} />;
  return <Select {...shared} value={typeof value === "string" ? value : undefined} onChange={(next: string) => onChange(next)} />;
}

function ListInput({ shape, value, onChange }: LiteralInputProps) {
  const { t } = useTranslation("builder");
  const items = Array.isArray(value) ? value.map(String) : [];
  const parse = (text: string): Json => (shape === "integer" ? Number.parseInt(text, 10) || 0 : text);
  return <Select className="kzb-leaf-value" mode="tags" open={false} aria-label={t("condition.value")} value={items} onChange={(next: string[]) => onChange(next.map(parse))} />;
}

function SpanInput({ value, onChange }: { value: Json | undefined; onChange: (value: Json) => void }) {
  const { t } = useTranslation("builder");
  const { amount, unit } = parseDuration(value) ?? { amount: 30, unit: "d" as const };
  return (
    <Space.Compact className="kzb-leaf-value">
      <InputNumber min={1} precision={0} aria-label={t("condition.amount")} value={amount} onChange={(next) => onChange(`${next ?? 1}${unit}`)} />
      <Select aria-label={t("condition.unit")} value={unit} options={(["h", "d", "w", "month", "y"] as const).map((each) => ({ value: each, label: t(`unit.${each}`) }))} onChange={(next) => onChange(`${amount}${next}`)} />
    </Space.Compact>
  );
}

function reference(ref: string, plus: string): Json {
  return plus === "" ? { ref } : { ref, plus };
}
