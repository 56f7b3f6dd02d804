/** A secret is written, never read: what is stored stays covered, and an empty input leaves it as it is. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { isEmpty } from "@/definition/compare";
import { aria, type InputProps } from "./types";

export function SecretInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, value, onChange, invalid, required, describedBy } = props;
  // The cover that the server sent in place of the value, if there is one.
  const [stored] = useState(value);
  const isStored = !isEmpty(stored);
  const isKept = isStored && value === stored;
  const note = isKept ? "secret.kept" : isStored && isEmpty(value) ? "secret.cleared" : "secret.new";
  return (
    <>
      <span className="kz-beside">
        <Input.Password
          {...aria(props)}
          aria-required={(required && !isStored) || undefined}
          aria-describedby={[describedBy, `${id}-note`].filter(Boolean).join(" ")}
          autoComplete="new-password"
          value={isKept || isEmpty(value) ? "" : String(value)}
          placeholder={isKept ? "••••••••" : undefined}
          status={invalid ? "error" : undefined}
          onChange={(event) => onChange(event.target.value === "" ? (stored ?? null) : event.target.value)}
        />
        {isStored && !required && isKept && <Button onClick={() => onChange(null)}>{t("secret.clear")}</Button>}
        {isStored && !isKept && <Button onClick={() => onChange(stored)}>{t("secret.keep")}</Button>}
      </span>
      <p id={`${id}-note`} className="kz-help">{t(note)}</p>
    </>
  );
}
