/** Inputs for whole numbers, decimals, percentages and money; decimals stay text, so nothing is rounded. */
import { Input } from "antd";
import { useState } from "react";
import { currencySign } from "@/lib/format";
import { useRendering } from "../context";
import { aria, type InputProps } from "./types";

/** Full-width digits and signs as Chinese keyboards give them, spaces and grouping commas: made plain. */
export function plainNumber(text: string): string {
  return text
    .replace(/[０-９．－]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/。/g, ".")
    .replace(/[,，\s]/g, "");
}

/** A whole number as a number, anything else as text for the server to refuse with its reason. */
export function wholeNumber(text: string): unknown {
  const plain = plainNumber(text);
  if (plain === "") return null;
  return /^-?\d{1,16}$/.test(plain) && Number.isSafeInteger(Number(plain)) ? Number(plain) : plain;
}

export function IntegerInput(props: InputProps) {
  return <NumberText {...props} read={wholeNumber} inputMode="numeric" />;
}

export function DecimalInput(props: InputProps) {
  const suffix = props.field["x-kind"] === "percent" ? "%" : undefined;
  return <NumberText {...props} read={decimalText} inputMode="decimal" suffix={suffix} />;
}

export function MoneyInput(props: InputProps) {
  const { app } = useRendering();
  const prefix = currencySign(props.field["x-currency"] ?? app.currency);
  return <NumberText {...props} read={decimalText} inputMode="decimal" prefix={prefix} />;
}

function decimalText(text: string): unknown {
  const plain = plainNumber(text);
  return plain === "" ? null : plain;
}

type NumberTextProps = InputProps & { read: (text: string) => unknown; inputMode: "numeric" | "decimal"; prefix?: string; suffix?: string };

function NumberText({ read, inputMode, prefix, suffix, ...props }: NumberTextProps) {
  const { value, onChange, invalid } = props;
  const [typing, setTyping] = useState<string>();
  return (
    <Input
      {...aria(props)}
      className="kz-number"
      inputMode={inputMode}
      autoComplete="off"
      prefix={prefix}
      suffix={suffix}
      status={invalid ? "error" : undefined}
      value={typing ?? (value === undefined || value === null ? "" : String(value))}
      onChange={(event) => {
        setTyping(event.target.value);
        onChange(read(event.target.value));
      }}
      onBlur={() => setTyping(undefined)}
    />
  );
}
