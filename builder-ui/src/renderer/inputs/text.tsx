/** Inputs whose value is text as typed: one line, many lines, phone, mail, address. */
import { Input } from "antd";
import type { HTMLAttributes } from "react";
import { aria, type InputProps } from "./types";

type Hints = { type?: string; inputMode?: HTMLAttributes<HTMLInputElement>["inputMode"]; autoComplete?: string };

const HINTS: Record<string, Hints> = {
  phone: { type: "tel", inputMode: "tel" },
  email: { type: "email", inputMode: "email" },
  url: { type: "url", inputMode: "url" },
};

export function TextInput(props: InputProps) {
  const { field, value, onChange, invalid } = props;
  return (
    <Input
      {...aria(props)}
      {...HINTS[field["x-kind"]]}
      autoComplete="off"
      value={asText(value)}
      status={invalid ? "error" : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

export function LongTextInput(props: InputProps) {
  const { value, onChange, invalid } = props;
  return (
    <Input.TextArea
      {...aria(props)}
      className="kz-area"
      rows={3}
      value={asText(value)}
      status={invalid ? "error" : undefined}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function asText(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
