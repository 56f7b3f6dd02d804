/** The columns of a sub-table: title, key and kind of each; the rest is edited as text. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import { useTranslation } from "react-i18next";
import type { FieldSchema, Properties } from "@/definition/entity";
import { KEY, proposeKey } from "@/definition/keys";
import { type FieldKind, KINDS, newField } from "@/definition/kinds";
import { PlainText } from "../parts/fields";

type ColumnsEditorProps = { properties: Properties; onChange: (properties: Properties) => void };

const COLUMN_KINDS = KINDS.filter((kind) => !["table", "rollup", "grade", "serial"].includes(kind));

export function ColumnsEditor({ properties, onChange }: ColumnsEditorProps) {
  const { t } = useTranslation("builder");
  const columns = Object.entries(properties);
  const replace = (index: number, key: string, field: FieldSchema) => onChange(Object.fromEntries(columns.with(index, [key, field])));
  const add = () => {
    const title = t("column.new", { number: columns.length + 1 });
    onChange({ ...properties, [proposeKey("", "column", Object.keys(properties))]: newField("text", title) });
  };
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("field.columns")}</legend>
      <ul className="kzb-choices">
        {columns.map(([key, field], index) => (
          <li key={index} data-three>
            <PlainText ariaLabel={t("column.title", { number: index + 1 })} value={field.title} onChange={(title) => replace(index, key, { ...field, title })} />
            <PlainText code ariaLabel={t("column.key", { number: index + 1 })} value={key} onChange={(to) => KEY.test(to) && !Object.hasOwn(properties, to) && replace(index, to, field)} />
            <Select
              aria-label={t("column.kind", { number: index + 1 })}
              value={field["x-kind"]}
              popupMatchSelectWidth={false}
              options={COLUMN_KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
              onChange={(kind) => replace(index, key, newField(kind as FieldKind, field.title))}
            />
            <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: field.title || key })} onClick={() => onChange(Object.fromEntries(columns.toSpliced(index, 1)))} />
          </li>
        ))}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("column.add")}
      </Button>
    </fieldset>
  );
}
