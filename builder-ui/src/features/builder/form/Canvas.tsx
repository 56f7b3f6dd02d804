/** The form under design: its elements as boxes in their places, with gaps that take what is dragged. */
import { HolderOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { Properties } from "@/definition/entity";
import { childrenOf, fieldOf, type FormDef, type Layout, type Place } from "@/definition/form";
import { toPointer } from "@/definition/json";
import { DropPlace, useDragItem } from "@/ui/dnd";
import type { Diagnostic } from "../api";
import { isBelow, useDiagnosticsAt } from "../draft/context";
import { elementName, idOf } from "./dragIds";

type CanvasProps = { form: FormDef; fields: Properties; path: string; selected: Place | undefined; onSelect: (place: Place) => void };
type Drawing = Omit<CanvasProps, "form" | "path"> & { problems: readonly Diagnostic[]; form: FormDef };

export function Canvas({ path, ...props }: CanvasProps) {
  const problems = useDiagnosticsAt(path, "/layout");
  const { t } = useTranslation("builder");
  const isEmpty = childrenOf(props.form.layout).length === 0;
  return (
    <div className="kzb-canvas">
      {isEmpty && <p className="kz-quiet">{t("layout.empty")}</p>}
      <Children layout={props.form.layout} place={[]} drawing={{ ...props, problems }} />
    </div>
  );
}

type ElementProps = { layout: Layout; place: Place; drawing: Drawing };

/** Elements below each other with a gap before each and one at the end; cells of a row beside each other. */
function Children({ layout, place, drawing }: ElementProps) {
  const across = layout.type === "HorizontalLayout";
  const children = childrenOf(layout);
  return (
    <div className={across ? "kzb-across" : "kzb-down"}>
      {children.map((child, index) => (
        <div key={index} className="kzb-slot">
          {!across && <DropPlace id={idOf("before", [...place, index])} className="kzb-gap" />}
          <Element layout={child} place={[...place, index]} drawing={drawing} />
        </div>
      ))}
      {!across && <DropPlace id={idOf("before", [...place, children.length])} className="kzb-gap kzb-gap-last" />}
    </div>
  );
}

function Element({ layout, place, drawing }: ElementProps) {
  const isLeaf = fieldOf(layout) !== undefined || layout.type === "Label";
  if (layout.type === "HorizontalLayout") return <Children layout={layout} place={place} drawing={drawing} />;
  return (
    <div className="kzb-box" data-type={layout.type}>
      <BoxHead layout={layout} place={place} drawing={drawing} />
      {isLeaf ? <DropPlace id={idOf("beside", place)} className="kzb-beside" /> : <Children layout={layout} place={place} drawing={drawing} />}
    </div>
  );
}

function BoxHead({ layout, place, drawing }: ElementProps) {
  const { t } = useTranslation("builder");
  const { handle, isDragging } = useDragItem(idOf("place", place));
  const { fields, selected, onSelect, problems, form } = drawing;
  const field = fieldOf(layout);
  const name = elementName(layout, fields, t);
  const pointer = `/layout${toPointer(place.flatMap((index) => ["elements", index]))}`;
  const wrong = problems.find((each) => isBelow(each.pointer ?? "", pointer));
  const note = field === undefined ? undefined : fields[field];
  const settings = field === undefined ? undefined : form.fields?.[field];
  return (
    <div className="kzb-box-head" data-dragging={isDragging || undefined} data-selected={selected?.join() === place.join() || undefined} data-invalid={wrong ? true : undefined}>
      <span className="kzb-handle kzb-handle-only" {...handle} aria-label={t("drag.handle", { what: name })}>
        <HolderOutlined aria-hidden />
      </span>
      <button type="button" className="kzb-box-name" title={wrong?.message} aria-pressed={selected?.join() === place.join()} onClick={() => onSelect(place)}>
        {name}
        {note && <span className="kz-quiet"> {t(`kind.${note["x-kind"]}`)}</span>}
        {settings?.hidden && <span className="kz-quiet"> · {t("formField.hidden")}</span>}
        {settings?.required && <span className="kz-quiet"> · {t("field.required")}</span>}
        {settings?.readonly && <span className="kz-quiet"> · {t("formField.readonly")}</span>}
        {note?.["x-show"] && <span className="kz-quiet"> · {t("layout.conditional")}</span>}
      </button>
    </div>
  );
}
