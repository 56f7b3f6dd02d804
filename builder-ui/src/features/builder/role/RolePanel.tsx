/** Beside the text of a role: why somebody may do something with a record, and the workspace with somebody else's eyes. */
import { Alert, Button, Input, Select, Skeleton } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { Problem } from "@/api/client";
import { useApp, useMe, useUsers } from "@/api/hooks";
import { useAccess, useSeeAs } from "@/api/rights";
import { AccessList } from "@/renderer/access/AccessList";
import { RenderingProvider } from "@/renderer/context";
import { RelationInput } from "@/renderer/inputs/references";

export function RolePanel() {
  const { t } = useTranslation("builder");
  const me = useMe().data;
  const users = useUsers(true).data?.items ?? [];
  const people = users.map((user) => ({ value: user.id, label: user.name }));
  if (!me?.may.includes("manage_roles")) return null;
  return (
    <div className="kzb-role">
      <section aria-label={t("why.title")}>
        <h2>{t("why.title")}</h2>
        <p className="kz-quiet">{t("why.help")}</p>
        <Why people={people} />
      </section>
      <section aria-label={t("seeAs.title")}>
        <h2>{t("seeAs.title")}</h2>
        <p className="kz-quiet">{t("seeAs.help")}</p>
        <SeeAs people={people.filter((each) => each.value !== me.id)} />
      </section>
    </div>
  );
}

type People = { people: { value: string; label: string }[] };

function Why({ people }: People) {
  const { t } = useTranslation("builder");
  const app = useApp().data;
  const id = useId();
  const [person, setPerson] = useState<string>();
  const [entity, setEntity] = useState<string>();
  const [record, setRecord] = useState<string>();
  const access = useAccess(entity, record, person);
  const entities = Object.entries(app?.entities ?? {}).map(([value, each]) => ({ value, label: each.title }));
  return (
    <>
      <Choice id={`${id}person`} label={t("why.person")} value={person} options={people} onChange={setPerson} />
      <Choice id={`${id}entity`} label={t("one.entities")} value={entity} options={entities} onChange={(next) => { setEntity(next); setRecord(undefined); }} />
      {app && entity && (
        <div className="kz-field">
          <label htmlFor={`${id}record`}>{t("why.record")}</label>
          <RenderingProvider key={entity} app={app}>
            <RelationInput id={`${id}record`} name="record" field={{ title: t("why.record"), "x-kind": "relation", "x-relation": { entity } }} value={record} onChange={(next) => setRecord((next as string | null) ?? undefined)}
              required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]} />
          </RenderingProvider>
        </div>
      )}
      {access.isLoading && <Skeleton active />}
      {access.isError && <Refused problem={access.error} />}
      {access.data && <AccessList items={access.data} />}
    </>
  );
}

function SeeAs({ people }: People) {
  const { t } = useTranslation("builder");
  const id = useId();
  const navigate = useNavigate();
  const begin = useSeeAs();
  const [person, setPerson] = useState<string>();
  const [reason, setReason] = useState("");
  const isReady = person !== undefined && reason.trim() !== "";
  const go = () => person !== undefined && begin.mutate({ person, reason }, { onSuccess: () => void navigate("/") });
  return (
    <>
      <Choice id={`${id}person`} label={t("why.person")} value={person} options={people} onChange={setPerson} />
      <div className="kz-field">
        <label htmlFor={`${id}reason`}>{t("seeAs.reason")}</label>
        <Input id={`${id}reason`} value={reason} maxLength={200} onChange={(event) => setReason(event.target.value)} />
      </div>
      {begin.isError && <Refused problem={begin.error} />}
      <Button disabled={!isReady} loading={begin.isPending} onClick={go}>{t("seeAs.go")}</Button>
    </>
  );
}

type ChoiceProps = { id: string; label: string; value: string | undefined; options: { value: string; label: string }[]; onChange: (value: string) => void };

function Choice({ id, label, value, options, onChange }: ChoiceProps) {
  return (
    <div className="kz-field">
      <label htmlFor={id}>{label}</label>
      <Select id={id} value={value} options={options} showSearch={{ optionFilterProp: "label" }} onChange={onChange} />
    </div>
  );
}

function Refused({ problem }: { problem: unknown }) {
  const { t } = useTranslation("builder");
  return <Alert type="error" showIcon title={problem instanceof Problem ? problem.message : t("why.failed")} />;
}
