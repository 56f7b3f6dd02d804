/** One sentence of a condition: a field, a comparison, a value. */
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import type { Leaf, Operator } from "@/definition/condition";
import type { Json } from "@/definition/json";
import type { Subject } from "./subjects";
import { ValueInput } from "./ValueInput";

type LeafRowProps = { leaf: Leaf; subjects: readonly Subject[]; onChange: (leaf: Leaf) => void };

const VALUELESS: readonly Operator[] = ["empty", "not_empty", "changed"];
const LISTED: readonly Operator[] = ["in", "not_in", "has_any", "has_all"];
const SPANS: readonly Operator[] = ["within_last", "within_next"];

export function LeafRow({ leaf, subjects, onChange }: LeafRowProps) {
  const { t } = useTranslation("builder");
  const subject = subjects.find((each) => each.path === leaf.field);
  const operators = subject?.operators ?? [leaf.op];
  const shown = operators.includes(leaf.op) ? operators : [...operators, leaf.op];
  return (
    <div className="kzb-leaf">
      <Select
        className="kzb-leaf-field"
        value={leaf.field || undefined}
        aria-label={t("condition.field")}
        placeholder={t("condition.field")}
        showSearch={{ optionFilterProp: "label" }}
        popupMatchSelectWidth={false}
        options={subjects.map(({ path, label }) => ({ value: path, label }))}
        onChange={(path) => onChange(withField(leaf, subjects.find((each) => each.path === path)))}
      />
      <Select
        className="kzb-leaf-op"
        value={leaf.op}
        aria-label={t("condition.op")}
        popupMatchSelectWidth={false}
        options={shown.map((op) => ({ value: op, label: t(`op.${op}`) }))}
        onChange={(op) => onChange(withOperator(leaf, op))}
      />
      {!VALUELESS.includes(leaf.op) && (
        <ValueInput
          key={`${leaf.field} ${LISTED.includes(leaf.op)}`}
          subject={subject}
          subjects={subjects}
          mode={SPANS.includes(leaf.op) ? "span" : LISTED.includes(leaf.op) ? "list" : "one"}
          value={leaf.value as Json | undefined}
          onChange={(value) => onChange({ field: leaf.field, op: leaf.op, value })}
        />
      )}
    </div>
  );
}

function withField(leaf: Leaf, subject: Subject | undefined): Leaf {
  const op = subject?.operators[0] ?? leaf.op;
  return withOperator({ field: subject?.path ?? leaf.field, op }, op);
}

/** The value stays where the new comparison takes the same sort of value. */
function withOperator(leaf: Leaf, op: Operator): Leaf {
  if (VALUELESS.includes(op)) return { field: leaf.field, op };
  if (SPANS.includes(op)) return { field: leaf.field, op, value: SPANS.includes(leaf.op) ? leaf.value : "30d" };
  const { value } = leaf;
  if (LISTED.includes(op)) return { field: leaf.field, op, value: Array.isArray(value) ? value : isScalar(value) ? [value] : [] };
  if (SPANS.includes(leaf.op)) return { field: leaf.field, op };
  const one = Array.isArray(value) ? value[0] : value;
  return one === undefined ? { field: leaf.field, op } : { field: leaf.field, op, value: one };
}

function isScalar(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}
