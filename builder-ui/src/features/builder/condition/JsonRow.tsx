/** A part of a definition that has no editor of its own yet, as JSON text. Handed on whenever it can be read. */
import { Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "@/definition/json";

type JsonRowProps = { value: unknown; onChange: (value: Json) => void; label?: string };

export function JsonRow({ value, onChange, label }: JsonRowProps) {
  const { t } = useTranslation("builder");
  const [typed, setTyped] = useState<string>();
  const wrong = typed !== undefined && parse(typed) === undefined;
  const type = (text: string) => {
    setTyped(text);
    const parsed = parse(text);
    if (parsed !== undefined) onChange(parsed);
  };
  return (
    <Input.TextArea
      className="kzb-code"
      aria-label={label ?? t("condition.json")}
      aria-invalid={wrong || undefined}
      status={wrong ? "error" : undefined}
      autoSize={{ minRows: 1, maxRows: 12 }}
      value={typed ?? JSON.stringify(value)}
      onChange={(event) => type(event.target.value)}
      onBlur={() => !wrong && setTyped(undefined)}
    />
  );
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
