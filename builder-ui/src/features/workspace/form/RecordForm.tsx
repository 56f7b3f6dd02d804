/** A form with its buttons, for creating and for changing a record; what was typed survives a reload. */
import { Alert, Button } from "antd";
import { useMemo, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { RecordBody } from "@/api/types";
import type { Fields } from "@/definition/schema";
import { workspaceName } from "@/lib/base";
import { formatAgo } from "@/lib/format";
import { keptKey } from "@/lib/kept";
import { FormView } from "@/renderer/form/FormView";
import { fieldsIn, layoutOf } from "@/renderer/form/layout";
import { FormStore } from "@/renderer/form/store";
import { useKept } from "@/renderer/form/useKept";
import { useLive } from "@/renderer/form/useLive";
import { useSession } from "../session";
import { notesAt, placesOf } from "./DuplicateNotes";
import { Obstacles } from "./Obstacles";
import { formOf, setupOf } from "./setup";
import { useDuplicates } from "./useDuplicates";
import { useSaving } from "./useSaving";

type RecordFormProps = {
  entity: string;
  form?: string;
  record?: RecordBody;
  preset?: Fields;
  onSaved: (saved: RecordBody) => void;
  onCancel: () => void;
};

export default function RecordForm({ entity, form, record, preset, onSaved, onCancel }: RecordFormProps) {
  const { t } = useTranslation("workspace");
  const session = useSession();
  const formKey = formOf(session, entity, form).key;
  // The form is opened once on the record as it was then; a refetch must not take away what is typed.
  // A conflict is found when it is saved: with the version that it was opened on.
  const store = useMemo(() => new FormStore(setupOf(session, { entity, form, record, preset })), [entity, form, record?.id]); // oxlint-disable-line react/exhaustive-deps
  const kept = useKept(store, keptKey(workspaceName(), session.me.id, `${formKey}/${record?.id ?? "new"}`));
  useLive(store, formKey, record?.id);
  const leave = async (then: () => void) => {
    await kept.forget();
    then();
  };
  const duplicates = useDuplicates(store, entity);
  const saving = useSaving({ entity, form: formKey, store, onSaved: (saved) => void leave(() => onSaved(saved)), onDuplicates: duplicates.ask });
  const shown = useShown(store);
  const places = placesOf(duplicates.found, store.setup.schema["x-duplicates"] ?? [], (field) => shown.includes(field));
  const { "": onTop, ...notes } = notesAt(places, entity, duplicates.titles);
  return (
    <form className="kz-sheet-form" noValidate onSubmit={(event) => { event.preventDefault(); void saving.submit(); }}>
      {kept.since !== undefined && (
        <Alert type="info" showIcon closable={{ onClose: kept.dismiss }} title={t("form.restored", { ago: formatAgo(new Date(kept.since).toISOString()) })}
          action={<Button size="small" onClick={() => void leave(onCancel)}>{t("form.discard")}</Button>} />
      )}
      <p className="kz-sr" role="status">{duplicates.found.map(({ title, records }) => t("alike.told", { rule: title, count: records.length })).join(" ")}</p>
      {onTop}
      <Obstacles obstacle={saving.obstacle} store={store} duplicates={duplicates} entityKey={entity} onConfirm={(confirm) => void saving.submit({ confirm })}
        onOverwrite={(version) => void saving.submit({ version })} onTakeStored={() => void leave(onCancel)} />
      <FormView store={store} notes={notes} />
      <div className="kz-actions">
        <Button type="primary" htmlType="submit" loading={saving.isSaving}>{t("action.save")}</Button>
        <Button onClick={() => void leave(onCancel)}>{t("action.cancel")}</Button>
      </div>
    </form>
  );
}

/** The fields that are on the form and shown as it stands; one text, so that only a change of them draws anew. */
function useShown(store: FormStore): string[] {
  const placed = useMemo(() => fieldsIn(layoutOf(store.setup.form, store.setup.schema)), [store]);
  return useSyncExternalStore(store.subscribe, () => placed.filter((key) => store.field(key)?.visible).join()).split(",");
}
