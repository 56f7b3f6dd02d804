/** The choices of a field: what people read, and the value that is stored. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Choice } from "@/definition/entity";
import { proposeKey } from "@/definition/keys";
import { PlainText } from "../parts/fields";

type ChoicesEditorProps = { choices: readonly Choice[]; onChange: (choices: Choice[]) => void };

/** The value of a choice added here follows its label until it is edited by hand. */
export function ChoicesEditor({ choices, onChange }: ChoicesEditorProps) {
  const { t } = useTranslation("builder");
  const following = useRef(new Set<number>());
  const valuesBut = (index: number) => choices.filter((_, at) => at !== index).map(({ value }) => value);
  const setLabel = (index: number, label: string) => {
    const value = following.current.has(index) ? proposeKey(label, `option_${index + 1}`, valuesBut(index)) : (choices[index]?.value ?? "");
    onChange(choices.with(index, { label, value }));
  };
  const setValue = (index: number, value: string) => {
    following.current.delete(index);
    onChange(choices.with(index, { label: choices[index]?.label ?? value, value }));
  };
  const move = (index: number, to: number) => {
    following.current.clear();
    const choice = choices[index];
    if (choice) onChange(choices.toSpliced(index, 1).toSpliced(to, 0, choice));
  };
  const remove = (index: number) => {
    following.current.clear();
    onChange(choices.toSpliced(index, 1));
  };
  const add = () => {
    following.current.add(choices.length);
    onChange([...choices, { label: "", value: proposeKey("", `option_${choices.length + 1}`, valuesBut(-1)) }]);
  };
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("field.choices")}</legend>
      <ul className="kzb-choices">
        {choices.map(({ value, label }, index) => (
          <li key={index}>
            <PlainText ariaLabel={t("choice.label", { number: index + 1 })} value={label} placeholder={t("choice.labelHint")} onChange={(text) => setLabel(index, text)} />
            <PlainText code ariaLabel={t("choice.value", { number: index + 1 })} value={value} onChange={(text) => setValue(index, text)} />
            <span className="kzb-moves">
              <Button size="small" type="text" icon={<ArrowUpOutlined aria-hidden />} disabled={index === 0} aria-label={t("moveUp", { what: label || value })} onClick={() => move(index, index - 1)} />
              <Button size="small" type="text" icon={<ArrowDownOutlined aria-hidden />} disabled={index === choices.length - 1} aria-label={t("moveDown", { what: label || value })} onClick={() => move(index, index + 1)} />
              <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: label || value })} onClick={() => remove(index)} />
            </span>
          </li>
        ))}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("choice.add")}
      </Button>
    </fieldset>
  );
}
