/** The choices of a field: what people read, and the value that is stored. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Choice } from "@/definition/entity";
import { proposeKey } from "@/definition/keys";
import type { Diagnostic } from "../api";
import { PlainText, Problems } from "../parts/fields";

type ChoicesEditorProps = {
  choices: readonly Choice[];
  /** Values that a release has: records may hold them, so they stay as they are when a label changes. */
  published?: readonly string[];
  problems?: readonly Diagnostic[];
  onChange: (choices: Choice[]) => void;
};

/** The value of a choice that no release has follows its label until it is edited by hand. A choice without a label stays here. */
export function ChoicesEditor({ choices, published = [], problems = [], onChange }: ChoicesEditorProps) {
  const { t } = useTranslation("builder");
  const [rows, setRows] = useRows(choices);
  const list = useRef<HTMLUListElement>(null);
  const isAdded = useRef(false);
  useEffect(() => {
    if (isAdded.current) list.current?.querySelector<HTMLInputElement>("li:last-child input")?.focus();
    isAdded.current = false;
  }, [rows.length]);
  const change = (next: Choice[]) => {
    setRows(next);
    onChange(next.filter(({ label }) => label.trim() !== ""));
  };
  const proposed = (label: string, index: number) => proposeKey(label, `option_${index + 1}`, rows.filter((_, at) => at !== index).map(({ value }) => value));
  const setLabel = (index: number, label: string) => {
    const row = rows[index] ?? { label: "", value: "" };
    const isFollowing = !published.includes(row.value) && (AUTOMATIC.test(row.value) || row.value === proposed(row.label, index));
    change(rows.with(index, { label, value: isFollowing ? proposed(label, index) : row.value }));
  };
  const setValue = (index: number, value: string) => change(rows.with(index, { label: rows[index]?.label ?? value, value }));
  const move = (index: number, to: number) => {
    const row = rows[index];
    if (row) change(rows.toSpliced(index, 1).toSpliced(to, 0, row));
  };
  const remove = (index: number) => change(rows.toSpliced(index, 1));
  const add = () => {
    isAdded.current = true;
    change([...rows, { label: "", value: proposed("", rows.length) }]);
  };
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("field.choices")}</legend>
      <ul className="kzb-choices" ref={list}>
        {rows.map(({ value, label }, index) => (
          <li key={index}>
            <PlainText ariaLabel={t("choice.label", { number: index + 1 })} value={label} placeholder={t("choice.labelHint")} onChange={(text) => setLabel(index, text)} />
            <PlainText code ariaLabel={t("choice.value", { number: index + 1 })} value={value} disabled={published.includes(value)} onChange={(text) => setValue(index, text)} />
            <span className="kzb-moves">
              <Button size="small" type="text" icon={<ArrowUpOutlined aria-hidden />} disabled={index === 0} aria-label={t("moveUp", { what: label || value })} onClick={() => move(index, index - 1)} />
              <Button size="small" type="text" icon={<ArrowDownOutlined aria-hidden />} disabled={index === rows.length - 1} aria-label={t("moveDown", { what: label || value })} onClick={() => move(index, index + 1)} />
              <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: label || value })} onClick={() => remove(index)} />
            </span>
            {label.trim() === "" && <p className="kzb-problem" data-severity="error">{t("choice.unnamed")}</p>}
          </li>
        ))}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("choice.add")}
      </Button>
      <Problems problems={problems} />
    </fieldset>
  );
}

/** What a choice is called by while its label says nothing that a key can be made of. */
const AUTOMATIC = /^option_\d+(_\d+)?$/;

/** The choices with those that have no label yet; begins anew when others come from outside, as by undoing. */
function useRows(choices: readonly Choice[]): [Choice[], (rows: Choice[]) => void] {
  const [rows, setRows] = useState<Choice[]>([...choices]);
  const text = (list: readonly Choice[]) => JSON.stringify(list.map(({ value, label }) => [value, label]));
  const isHere = text(rows.filter(({ label }) => label.trim() !== "")) === text(choices);
  return [isHere ? rows : [...choices], setRows];
}
