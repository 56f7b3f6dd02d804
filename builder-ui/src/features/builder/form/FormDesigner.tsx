/** A form: what can be put on it, the form itself, and the properties of what is selected; below, how it will look. */
import { Segmented } from "antd";
import { memo, useCallback, useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { setAt } from "@/definition/entity";
import { addBeside, addElement, childrenOf, elementAt, type FormDef, moveElement, type Place, placeBeside } from "@/definition/form";
import type { Json } from "@/definition/json";
import { DragArea } from "@/ui/dnd";
import { Panel } from "@/ui/Panel";
import { useEntities, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { SelectField, TextField } from "../parts/fields";
import { Canvas } from "./Canvas";
import { elementOf, labelOf, placeFrom } from "./dragIds";
import { ElementPanel } from "./ElementPanel";
import { FormPreview } from "./FormPreview";
import { Palette } from "./Palette";

export function FormDesigner({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const form = file.history.document as unknown as FormDef;
  const run = useRun(file.path);
  const entity = useEntities()[form.entity];
  const [selected, setSelected] = useState<Place>();
  const fields = useMemo(() => entity?.properties ?? {}, [entity]);
  const drop = (item: string, where: string) => {
    const [relation, place] = placeFrom(where);
    const fresh = elementOf(item, t("layout.newGroup"), t("layout.newText"));
    if (fresh) run(relation === "beside" ? addBeside(form, place, fresh) : addElement(form, place, fresh));
    else run(relation === "beside" ? placeBeside(form, placeFrom(item)[1], place) : moveElement(form, placeFrom(item)[1], place));
    setSelected(undefined);
  };
  const nameOf = useCallback((id: string) => labelOf(id, form, fields, t), [form, fields, t]);
  const add = (item: string) => {
    const fresh = elementOf(item, t("layout.newGroup"), t("layout.newText"));
    const end = [childrenOf(form.layout).length];
    if (!fresh) return;
    run(addElement(form, end, fresh));
    setSelected(end);
  };
  const element = selected && elementAt(form.layout, selected);
  return (
    <>
      <FormSettings form={form} file={file} />
      <DragArea onDrop={drop} texts={useDragTexts()} nameOf={nameOf}>
        <div className="kzb-designer">
          <Palette form={form} fields={fields} onAdd={add} />
          <Panel title={t("layout.canvas")}>
            <Canvas form={form} fields={fields} path={file.path} selected={selected} onSelect={setSelected} />
          </Panel>
          {selected && element && <ElementPanel key={selected.join()} form={form} place={selected} element={element} fields={fields} path={file.path} onSelect={setSelected} />}
        </div>
      </DragArea>
      <Previews form={form} />
    </>
  );
}

function FormSettings({ form, file }: { form: FormDef; file: OpenFile }) {
  const { t } = useTranslation("builder");
  const run = useRun(file.path);
  const entities = useEntities();
  const set = (name: string, value: Json | undefined) => run(setAt(form as unknown as Json, [name], value, { text: "command.formSettings" }));
  return (
    <div className="kzb-columns kzb-settings">
      <TextField label={t("field.title")} value={form.title} onChange={(title) => set("title", title)} />
      <SelectField label={t("one.entities")} value={form.entity} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} onChange={(value) => set("entity", value)} />
    </div>
  );
}

const Preview = memo(FormPreview);

/** The one renderer at the width of a desk and of a phone. */
function Previews({ form: latest }: { form: FormDef }) {
  const { t } = useTranslation("builder");
  // The preview may lag behind; typing may not.
  const form = useDeferredValue(latest);
  const [shown, setShown] = useState<"both" | "pc" | "phone">("both");
  const choice = (
    <Segmented size="small" aria-label={t("preview.title")} value={shown} onChange={setShown} options={(["both", "pc", "phone"] as const).map((value) => ({ value, label: t(`preview.${value}`) }))} />
  );
  return (
    <Panel title={t("preview.title")} extra={choice}>
      <p className="kz-quiet">{t("preview.help")}</p>
      <div className="kzb-previews">
        {shown !== "phone" && <Preview form={form} device="pc" />}
        {shown !== "pc" && <Preview form={form} device="phone" />}
      </div>
    </Panel>
  );
}

function useDragTexts() {
  const { t } = useTranslation("builder");
  return useMemo(
    () => ({
      instructions: t("drag.instructions"),
      lifted: (what: string) => t("drag.lifted", { what }),
      over: (what: string, where: string | undefined) => (where ? t("drag.over", { what, where }) : t("drag.nowhere", { what })),
      dropped: (what: string, where: string | undefined) => (where ? t("drag.dropped", { what, where }) : t("drag.cancelled", { what })),
      cancelled: (what: string) => t("drag.cancelled", { what }),
    }),
    [t],
  );
}
