/** Finds the record that this one is merged into; what is taken from which is chosen on the page after. A chunk of its own. */
import { Modal } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { RelationInput } from "@/renderer/inputs/references";
import { paths } from "../paths";
import { useSession } from "../session";

type MergeIntoDialogProps = { entityKey: string; id: string; onClose: () => void };

export default function MergeIntoDialog({ entityKey, id, onClose }: MergeIntoDialogProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const navigate = useNavigate();
  const field = useId();
  const [target, setTarget] = useState<string>();
  const title = app.entities[entityKey]!.title;
  const isItself = target === id;
  return (
    <Modal open title={t("merge.into")} okText={t("merge.next")} cancelText={t("action.cancel")} okButtonProps={{ disabled: target === undefined || isItself }}
      onOk={() => target !== undefined && void navigate(paths.merge(entityKey, [target, id]))} onCancel={onClose}>
      <div className="kz-field">
        <label htmlFor={field}>{t("merge.target", { entity: title })}</label>
        <RelationInput id={field} name="target" field={{ title, "x-kind": "relation", "x-relation": { entity: entityKey } }} value={target} onChange={(next) => setTarget((next as string | null) ?? undefined)}
          required={false} invalid={isItself} describedBy={`${field}-help`} options={undefined} problems={[]} />
        <p id={`${field}-help`} className={isItself ? "kz-error" : "kz-help"}>{t(isItself ? "merge.itself" : "merge.targetHelp")}</p>
      </div>
    </Modal>
  );
}
