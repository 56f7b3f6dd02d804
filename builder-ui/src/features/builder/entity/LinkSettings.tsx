/** Settings of fields that reach beyond themselves: relations, rollups, computed fields and grades. */
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { Condition } from "@/definition/condition";
import type { Relation, Rollup } from "@/definition/entity";
import { newGrade } from "@/definition/grade";
import type { Json } from "@/definition/json";
import { proposeKey } from "@/definition/keys";
import { ConditionEditor } from "../condition/ConditionEditor";
import { useSubjects } from "../condition/useSubjects";
import { titleOf, useDefinitions, useDraftFiles, useEntities } from "../draft/context";
import { SelectField, TextField } from "../parts/fields";
import { routeOf } from "../routes";
import type { KindSettingsProps } from "./KindSettings";

/** A value of the one record that a relation of this entity names. */
export function LookupSettings({ siblings, field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const lookup = field["x-lookup"] ?? { via: "", field: "" };
  const relations = Object.entries(siblings).filter(([, each]) => each["x-kind"] === "relation");
  const target = siblings[lookup.via]?.["x-relation"]?.entity ?? "";
  const sources = Object.entries(entities[target]?.properties ?? {}).filter(([, each]) => !["lookup", "table", "secret"].includes(each["x-kind"]));
  return (
    <>
      <SelectField label={t("lookup.via")} help={relations.length === 0 ? t("lookup.noRelation") : undefined} value={lookup.via} options={named(relations)} onChange={(via) => set({ "x-lookup": { via: via ?? "", field: "" } })} />
      <SelectField label={t("lookup.field")} value={lookup.field} options={named(sources)} disabled={lookup.via === ""} onChange={(key) => set({ "x-lookup": { ...lookup, field: key ?? "" } })} />
    </>
  );
}

function named(fields: readonly (readonly [string, { title: string }])[]) {
  return fields.map(([value, each]) => ({ value, label: each.title || value }));
}

export function RelationSettings({ field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const relation: Relation = field["x-relation"] ?? { entity: "" };
  const change = (part: Partial<Relation>) => set({ "x-relation": { ...relation, ...part } });
  return (
    <>
      <SelectField label={t("relation.entity")} value={relation.entity} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} onChange={(entity) => change({ entity: entity ?? "" })} />
      <SelectField
        label={t("relation.onDelete")}
        value={relation.on_delete ?? "refuse"}
        options={(["refuse", "clear", "cascade"] as const).map((value) => ({ value, label: t(`onDelete.${value}`) }))}
        onChange={(value) => change({ on_delete: value as Relation["on_delete"] })}
      />
    </>
  );
}

const RESULTS = ["decimal", "integer", "money", "percent", "text", "boolean", "date"] as const;

export function ComputedSettings({ siblings, fieldKey, field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const expression = field["x-compute"] ?? "";
  const others = Object.entries(siblings).filter(([key, each]) => key !== fieldKey && each["x-kind"] !== "table");
  return (
    <>
      <SelectField label={t("computed.result")} value={field["x-result"] ?? "decimal"} options={RESULTS.map((value) => ({ value, label: t(`kind.${value}`) }))} onChange={(value) => set({ "x-result": value })} />
      <TextField label={t("computed.expression")} code rows={2} value={expression} help={t("computed.help", { length: expression.length })} onChange={(value) => set({ "x-compute": value })} />
      <Select
        aria-label={t("computed.insert")}
        placeholder={t("computed.insert")}
        value={null}
        options={others.map(([value, each]) => ({ value, label: `${each.title} (${value})` }))}
        showSearch={{ optionFilterProp: "label" }}
        onChange={(key: string) => set({ "x-compute": `${expression}${expression === "" || expression.endsWith(" ") ? "" : " "}${key}` })}
        style={{ width: "100%" }}
      />
    </>
  );
}

export function RollupSettings({ entityKey, field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const rollup: Rollup = field["x-rollup"] ?? { entity: "", via: "", aggregate: "count" };
  const subjects = useSubjects(rollup.entity);
  const change = (part: Partial<Rollup>) => set({ "x-rollup": JSON.parse(JSON.stringify({ ...rollup, ...part })) as Json });
  const sources = Object.entries(entities).flatMap(([from, each]) =>
    Object.entries(each.properties)
      .filter(([, other]) => other["x-relation"]?.entity === entityKey)
      .map(([via, other]) => ({ value: `${from}.${via}`, label: `${each.title} · ${other.title}` })),
  );
  const numbers = Object.entries(entities[rollup.entity]?.properties ?? {}).map(([value, each]) => ({ value, label: each.title }));
  return (
    <>
      <SelectField
        label={t("rollup.source")}
        help={sources.length === 0 ? t("rollup.noSource") : undefined}
        value={rollup.entity ? `${rollup.entity}.${rollup.via}` : undefined}
        options={sources}
        onChange={(value) => {
          const [entity = "", via = ""] = (value ?? "").split(".");
          change({ entity, via, field: undefined, where: undefined });
        }}
      />
      <SelectField
        label={t("rollup.aggregate")}
        value={rollup.aggregate}
        options={(["count", "sum", "avg", "min", "max", "last"] as const).map((value) => ({ value, label: t(`aggregate.${value}`) }))}
        onChange={(value) => change({ aggregate: value as Rollup["aggregate"], field: value === "count" ? undefined : rollup.field })}
      />
      {rollup.aggregate !== "count" && <SelectField label={t("rollup.field")} value={rollup.field} options={numbers} onChange={(value) => change({ field: value })} />}
      {rollup.aggregate === "last" && <SelectField label={t("rollup.by")} value={rollup.by} options={numbers} onChange={(value) => change({ by: value })} />}
      <h3>{t("rollup.where")}</h3>
      <ConditionEditor label={t("rollup.where")} value={rollup.where} subjects={subjects} emptyText={t("rollup.all")} onChange={(where: Condition | undefined) => change({ where })} />
    </>
  );
}

export function GradeSettings({ entityKey, fieldKey, field, set }: KindSettingsProps) {
  const { t } = useTranslation("builder");
  const grades = useDefinitions("grades");
  const files = useDraftFiles();
  const navigate = useNavigate();
  const key = field["x-grade"] ?? "";
  const own = Object.entries(grades).filter(([, grade]) => (grade as { entity?: string }).entity === entityKey);
  const create = () => {
    const fresh = proposeKey("", `${entityKey}_${fieldKey}`, Object.keys(grades));
    files.create({ folder: "grades", file: fresh }, newGrade(field.title, entityKey, fieldKey) as unknown as Json);
    set({ "x-grade": fresh });
    void navigate(routeOf({ folder: "grades", file: fresh }));
  };
  return (
    <>
      <SelectField label={t("one.grades")} value={key} options={own.map(([value, grade]) => ({ value, label: titleOf(grade, value) }))} onChange={(value) => set({ "x-grade": value ?? "" })} />
      {key !== "" && Object.hasOwn(grades, key) ? <Link to={routeOf({ folder: "grades", file: key })}>{t("grade.open")}</Link> : <Button onClick={create}>{t("grade.create")}</Button>}
    </>
  );
}
