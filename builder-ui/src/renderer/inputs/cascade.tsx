/** One way down a tree of options, such as 大类 / 小类. A chunk of its own, loaded when a form has one. */
import { Cascader } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { cascadeTree } from "@/definition/cascade";
import { aria, type InputProps } from "./types";

export function CascadeInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { field, value, onChange, invalid, required } = props;
  const options = useMemo(() => cascadeTree(field), [field]);
  return (
    <Cascader
      {...aria(props)}
      className="kz-wide"
      options={options}
      value={Array.isArray(value) ? (value as string[]) : undefined}
      allowClear={!required}
      changeOnSelect
      showSearch={{ matchInputWidth: false }} classNames={{ popup: { root: "kz-cascade" } }}
      placeholder={t("input.choose")}
      status={invalid ? "error" : undefined}
      onChange={(codes) => onChange((codes as string[] | undefined)?.length ? codes : null)}
    />
  );
}
