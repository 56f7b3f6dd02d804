/** Values that a node writes: for each field a literal, a field of the run's record, or an expression. */
import { DeleteOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import { isReference } from "@/definition/condition";
import { isObject, type Json } from "@/definition/json";
import { isDerived } from "@/definition/kinds";
import type { Subject } from "../condition/subjects";
import { useSubjects } from "../condition/useSubjects";
import { ValueInput } from "../condition/ValueInput";
import { useEntities } from "../draft/context";
import { PlainText } from "../parts/fields";

type SetEditorProps = { label: string; entity: string; record: string; value: { [field: string]: Json }; onChange: (value: { [field: string]: Json }) => void };

type Source = "literal" | "ref" | "expr";

export function SetEditor({ label, entity, record, value, onChange }: SetEditorProps) {
  const { t } = useTranslation("builder");
  const properties = useEntities()[entity]?.properties ?? {};
  const subjects = useSubjects(entity);
  const sources = useSubjects(record);
  const free = Object.entries(properties).filter(([key, field]) => !Object.hasOwn(value, key) && !isDerived(field["x-kind"]));
  const put = (key: string, next: Json) => onChange({ ...value, [key]: next });
  const remove = (key: string) => onChange(Object.fromEntries(Object.entries(value).filter(([each]) => each !== key)));
  return (
    <fieldset className="kzb-fieldset">
      <legend>{label}</legend>
      <ul className="kzb-sets">
        {Object.entries(value).map(([key, each]) => (
          <li key={key}>
            <div className="kzb-row-then">
              <strong>{properties[key]?.title ?? key}</strong>
              <Select size="small" aria-label={t("set.source", { field: properties[key]?.title ?? key })} value={sourceOf(each)} options={(["literal", "ref", "expr"] as const).map((source) => ({ value: source, label: t(`set.${source}`) }))} onChange={(source: Source) => put(key, fresh(source, sources))} />
              <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: properties[key]?.title ?? key })} onClick={() => remove(key)} />
            </div>
            <ValueOf subject={subjects.find((subject) => subject.path === key)} sources={sources} value={each} onChange={(next) => put(key, next)} />
          </li>
        ))}
      </ul>
      <Select size="small" aria-label={t("workflow.addField")} placeholder={t("workflow.addField")} value={null} options={free.map(([key, field]) => ({ value: key, label: field.title }))} showSearch={{ optionFilterProp: "label" }} onChange={(key: string) => put(key, "")} style={{ width: "100%" }} />
    </fieldset>
  );
}

type ValueOfProps = { subject: Subject | undefined; sources: readonly Subject[]; value: Json; onChange: (value: Json) => void };

function ValueOf({ subject, sources, value, onChange }: ValueOfProps) {
  const { t } = useTranslation("builder");
  const source = sourceOf(value);
  if (source === "expr") return <PlainText code ariaLabel={t("set.expr")} value={isObject(value) ? String(value["expr"] ?? "") : ""} onChange={(expr) => onChange({ expr })} />;
  if (source === "ref") {
    const options = [...["today", "now"].map((ref) => ({ value: ref, label: t(`ref.${ref}`) })), { value: "record.id", label: t("set.thisRecord") }, ...sources.map(({ path, label }) => ({ value: `record.${path}`, label }))];
    return <Select aria-label={t("set.ref")} value={isReference(value) ? value.ref : undefined} options={options} showSearch={{ optionFilterProp: "label" }} onChange={(ref: string) => onChange({ ref })} style={{ width: "100%" }} />;
  }
  const isList = subject !== undefined && ["choices", "tags"].includes(subject.kind);
  return <ValueInput subject={subject} subjects={[]} mode={isList ? "list" : "one"} value={value === "" ? undefined : value} onChange={onChange} />;
}

function sourceOf(value: Json): Source {
  if (isReference(value)) return "ref";
  return isObject(value) && "expr" in value ? "expr" : "literal";
}

function fresh(source: Source, sources: readonly Subject[]): Json {
  if (source === "expr") return { expr: "" };
  return source === "ref" ? { ref: `record.${sources[0]?.path ?? "id"}` } : "";
}
