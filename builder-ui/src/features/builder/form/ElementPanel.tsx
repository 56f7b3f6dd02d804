/** The properties of the selected element, and buttons that move it: all that the mouse can do. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Properties } from "@/definition/entity";
import type { Command } from "@/definition/commands";
import { elementAt, fieldOf, type FormDef, type Layout, moveElement, neighbour, type Place, placeBeside, placeOf, removeElement, setFormField, setLabel } from "@/definition/form";
import type { Json } from "@/definition/json";
import { useRun } from "../draft/context";
import { SwitchField, TextField } from "../parts/fields";
import { SidePanel } from "../parts/SidePanel";
import { routeOf } from "../routes";
import { elementName } from "./dragIds";

type ElementPanelProps = {
  form: FormDef;
  place: Place;
  element: Layout;
  fields: Properties;
  path: string;
  onSelect: (place: Place | undefined) => void;
};

export function ElementPanel({ form, place, element, fields, path, onSelect }: ElementPanelProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const name = elementName(element, fields, t);
  const field = fieldOf(element);
  const label = element.type === "Label" ? element.text : "label" in element ? element.label : undefined;
  return (
    <SidePanel title={name} onClose={() => onSelect(undefined)}>
      <div className="kzb-form">
        <Moves form={form} place={place} name={name} path={path} onSelect={onSelect} />
        <TextField label={t(field === undefined ? "layout.text" : "layout.label")} value={label || undefined} placeholder={field && fields[field]?.title} onChange={(text) => run(setLabel(form, place, text))} />
        {field !== undefined && <FieldOnForm form={form} field={field} path={path} />}
        {field !== undefined && <Link to={routeOf({ folder: "entities", file: form.entity })}>{t("layout.toEntity")}</Link>}
        <Button
          danger
          icon={<DeleteOutlined aria-hidden />}
          onClick={() => {
            run(removeElement(form, place));
            onSelect(undefined);
          }}
        >
          {t("layout.remove")}
        </Button>
      </div>
    </SidePanel>
  );
}

type MovesProps = { form: FormDef; place: Place; name: string; path: string; onSelect: (place: Place | undefined) => void };

function Moves({ form, place, name, path, onSelect }: MovesProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const [up, down] = [neighbour(form, place, -1), neighbour(form, place, 1)];
  const index = place.at(-1) ?? 0;
  const parent = elementAt(form.layout, place.slice(0, -1));
  const inRow = parent?.type === "HorizontalLayout";
  const before = inRow || index === 0 ? null : [...place.slice(0, -1), index - 1];
  const beforeElement = before && elementAt(form.layout, before);
  const canJoin = beforeElement && (fieldOf(beforeElement) !== undefined || beforeElement.type === "HorizontalLayout" || beforeElement.type === "Label");
  const follow = (command: Command) => {
    run(command);
    const element = elementAt(form.layout, place);
    const { layout } = command.apply(form as unknown as Json) as unknown as FormDef;
    onSelect(element && placeOf(layout, element));
  };
  return (
    <div className="kzb-adds" role="group" aria-label={t("layout.move")}>
      <Button size="small" icon={<ArrowUpOutlined aria-hidden />} disabled={!up} aria-label={t("moveUp", { what: name })} onClick={() => up && follow(moveElement(form, place, up))} />
      <Button size="small" icon={<ArrowDownOutlined aria-hidden />} disabled={!down} aria-label={t("moveDown", { what: name })} onClick={() => down && follow(moveElement(form, place, down))} />
      {canJoin && (
        <Button size="small" onClick={() => follow(placeBeside(form, place, before))}>
          {t("layout.join")}
        </Button>
      )}
      {inRow && (
        <Button size="small" onClick={() => follow(moveElement(form, place, [...place.slice(0, -2), (place.at(-2) ?? 0) + 1]))}>
          {t("layout.split")}
        </Button>
      )}
    </div>
  );
}

function FieldOnForm({ form, field, path }: { form: FormDef; field: string; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const settings = form.fields?.[field] ?? {};
  return (
    <>
      <TextField label={t("field.help")} value={settings.help} onChange={(text) => run(setFormField(form, field, "help", text || undefined))} />
      {(["required", "readonly", "hidden"] as const).map((name) => (
        <SwitchField key={name} label={t(`formField.${name}`)} checked={settings[name] === true} onChange={(on) => run(setFormField(form, field, name, on || undefined))} />
      ))}
      <p className="kz-quiet">{t("formField.narrows")}</p>
    </>
  );
}
