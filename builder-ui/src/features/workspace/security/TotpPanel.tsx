/** Codes of an app: the secret as a picture and as text, the first code, and the way back. */
import { App, Button, Input, QRCode } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/api/client";
import { type Security, type TotpOffer, useSecurityChange } from "@/api/security";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";

type TotpPanelProps = { security: Security; onCodes: (codes: string[]) => void };

export function TotpPanel({ security, onCodes }: TotpPanelProps) {
  const { t } = useTranslation("workspace");
  const { modal } = App.useApp();
  const offer = useSecurityChange(() => request<TotpOffer>("POST", "/api/me/totp", { body: {} }));
  const remove = useSecurityChange(() => request<void>("DELETE", "/api/me/totp"));
  const renew = useSecurityChange(() => request<{ recovery_codes: string[] }>("POST", "/api/me/recovery-codes", { body: {} }));
  const hasFactor = security.totp || security.passkeys.length > 0;
  const ask = (title: string, act: () => void) => modal.confirm({ title, okText: t("security.goOn"), cancelText: t("action.cancel"), onOk: act });
  const problem = offer.error ?? remove.error ?? renew.error;
  return (
    <Panel title={t("security.totp")}>
      {problem && <ProblemNotice problem={problem} />}
      <p className="kz-quiet">{t(security.totp ? "security.totpOn" : "security.totpOff")}</p>
      {!security.totp && offer.data && <ConfirmTotp offer={offer.data} onDone={(codes) => { offer.reset(); if (codes.length > 0) onCodes(codes); }} />}
      <div className="kz-actions">
        {!security.totp && !offer.data && <Button type="primary" onClick={() => offer.mutate(undefined)} loading={offer.isPending}>{t("security.totpSet")}</Button>}
        {security.totp && <Button danger onClick={() => ask(t("security.totpRemoveAsk"), () => remove.mutate(undefined))} loading={remove.isPending}>{t("security.totpRemove")}</Button>}
        {hasFactor && <Button onClick={() => ask(t("security.renewAsk"), () => renew.mutate(undefined, { onSuccess: (answer) => onCodes(answer.recovery_codes) }))} loading={renew.isPending}>{t("security.renew")}</Button>}
        {hasFactor && <span className="kz-quiet">{t("security.codesLeft", { count: security.recovery_codes })}</span>}
      </div>
    </Panel>
  );
}

function ConfirmTotp({ offer, onDone }: { offer: TotpOffer; onDone: (codes: string[]) => void }) {
  const { t } = useTranslation("workspace");
  const [code, setCode] = useState("");
  const confirm = useSecurityChange((code: string) => request<{ recovery_codes: string[] }>("POST", "/api/me/totp/confirm", { body: { code } }));
  // The codes are shown this once: they must arrive although this form is gone as soon as the app is known.
  const send = async () => {
    const answer = await confirm.mutateAsync(code).catch(() => undefined);
    if (answer) onDone(answer.recovery_codes);
  };
  return (
    <form className="kz-totp" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <div role="img" aria-label={t("security.qr")}><span aria-hidden><QRCode value={offer.url} type="svg" size={180} bordered={false} /></span></div>
      <div className="kz-door-form">
        <p className="kz-quiet">{t("security.totpHow")}</p>
        <p><code className="kz-secret">{offer.secret.replace(/(.{4})/g, "$1 ").trim()}</code></p>
        {confirm.isError && <ProblemNotice problem={confirm.error} />}
        <div className="kz-field">
          <label htmlFor="totp-code">{t("security.code")}</label>
          <Input id="totp-code" required autoComplete="one-time-code" inputMode="numeric" value={code} onChange={(event) => setCode(event.target.value)} />
        </div>
        <Button type="primary" htmlType="submit" loading={confirm.isPending}>{t("security.confirm")}</Button>
      </div>
    </form>
  );
}
