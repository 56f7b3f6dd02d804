/** The kinds of field, grouped as people think of them: one radio group that the arrow keys walk. */
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { FieldKind } from "@/definition/kinds";
import { OFFERED } from "./offered";

type KindPickerProps = { value: FieldKind; onChange: (kind: FieldKind) => void };

export function KindPicker({ value, onChange }: KindPickerProps) {
  const { t } = useTranslation("builder");
  const name = useId();
  return (
    <fieldset className="kzb-kinds">
      <legend>{t("field.kind")}</legend>
      {OFFERED.map(({ group, kinds }) => (
        <div key={group} className="kzb-kind-group">
          <span className="kz-quiet">{t(`kindGroup.${group}`)}</span>
          <div>
            {kinds.map((kind) => (
              <label key={kind} data-checked={kind === value || undefined}>
                <input type="radio" name={name} value={kind} checked={kind === value} onChange={() => onChange(kind)} />
                {t(`kind.${kind}`)}
              </label>
            ))}
          </div>
        </div>
      ))}
      <p className="kz-quiet">{t(`kindHelp.${value}`)}</p>
    </fieldset>
  );
}
