/** Any JSON as text: checked while it is typed, with the line where it breaks; text that is no JSON yet is kept and not sent. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isObject } from "@/definition/json";
import { UNREADABLE, unreadableAt } from "@/definition/shape";
import { aria, type InputProps } from "./types";

export function JsonInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, value, onChange, invalid, describedBy } = props;
  const [typed, setTyped] = useState<string>();
  const text = typed ?? written(value);
  const fault = text.trim() === "" ? undefined : unreadableAt(text);
  const type = (next: string) => {
    setTyped(next);
    onChange(read(next));
  };
  return (
    <>
      <Input.TextArea
        {...aria(props)}
        aria-invalid={invalid || fault !== undefined || undefined}
        aria-describedby={[describedBy, fault && `${id}-where`].filter(Boolean).join(" ") || undefined}
        className="kz-code"
        autoSize={{ minRows: 3, maxRows: 18 }}
        spellCheck={false}
        autoComplete="off"
        value={text}
        status={invalid || fault ? "error" : undefined}
        onChange={(event) => type(event.target.value)}
      />
      {fault && !invalid && <p id={`${id}-where`} className="kz-error">{t("json.wrongAt", fault)}</p>}
      {!fault && text.trim() !== "" && <Button className="kz-start" size="small" type="text" onClick={() => setTyped(JSON.stringify(JSON.parse(text), null, 2))}>{t("json.tidy")}</Button>}
    </>
  );
}

function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (isObject(value) && UNREADABLE in value) return String(value[UNREADABLE]);
  return JSON.stringify(value, null, 2);
}

function read(text: string): unknown {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return { [UNREADABLE]: text };
  }
}
