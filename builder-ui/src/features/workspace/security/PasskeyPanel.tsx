/** Passkeys: those one has, a new one, and forgetting one. Where the address does not allow them, that is said. */
import { App, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/api/client";
import { hasPasskeys } from "@/api/passkey";
import { addPasskey, type Security, useSecurityChange } from "@/api/security";
import { formatAgo } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";
import { deviceName } from "./words";

type PasskeyPanelProps = { security: Security; onCodes: (codes: string[]) => void };

export function PasskeyPanel({ security, onCodes }: PasskeyPanelProps) {
  const { t } = useTranslation("workspace");
  const { modal } = App.useApp();
  const [title, setTitle] = useState(() => deviceName(navigator.userAgent));
  const add = useSecurityChange(addPasskey);
  const remove = useSecurityChange((id: string) => request<void>("DELETE", `/api/me/passkeys/${encodeURIComponent(id)}`));
  const isPossible = security.passkeys_here && hasPasskeys();
  if (!isPossible && security.passkeys.length === 0) return null;
  const problem = add.error ?? remove.error;
  const forget = (id: string, title: string) => modal.confirm({ title: t("security.passkeyRemoveAsk", { title }), okText: t("action.delete"), okButtonProps: { danger: true }, cancelText: t("action.cancel"), onOk: () => remove.mutate(id) });
  return (
    <Panel title={t("security.passkeys")}>
      {problem && <ProblemNotice problem={problem} />}
      <p className="kz-quiet">{t("security.passkeysHint")}</p>
      <ul className="kz-keys">
        {security.passkeys.map((key) => (
          <li key={key.id}>
            <span><b>{key.title}</b> <span className="kz-quiet">{key.used_at ? t("security.used", { ago: formatAgo(key.used_at) }) : t("security.unused")}</span></span>
            <Button size="small" danger onClick={() => forget(key.id, key.title)} aria-label={t("security.passkeyRemove", { title: key.title })}>{t("action.delete")}</Button>
          </li>
        ))}
      </ul>
      {isPossible && (
        <form className="kz-inline-form" onSubmit={(event) => { event.preventDefault(); add.mutate(title, { onSuccess: (codes) => { if (codes?.length) onCodes(codes); } }); }}>
          <Input aria-label={t("security.passkeyTitle")} required maxLength={60} value={title} onChange={(event) => setTitle(event.target.value)} />
          <Button type="primary" htmlType="submit" loading={add.isPending}>{t("security.passkeyAdd")}</Button>
        </form>
      )}
    </Panel>
  );
}
