/** A new account: who they are and what they may do; then a link by which they choose their password. */
import { Button, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMakeLink, useSavePerson } from "@/api/people";
import { ProblemNotice } from "../ProblemNotice";
import { changeOf, type Draft, NOBODY } from "./draft";
import { hasPlaces } from "./Entry";
import { LinkNotice } from "./LinkNotice";
import { PersonFields, PLACES } from "./PersonFields";

type NewPersonDialogProps = { onClose: () => void };

export default function NewPersonDialog({ onClose }: NewPersonDialogProps) {
  const { t } = useTranslation("people");
  const [draft, setDraft] = useState<Draft>(NOBODY);
  const save = useSavePerson();
  const link = useMakeLink();
  const make = () => save.mutate({ change: { login: draft.login, ...changeOf(draft) } }, { onSuccess: (person) => link.mutate(person.id) });
  const footer = save.isSuccess
    ? <Button type="primary" onClick={onClose}>{t("action.done")}</Button>
    : <><Button onClick={onClose}>{t("action.cancel")}</Button><Button type="primary" loading={save.isPending} onClick={make}>{t("invite.go")}</Button></>;
  return (
    <Modal open title={t("invite.title")} onCancel={onClose} footer={footer} mask={{ closable: false }}>
      <div className="kz-sheet-form">
        {save.isSuccess ? <p role="status">{t("invite.made", { name: save.data.name })}</p> : <PersonFields draft={draft} problem={save.error} onChange={(part) => setDraft({ ...draft, ...part })} />}
        {save.isError && !hasPlaces(save.error, PLACES) && <ProblemNotice problem={save.error} />}
        {link.data && <LinkNotice link={link.data} name={save.data?.name ?? draft.name} />}
        {link.isError && <ProblemNotice problem={link.error} onRetry={() => save.data && link.mutate(save.data.id)} />}
      </div>
    </Modal>
  );
}
