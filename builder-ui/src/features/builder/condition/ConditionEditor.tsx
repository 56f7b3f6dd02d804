/** Edits a condition as sentences, 字段 · 比较 · 值, joined by "all of" or "any of", as deep as needed. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Condition, Leaf } from "@/definition/condition";
import { JsonRow } from "./JsonRow";
import { LeafRow } from "./LeafRow";
import type { Subject } from "./subjects";

type ConditionEditorProps = {
  label: string;
  value: Condition | undefined;
  subjects: readonly Subject[];
  onChange: (value: Condition | undefined) => void;
  /** What an empty condition means here. */
  emptyText?: string;
};

export function ConditionEditor({ label, value, subjects, onChange, emptyText }: ConditionEditorProps) {
  const { t } = useTranslation("builder");
  const group = asGroup(value);
  return (
    <div className="kzb-condition" role="group" aria-label={label}>
      {group.parts.length === 0 && <p className="kz-quiet">{emptyText ?? t("condition.none")}</p>}
      <Group group={group} subjects={subjects} onChange={(next) => onChange(fromGroup(next))} depth={0} />
    </div>
  );
}

type GroupValue = { mode: "all" | "any"; parts: Condition[] };
type GroupProps = { group: GroupValue; subjects: readonly Subject[]; onChange: (group: GroupValue) => void; depth: number };

function Group({ group, subjects, onChange, depth }: GroupProps) {
  const { t } = useTranslation("builder");
  const { mode, parts } = group;
  const set = (index: number, part: Condition) => onChange({ mode, parts: parts.with(index, part) });
  const remove = (index: number) => onChange({ mode, parts: parts.toSpliced(index, 1) });
  const add = (part: Condition) => onChange({ mode, parts: [...parts, part] });
  return (
    <div className="kzb-group" data-depth={depth}>
      {parts.length > 1 && (
        <Select
          size="small"
          className="kzb-mode"
          value={mode}
          aria-label={t("condition.mode")}
          options={(["all", "any"] as const).map((each) => ({ value: each, label: t(`condition.${each}`) }))}
          onChange={(next) => onChange({ mode: next, parts })}
        />
      )}
      {parts.map((part, index) => (
        <div className="kzb-part" key={index}>
          <Part part={part} subjects={subjects} onChange={(next) => set(index, next)} depth={depth} />
          <Button type="text" size="small" icon={<DeleteOutlined aria-hidden />} aria-label={t("condition.remove", { number: index + 1 })} onClick={() => remove(index)} />
        </div>
      ))}
      <div className="kzb-adds">
        <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} disabled={subjects.length === 0} onClick={() => add(firstLeaf(subjects))}>
          {t("condition.add")}
        </Button>
        {depth < 2 && parts.length > 0 && (
          <Button size="small" type="text" onClick={() => add({ [mode === "all" ? "any" : "all"]: [firstLeaf(subjects), firstLeaf(subjects)] } as Condition)}>
            {t("condition.addGroup")}
          </Button>
        )}
      </div>
    </div>
  );
}

type PartProps = { part: Condition; subjects: readonly Subject[]; onChange: (part: Condition) => void; depth: number };

function Part({ part, subjects, onChange, depth }: PartProps) {
  const { t } = useTranslation("builder");
  if ("not" in part) {
    return (
      <div className="kzb-not">
        <Button size="small" type="text" onClick={() => onChange(part.not)} title={t("condition.dropNot")}>
          {t("condition.not")}
        </Button>
        <Part part={part.not} subjects={subjects} onChange={(not) => onChange({ not })} depth={depth} />
      </div>
    );
  }
  if ("all" in part || "any" in part) {
    return <Group group={asGroup(part)} subjects={subjects} onChange={({ mode, parts }) => onChange({ [mode]: parts } as Condition)} depth={depth + 1} />;
  }
  if ("field" in part) return <LeafRow leaf={part} subjects={subjects} onChange={onChange} />;
  return <JsonRow value={part} onChange={(value) => onChange(value as Condition)} />;
}

/** A fresh leaf that is true or false for any record, whatever its first field is. */
export function firstLeaf(subjects: readonly Subject[]): Leaf {
  return { field: subjects[0]?.path ?? "", op: "not_empty" };
}

function asGroup(condition: Condition | undefined): GroupValue {
  if (condition === undefined) return { mode: "all", parts: [] };
  if ("all" in condition) return { mode: "all", parts: condition.all };
  return "any" in condition ? { mode: "any", parts: condition.any } : { mode: "all", parts: [condition] };
}

/** One part stands for itself; none is no condition. */
function fromGroup({ mode, parts }: GroupValue): Condition | undefined {
  if (parts.length === 0) return undefined;
  return parts.length === 1 ? parts[0] : ({ [mode]: parts } as Condition);
}
