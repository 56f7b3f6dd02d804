/** Tokens by which programs speak as oneself: made, told once, taken back. */
import { Alert, Button, Checkbox, Input, Popconfirm, Select, Skeleton, Tag, Typography } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Token, useCreateToken, useRevokeToken, useTokens } from "@/api/rights";
import { formatInstant } from "@/lib/format";
import { RenderingProvider } from "@/renderer/context";
import { DateTimeInput } from "@/renderer/inputs/dates";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "./ProblemNotice";
import { useSession } from "./session";
import { useTitle } from "./useTitle";

export default function TokensPage() {
  const { t } = useTranslation("workspace");
  const { app, me } = useSession();
  const tokens = useTokens();
  useTitle(t("token.title"));
  if (!me.may.includes("use_api")) return <EmptyState title={t("token.denied")} hint={t("token.deniedHint")} />;
  return (
    <RenderingProvider app={app}>
      <div className="kz-page-head"><h1>{t("token.title")}</h1></div>
      <p className="kz-quiet">{t("token.help")}</p>
      <Panel title={t("token.new")}><NewTokenForm /></Panel>
      <Panel title={t("token.list")}>
        {tokens.isLoading && <Skeleton active />}
        {tokens.isError && <ProblemNotice problem={tokens.error} onRetry={() => void tokens.refetch()} />}
        {tokens.data?.length === 0 && <p className="kz-quiet">{t("token.none")}</p>}
        <ul className="kz-shares">{tokens.data?.map((token) => <TokenLine key={token.id} token={token} />)}</ul>
      </Panel>
    </RenderingProvider>
  );
}

function TokenLine({ token }: { token: Token }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const revoke = useRevokeToken();
  return (
    <li data-ended={!token.active || undefined}>
      <span className="kz-share-who">{token.name}</span>
      <code>{token.prefix}…</code>
      {token.read_only && <Tag>{t("token.reads")}</Tag>}
      {token.roles.map((role) => <Tag key={role}>{role}</Tag>)}
      <span className="kz-quiet">{token.used_at ? t("token.used", { at: formatInstant(token.used_at, app.zone) }) : t("token.unused")}</span>
      {token.expires && <span className="kz-quiet">{t("token.expires", { at: formatInstant(token.expires, app.zone) })}</span>}
      {token.active && (
        <Popconfirm title={t("token.revokeAsk", { name: token.name })} okText={t("token.revoke")} onConfirm={() => revoke.mutateAsync(token.id).catch(() => undefined)}>
          <Button size="small" type="link" danger loading={revoke.isPending}>{t("token.revoke")}</Button>
        </Popconfirm>
      )}
      {revoke.isError && <ProblemNotice problem={revoke.error} />}
    </li>
  );
}

function NewTokenForm() {
  const { t } = useTranslation("workspace");
  const { me } = useSession();
  const id = useId();
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<string[]>([]);
  const [readOnly, setReadOnly] = useState(true);
  const [expires, setExpires] = useState<string>();
  const go = () =>
    create.mutate({ name, read_only: readOnly, ...(roles.length > 0 && { roles }), ...(expires && { expires }) }, { onSuccess: () => setName("") });
  return (
    <div className="kz-sheet-form">
      <div className="kz-field">
        <label htmlFor={`${id}name`}>{t("token.name")}</label>
        <Input id={`${id}name`} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
      </div>
      <div className="kz-field">
        <label htmlFor={`${id}roles`}>{t("token.roles")}</label>
        <Select id={`${id}roles`} mode="multiple" value={roles} options={me.roles.map((role) => ({ value: role, label: role }))} placeholder={t("token.allRoles")} onChange={setRoles} />
      </div>
      <div className="kz-field">
        <label htmlFor={`${id}expires`}>{t("token.until")}</label>
        <DateTimeInput id={`${id}expires`} name="expires" field={{ title: t("token.until"), "x-kind": "datetime" }} value={expires} onChange={(next) => setExpires((next as string | null) ?? undefined)}
          required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]} />
      </div>
      <Checkbox checked={readOnly} onChange={(event) => setReadOnly(event.target.checked)}>{t("token.readOnly")}</Checkbox>
      {create.isError && <ProblemNotice problem={create.error} />}
      {create.data && <Alert type="success" showIcon title={t("token.made")} description={<Typography.Text code copyable>{create.data.token}</Typography.Text>} />}
      <Button type="primary" disabled={name.trim() === ""} loading={create.isPending} onClick={go}>{t("token.go")}</Button>
    </div>
  );
}
