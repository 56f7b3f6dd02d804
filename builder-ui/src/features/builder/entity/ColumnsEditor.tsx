/** The columns of a sub-table: title, key and kind of each in a row, all that its kind asks for below it when opened. */
import { DeleteOutlined, DownOutlined, PlusOutlined, UpOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type FieldKeys, type FieldSchema, type RowSchema, withKeys } from "@/definition/entity";
import { KEY, proposeKey } from "@/definition/keys";
import { type FieldKind, isDerived, newField } from "@/definition/kinds";
import { PlainText, SwitchField, TextField } from "../parts/fields";
import { KindSettings } from "./KindSettings";
import { OFFERED_COLUMNS } from "./offered";

type ColumnsEditorProps = { entityKey: string; items: RowSchema; onChange: (items: RowSchema) => void };

export function ColumnsEditor({ entityKey, items, onChange }: ColumnsEditorProps) {
  const { t } = useTranslation("builder");
  const [open, setOpen] = useState<number>();
  const columns = Object.entries(items.properties);
  const required = items.required ?? [];
  const put = (properties: [string, FieldSchema][], needed: readonly string[] = required) => {
    const { required: _, ...rest } = items;
    onChange({ ...rest, ...(needed.length > 0 ? { required: [...needed] } : {}), properties: Object.fromEntries(properties) });
  };
  const add = () => {
    const title = t("column.new", { number: columns.length + 1 });
    put([...columns, [proposeKey("", "column", Object.keys(items.properties)), newField("text", title)]]);
    setOpen(columns.length);
  };
  const rename = (index: number, from: string, to: string) => put(columns.with(index, [to, columns[index]![1]]), required.map((key) => (key === from ? to : key)));
  const remove = (index: number, key: string) => {
    put(columns.toSpliced(index, 1), required.filter((each) => each !== key));
    setOpen(undefined);
  };
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("field.columns")}</legend>
      <ul className="kzb-choices">
        {columns.map(([key, field], index) => (
          <Column key={index} number={index + 1} entityKey={entityKey} columnKey={key} field={field} items={items} isOpen={open === index}
            onToggle={() => setOpen(open === index ? undefined : index)}
            onKey={(to) => KEY.test(to) && !Object.hasOwn(items.properties, to) && rename(index, key, to)}
            onField={(next) => put(columns.with(index, [key, next]), isDerived(next["x-kind"]) ? required.filter((each) => each !== key) : required)}
            onRequired={(on) => put(columns, on ? [...required, key] : required.filter((each) => each !== key))}
            onRemove={() => remove(index, key)} />
        ))}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("column.add")}
      </Button>
    </fieldset>
  );
}

type ColumnProps = {
  number: number;
  entityKey: string;
  columnKey: string;
  field: FieldSchema;
  items: RowSchema;
  isOpen: boolean;
  onToggle: () => void;
  onKey: (key: string) => void;
  onField: (field: FieldSchema) => void;
  onRequired: (on: boolean) => void;
  onRemove: () => void;
};

function Column(props: ColumnProps) {
  const { t } = useTranslation("builder");
  const { number, columnKey, field, isOpen, onToggle, onKey, onField, onRemove } = props;
  const id = useId();
  const title = field.title || columnKey;
  return (
    <li data-open={isOpen || undefined} data-four>
      <PlainText ariaLabel={t("column.title", { number })} value={field.title} onChange={(text) => onField({ ...field, title: text })} />
      <PlainText code ariaLabel={t("column.key", { number })} value={columnKey} onChange={onKey} />
      <Select
        aria-label={t("column.kind", { number })}
        value={field["x-kind"]}
        popupMatchSelectWidth={false}
        showSearch={{ optionFilterProp: "label" }}
        options={OFFERED_COLUMNS.map((value) => ({ value, label: t(`kind.${value}`) }))}
        onChange={(kind) => onField(newField(kind as FieldKind, field.title))}
      />
      <span className="kzb-moves">
        <Button size="small" type="text" icon={isOpen ? <UpOutlined aria-hidden /> : <DownOutlined aria-hidden />} aria-label={t("column.settings", { what: title })} aria-expanded={isOpen} aria-controls={isOpen ? id : undefined} onClick={onToggle} />
        <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: title })} onClick={onRemove} />
      </span>
      {isOpen && <ColumnSettings {...props} id={id} />}
    </li>
  );
}

function ColumnSettings({ id, entityKey, columnKey, field, items, onField, onRequired }: ColumnProps & { id: string }) {
  const { t } = useTranslation("builder");
  const set = (keys: FieldKeys) => onField(withKeys(field, keys));
  return (
    <div id={id} className="kzb-form kzb-column" role="group" aria-label={t("column.settings", { what: field.title || columnKey })}>
      {!isDerived(field["x-kind"]) && <SwitchField label={t("field.required")} checked={items.required?.includes(columnKey) === true} onChange={onRequired} />}
      <KindSettings entityKey={entityKey} siblings={items.properties} fieldKey={columnKey} field={field} set={set} />
      <TextField label={t("field.help")} value={field.description} onChange={(text) => set({ description: text || undefined })} />
    </div>
  );
}
