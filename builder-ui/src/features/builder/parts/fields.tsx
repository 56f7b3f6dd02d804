/** Small labelled inputs of the editors. A text is handed on at each key, but never while an input method composes. */
import { Input, InputNumber, Select, Switch } from "antd";
import { type ReactNode, useId, useState } from "react";
import type { Diagnostic } from "../api";

type FieldProps = { label: string; help?: ReactNode; problems?: readonly Diagnostic[]; children: (id: string, describedBy: string) => ReactNode };

/** A label, an input, and below it what is wrong or what helps. */
export function Field({ label, help, problems = [], children }: FieldProps) {
  const id = useId();
  const note = `${id}-note`;
  return (
    <div className="kzb-field" data-invalid={problems.some((each) => each.severity === "error") || undefined}>
      <label htmlFor={id}>{label}</label>
      {children(id, note)}
      <div id={note} className="kzb-note">
        <Problems problems={problems} />
        {help && <p>{help}</p>}
      </div>
    </div>
  );
}

/** What is wrong, a line each. */
export function Problems({ problems }: { problems: readonly Diagnostic[] }) {
  return problems.map((each) => (
    <p key={each.code + each.pointer + each.message} className="kzb-problem" data-severity={each.severity}>
      {each.message}
    </p>
  ));
}

type TextProps = {
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
  help?: ReactNode;
  problems?: readonly Diagnostic[];
  rows?: number;
  placeholder?: string;
  disabled?: boolean;
  code?: boolean;
};

export function TextField({ label, help, problems, ...input }: TextProps) {
  return (
    <Field label={label} help={help} problems={problems}>
      {(id, describedBy) => <PlainText id={id} describedBy={describedBy} {...input} />}
    </Field>
  );
}

type PlainTextProps = Omit<TextProps, "label" | "help" | "problems"> & { id?: string; describedBy?: string; ariaLabel?: string; size?: "small" };

/** A text input without a label of its own. Shows what is being composed, hands on what is composed. */
export function PlainText({ id, describedBy, ariaLabel, value, onChange, rows, code, ...rest }: PlainTextProps) {
  const [composed, setComposed] = useState<string>();
  const handlers = {
    id,
    "aria-describedby": describedBy,
    "aria-label": ariaLabel,
    value: composed ?? value ?? "",
    className: code ? "kzb-code" : undefined,
    onCompositionStart: () => setComposed(value ?? ""),
    onCompositionEnd: (event: { currentTarget: { value: string } }) => {
      setComposed(undefined);
      onChange(event.currentTarget.value);
    },
    onChange: (event: { target: { value: string } }) => (composed === undefined ? onChange(event.target.value) : setComposed(event.target.value)),
  };
  return rows ? <Input.TextArea {...handlers} {...rest} autoSize={{ minRows: rows, maxRows: 16 }} /> : <Input {...handlers} {...rest} />;
}

export type Option = { value: string; label: string };

type SelectFieldProps = {
  label: string;
  value: string | undefined;
  options: readonly Option[];
  onChange: (value: string | undefined) => void;
  help?: ReactNode;
  problems?: readonly Diagnostic[];
  clearable?: boolean;
  disabled?: boolean;
};

export function SelectField({ label, help, problems, value, options, onChange, clearable, disabled }: SelectFieldProps) {
  return (
    <Field label={label} help={help} problems={problems}>
      {(id, describedBy) => (
        <Select
          id={id}
          aria-label={label}
          aria-describedby={describedBy}
          value={value || undefined}
          options={withValue(options, value)}
          onChange={(next: string | undefined) => onChange(next)}
          allowClear={clearable}
          disabled={disabled}
          showSearch={options.length > 8 ? { optionFilterProp: "label" } : false}
          style={{ width: "100%" }}
        />
      )}
    </Field>
  );
}

type MultiSelectFieldProps = { label: string; value: readonly string[]; options: readonly Option[]; onChange: (value: string[]) => void; help?: ReactNode };

export function MultiSelectField({ label, value, options, onChange, help }: MultiSelectFieldProps) {
  return (
    <Field label={label} help={help}>
      {(id) => (
        <Select
          id={id}
          aria-label={label}
          mode="multiple"
          value={[...value]}
          options={[...options]}
          onChange={(next: string[]) => onChange(next)}
          showSearch={{ optionFilterProp: "label" }}
          style={{ width: "100%" }}
        />
      )}
    </Field>
  );
}

type SwitchFieldProps = { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean };

export function SwitchField({ label, checked, onChange, disabled }: SwitchFieldProps) {
  const id = useId();
  return (
    <div className="kzb-switch">
      <Switch id={id} size="small" checked={checked} onChange={onChange} disabled={disabled} aria-label={label} />
      <label htmlFor={id}>{label}</label>
    </div>
  );
}

type NumberFieldProps = { label: string; value: number | undefined; onChange: (value: number | undefined) => void; min?: number; max?: number; help?: ReactNode };

export function NumberField({ label, value, onChange, min, max, help }: NumberFieldProps) {
  return (
    <Field label={label} help={help}>
      {(id) => (
        <InputNumber
          id={id}
          value={value}
          min={min}
          max={max}
          precision={0}
          onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
          style={{ width: "100%" }}
        />
      )}
    </Field>
  );
}

/** A value that is no longer among the options is still shown, by its key. */
function withValue(options: readonly Option[], value: string | undefined): Option[] {
  if (!value || options.some((option) => option.value === value)) return [...options];
  return [...options, { value, label: value }];
}
