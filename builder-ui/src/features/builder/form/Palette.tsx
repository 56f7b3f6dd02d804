/** What can still be put on the form: fields that are not on it, groups and texts. Dragged, or added with the button. */
import { HolderOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { Properties } from "@/definition/entity";
import { fieldsOnForm, type FormDef } from "@/definition/form";
import { useDragItem } from "@/ui/dnd";
import { Panel } from "@/ui/Panel";

type PaletteProps = { form: FormDef; fields: Properties; onAdd: (item: string) => void };

export function Palette({ form, fields, onAdd }: PaletteProps) {
  const { t } = useTranslation("builder");
  const used = new Set(fieldsOnForm(form.layout));
  const free = Object.entries(fields).filter(([key]) => !used.has(key));
  return (
    <Panel title={t("layout.palette")}>
      <h3>{t("layout.freeFields")}</h3>
      {free.length === 0 && <p className="kz-quiet">{t("layout.allUsed")}</p>}
      <ul className="kzb-palette">
        {free.map(([key, field]) => (
          <PaletteItem key={key} id={`field:${key}`} title={field.title || key} note={t(`kind.${field["x-kind"]}`)} onAdd={onAdd} />
        ))}
      </ul>
      <h3>{t("layout.elements")}</h3>
      <ul className="kzb-palette">
        {(["Group", "Label"] as const).map((type) => (
          <PaletteItem key={type} id={`new:${type}`} title={t(`layout.${type}`)} onAdd={onAdd} />
        ))}
      </ul>
    </Panel>
  );
}

type PaletteItemProps = { id: string; title: string; note?: string; onAdd: (id: string) => void };

function PaletteItem({ id, title, note, onAdd }: PaletteItemProps) {
  const { t } = useTranslation("builder");
  const { handle, isDragging } = useDragItem(id);
  return (
    <li data-dragging={isDragging || undefined}>
      <div className="kzb-handle" {...handle} aria-label={t("drag.handle", { what: [title, note].filter(Boolean).join(" ") })}>
        <HolderOutlined aria-hidden />
        <span>{title}</span>
        {note && <span className="kzb-kind-note">{note}</span>}
      </div>
      <Button size="small" type="text" icon={<PlusOutlined aria-hidden />} aria-label={t("layout.add", { what: title })} onClick={() => onAdd(id)} />
    </li>
  );
}
