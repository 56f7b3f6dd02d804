/** Inputs of texts with a form of their own: identity card, company code, colour. What a Chinese keyboard gives full-width is made plain on leaving. */
import { Input } from "antd";
import { useTranslation } from "react-i18next";
import { plainCode, readIdCard } from "@/definition/checkDigits";
import { formatDate } from "@/lib/format";
import { aria, type InputProps } from "./types";

export function CodeInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { id, field, value, onChange, invalid, describedBy } = props;
  const text = typeof value === "string" ? value : "";
  const said = field["x-kind"] === "id_card" ? readIdCard(text) : undefined;
  const tidy = () => {
    if (plainCode(text) !== text) onChange(plainCode(text));
  };
  return (
    <>
      <Input
        {...aria(props)}
        aria-describedby={[describedBy, said && `${id}-said`].filter(Boolean).join(" ") || undefined}
        className="kz-code"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        count={{ max: 18, strategy: (typed) => Array.from(plainCode(typed)).length, show: true }}
        value={text}
        status={invalid ? "error" : undefined}
        onChange={(event) => onChange(event.target.value)}
        onBlur={tidy}
      />
      {said && <p id={`${id}-said`} className="kz-help">{t("idCard.said", { birthday: formatDate(said.birthday), sex: t(`idCard.${said.sex}`) })}</p>}
    </>
  );
}

const GREY = "#808080";

/** The browser's own colour picker beside the value as text, so that a brand's colour can be pasted. */
export function ColorInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { value, onChange, invalid, field } = props;
  const text = typeof value === "string" ? value : "";
  const picked = /^#[0-9a-f]{6}/i.exec(text)?.[0]?.toLowerCase();
  return (
    <span className="kz-color-input">
      <input type="color" aria-label={t("color.pick", { field: field.title })} value={picked ?? GREY} data-empty={picked === undefined || undefined} onChange={(event) => onChange(event.target.value)} />
      <Input {...aria(props)} className="kz-code" allowClear={!props.required} autoComplete="off" spellCheck={false} placeholder="#1f6f5c" maxLength={9}
        value={text} status={invalid ? "error" : undefined} onChange={(event) => onChange(event.target.value)} />
    </span>
  );
}
