/** The rows of a sub-table: each a small sheet of inputs, with its problems at the cell. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { isDerivedKind } from "../form/model";
import { ShowValue } from "../values/ShowValue";
import { inputOf } from "./index";
import type { InputProps } from "./types";

type Row = Record<string, unknown>;

export function TableInput(props: InputProps) {
  const { t } = useTranslation("workspace");
  const { name, field, onChange, onBusy, problems } = props;
  const rows = Array.isArray(props.value) ? (props.value as Row[]) : [];
  const change = (index: number, key: string, value: unknown) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, [key]: value } : row)));
  const move = (from: number, to: number) => onChange(moved(rows, from, to));
  return (
    <div className="kz-rows" role="group" id={props.id} aria-describedby={props.describedBy} aria-label={field.title}>
      {rows.map((row, index) => (
        // A row has an id only once the server has given it one; its place serves until then.
        <fieldset key={String(row["id"] ?? `new-${index}`)} className="kz-row">
          <legend>{t("table.row", { number: index + 1 })}</legend>
          <div className="kz-row-cells">
            {Object.entries(field.items?.properties ?? {}).map(([key, column]) => (
              <Cell key={key} name={key} field={column} value={row[key]} required={field.items?.required?.includes(key) === true}
                problems={problems.filter(({ pointer }) => `${pointer}/`.startsWith(`/${name}/${index}/${key}/`))} onBusy={onBusy} onChange={(value) => change(index, key, value)} />
            ))}
          </div>
          <div className="kz-row-tools">
            <Button type="text" size="small" icon={<ArrowUpOutlined aria-hidden />} aria-label={t("table.up")} disabled={index === 0} onClick={() => move(index, index - 1)} />
            <Button type="text" size="small" icon={<ArrowDownOutlined aria-hidden />} aria-label={t("table.down")} disabled={index === rows.length - 1} onClick={() => move(index, index + 1)} />
            <Button type="text" size="small" danger icon={<DeleteOutlined aria-hidden />} aria-label={t("table.remove", { number: index + 1 })} onClick={() => onChange(rows.filter((_, at) => at !== index))} />
          </div>
        </fieldset>
      ))}
      <Button icon={<PlusOutlined aria-hidden />} onClick={() => onChange([...rows, {}])}>
        {t("table.add")}
      </Button>
    </div>
  );
}

function moved(rows: Row[], from: number, to: number): Row[] {
  const row = rows[from];
  return row === undefined ? rows : rows.toSpliced(from, 1).toSpliced(to, 0, row);
}

type CellProps = Pick<InputProps, "name" | "field" | "value" | "required" | "problems" | "onBusy" | "onChange">;

function Cell({ name, field, value, required, problems, onBusy, onChange }: CellProps) {
  const id = useId();
  const Input = inputOf(field["x-kind"]);
  const message = problems.map((problem) => problem.message).join(" ");
  return (
    <div className="kz-field">
      <label htmlFor={id} className={required ? "kz-required" : undefined}>{field.title ?? name}</label>
      {isDerivedKind(field["x-kind"]) || !Input ? (
        <output id={id}><ShowValue field={field} value={value} /></output>
      ) : (
        <Input id={id} name={name} field={field} value={value} onChange={onChange} required={required} invalid={message !== ""}
          describedBy={message ? `${id}-error` : undefined} options={undefined} problems={problems} onBusy={onBusy} />
      )}
      {message && <p id={`${id}-error`} className="kz-error">{message}</p>}
    </div>
  );
}
