/** One person: who they are, where they belong, what they may do; freezing, a link for their password, handing their work over. */
import { Button, Drawer, Popconfirm, Skeleton, Tag } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Person, useMakeLink, usePerson, useSavePerson } from "@/api/people";
import { formatInstant } from "@/lib/format";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";
import { changeOf, type Draft, draftOf } from "./draft";
import { hasPlaces } from "./Entry";
import { LinkNotice } from "./LinkNotice";
import { PersonFields, PLACES } from "./PersonFields";
import { TONES } from "./states";

const HandoverDialog = lazy(() => import("./HandoverDialog"));

type PersonDrawerProps = { id: string; onClose: () => void };

export default function PersonDrawer({ id, onClose }: PersonDrawerProps) {
  const person = usePerson(id);
  return (
    <Drawer title={person.data?.name ?? ""} open onClose={onClose} size={480} placement="right">
      {person.isLoading && <Skeleton active />}
      {person.isError && <ProblemNotice problem={person.error} onRetry={() => void person.refetch()} />}
      {person.data && <Card key={person.data.id} person={person.data} />}
    </Drawer>
  );
}

function Card({ person }: { person: Person }) {
  const { t } = useTranslation("people");
  const { app } = useSession();
  const before = draftOf(person);
  const [draft, setDraft] = useState<Draft>(before);
  const save = useSavePerson();
  const change = changeOf(draft, before);
  const isChanged = Object.keys(change).length > 0;
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    save.mutate({ id: person.id, change }, { onSuccess: (saved) => setDraft(draftOf(saved)) });
  };
  return (
    <div className="kz-sheet-form">
      <p><Tag color={TONES[person.state]}>{t(`state.${person.state}`)}</Tag>{person.left_at && <span className="kz-quiet">{formatInstant(person.left_at, app.zone)}</span>}</p>
      <Account person={person} />
      <form className="kz-sheet-form" onSubmit={send}>
        <PersonFields id={person.id} draft={draft} problem={save.error} onChange={(part) => setDraft({ ...draft, ...part })} />
        {save.isError && !hasPlaces(save.error, PLACES) && <ProblemNotice problem={save.error} />}
        <div className="kz-actions">
          <Button type="primary" htmlType="submit" disabled={!isChanged} loading={save.isPending}>{t("action.save")}</Button>
          <span role="status" className="kz-quiet">{save.isSuccess && !isChanged ? t("saved") : ""}</span>
        </div>
      </form>
    </div>
  );
}

/** What opens and closes the account. */
function Account({ person }: { person: Person }) {
  const { t } = useTranslation("people");
  const { me } = useSession();
  const save = useSavePerson();
  const link = useMakeLink();
  const [isHanding, setHanding] = useState(false);
  const isMe = me.id === person.id;
  const setActive = (active: boolean) => save.mutate({ id: person.id, change: { active } });
  return (
    <>
      <div className="kz-actions">
        {person.active && !isMe && <Button loading={link.isPending} onClick={() => link.mutate(person.id)}>{t(person.state === "invited" ? "link.invite" : "link.reset")}</Button>}
        {person.active && !isMe && (
          <Popconfirm title={t("freeze.ask", { name: person.name })} description={t("freeze.hint")} okText={t("freeze.go")} cancelText={t("action.cancel")} okButtonProps={{ danger: true }} onConfirm={() => setActive(false)}>
            <Button danger loading={save.isPending}>{t("freeze.go")}</Button>
          </Popconfirm>
        )}
        {!person.active && <Button loading={save.isPending} onClick={() => setActive(true)}>{t("freeze.back")}</Button>}
        {!isMe && <Button onClick={() => setHanding(true)}>{t("handover.open")}</Button>}
      </div>
      {link.data && <LinkNotice link={link.data} name={person.name} />}
      {link.isError && <ProblemNotice problem={link.error} />}
      {save.isError && <ProblemNotice problem={save.error} />}
      {isHanding && <Suspense><HandoverDialog person={person} onClose={() => setHanding(false)} /></Suspense>}
    </>
  );
}
