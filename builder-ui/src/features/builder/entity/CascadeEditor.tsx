/** The options of a cascade as an outline, which a whole catalogue can be pasted into. A line that does not fit waits here until it does. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { outlineOf, readOutline } from "@/definition/cascade";
import type { FieldKeys, FieldSchema } from "@/definition/entity";
import { TextField } from "../parts/fields";

type CascadeEditorProps = { field: FieldSchema; onChange: (keys: FieldKeys) => void };

export function CascadeEditor({ field, onChange }: CascadeEditorProps) {
  const { t } = useTranslation("builder");
  const [typed, setTyped] = useState<string>();
  const stored = outlineOf(field);
  const text = typed ?? stored;
  const { fault } = readOutline(text);
  const type = (next: string) => {
    setTyped(next);
    const read = readOutline(next);
    if (!read.fault) onChange(next.trim() === "" ? { enum: undefined, "x-labels": undefined } : read.keys);
  };
  const help = fault ? <span className="kzb-problem" data-severity="error" role="alert">{t(`cascade.${fault.fault}`, { line: fault.line })}</span> : t("cascade.help");
  return <TextField label={t("field.choices")} code rows={6} value={text} placeholder={"33 浙江省\n  3301 杭州市\n    330106 西湖区"} help={help} onChange={type} />;
}
