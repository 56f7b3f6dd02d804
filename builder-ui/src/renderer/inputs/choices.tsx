/** Inputs that pick: yes or no, one of the choices, several, free tags. */
import { Select, Switch } from "antd";
import { useTranslation } from "react-i18next";
import { aria, type InputProps } from "./types";

export function BooleanInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange } = props;
  return (
    <span className="kz-switch">
      <Switch {...aria(props)} checked={value === true} onChange={onChange} />
      <span aria-hidden>{value === true ? t("value.yes") : t("value.no")}</span>
    </span>
  );
}

export function ChoiceInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, required, invalid } = props;
  const options = optionsOf(props);
  return (
    <Select
      {...aria(props)}
      className="kz-wide"
      value={value === null || value === "" ? undefined : (value as string | undefined)}
      options={options}
      allowClear={!required}
      showSearch={options.length > 8 ? { optionFilterProp: "label" } : false}
      placeholder={t("input.choose")}
      status={invalid ? "error" : undefined}
      onChange={(next) => onChange(next ?? null)}
    />
  );
}

export function ChoicesInput(props: InputProps) {
  return <Several {...props} mode="multiple" />;
}

export function TagsInput(props: InputProps) {
  return <Several {...props} mode="tags" />;
}

function Several({ mode, ...props }: InputProps & { mode: "multiple" | "tags" }) {
  const { t } = useTranslation("workspace");
  return (
    <Select
      {...aria(props)}
      className="kz-wide"
      mode={mode}
      value={Array.isArray(props.value) ? (props.value as string[]) : []}
      options={optionsOf(props)}
      optionFilterProp="label"
      tokenSeparators={mode === "tags" ? [",", "，", "、"] : undefined}
      placeholder={t(mode === "tags" ? "input.typeTags" : "input.choose")}
      status={props.invalid ? "error" : undefined}
      onChange={props.onChange}
    />
  );
}

/** The choices left, with their labels; a chosen one that is no longer offered stays readable. */
function optionsOf({ field, options, value }: InputProps): { value: string; label: string }[] {
  const offered = [...(options ?? field.enum ?? [])];
  const chosen = Array.isArray(value) ? (value as string[]) : typeof value === "string" && value !== "" ? [value] : [];
  for (const one of chosen) if (!offered.includes(one) && field.enum?.includes(one)) offered.push(one);
  return offered.map((one) => ({ value: one, label: field["x-labels"]?.[one] ?? one }));
}
