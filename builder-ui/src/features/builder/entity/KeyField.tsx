/** A field's key. It may be typed freely until a release has it; afterwards changing it is meant, and takes the values along. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { keyProblem } from "@/definition/keys";
import { TextField } from "../parts/fields";

type KeyFieldProps = {
  value: string;
  taken: readonly string[];
  /** Whether the live release has the field: then a new key is taken over as a whole. */
  isLive: boolean;
  onChange: (key: string) => void;
};

export function KeyField({ value, taken, isLive, onChange }: KeyFieldProps) {
  const { t } = useTranslation("builder");
  const [typed, setTyped] = useState(value);
  const [isMeant, setMeant] = useState(false);
  // What the release has may be known only after the field is shown.
  const isOpen = !isLive || isMeant;
  const problem = typed === value ? null : keyProblem(typed, taken);
  const type = (text: string) => {
    setTyped(text);
    // A malformed one waits here until it is right.
    if (!isLive && text !== value && keyProblem(text, taken) === null) onChange(text);
  };
  const help = t(problem ? `keyProblem.${problem}` : !isOpen ? "field.keyLive" : isLive ? "field.keyRename" : "field.keyHelp");
  return (
    <>
      <TextField label={t("field.key")} code value={typed} onChange={type} disabled={!isOpen} help={help} />
      {isLive && !isOpen && <Button size="small" className="kzb-inline" onClick={() => setMeant(true)}>{t("field.rename")}</Button>}
      {isLive && isOpen && <Button size="small" className="kzb-inline" disabled={typed === value || problem !== null} onClick={() => onChange(typed)}>{t("field.doRename")}</Button>}
    </>
  );
}
