/** Asks once more who one is, before what matters; the request that needed it goes on afterwards, and nothing typed is lost. */
import { Button, Input, Modal } from "antd";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onProofAsked, rememberCsrf, request } from "@/api/client";
import { hasPasskeys } from "@/api/passkey";
import { addressElsewhere, passkeyProof, type Proof, proveAgain, useSecurity } from "@/api/security";
import type { Me } from "@/api/types";
import { ProblemNotice } from "../ProblemNotice";
import { PROVED } from "./proved";

export default function ProveDialog() {
  const { t } = useTranslation("workspace");
  const answer = useRef<((isProved: boolean) => void) | undefined>(undefined);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => onProofAsked(() => new Promise((resolve) => { answer.current = resolve; setOpen(true); })), []);
  const close = (isProved: boolean) => {
    setOpen(false);
    answer.current?.(isProved);
    answer.current = undefined;
  };
  return (
    <Modal open={isOpen} title={t("security.proveTitle")} onCancel={() => close(false)} footer={null} destroyOnHidden width={400}>
      {isOpen && <ProveForm onProved={() => close(true)} />}
    </Modal>
  );
}

function ProveForm({ onProved }: { onProved: () => void }) {
  const { t } = useTranslation("workspace");
  const security = useSecurity();
  const [text, setText] = useState("");
  const [isCode, setCode] = useState(false);
  const [isPending, setPending] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const known = security.data;
  const byCode = isCode || known?.password === false;
  const settle = (asked: Promise<boolean>) => {
    setPending(true);
    setProblem(undefined);
    asked.then((isDone) => { if (isDone) onProved(); }, setProblem).finally(() => setPending(false));
  };
  const give = async (proof: Proof | undefined) => {
    if (proof) await proveAgain(proof);
    return proof !== undefined;
  };
  if (!known) return security.isError ? <ProblemNotice problem={security.error} onRetry={() => void security.refetch()} /> : null;
  return (
    <form className="kz-door-form" onSubmit={(event) => { event.preventDefault(); settle(give(byCode ? { code: text } : { password: text })); }}>
      <p className="kz-quiet">{t("security.proveHint")}</p>
      {problem != null && <ProblemNotice problem={problem} />}
      {(known.password || known.totp) && (
        <>
          <div className="kz-field">
            <label htmlFor="proof">{t(byCode ? "security.code" : "signIn.password")}</label>
            {byCode
              ? <Input id="proof" autoFocus required autoComplete="one-time-code" inputMode="numeric" value={text} onChange={(event) => setText(event.target.value)} />
              : <Input.Password id="proof" autoFocus required autoComplete="current-password" value={text} onChange={(event) => setText(event.target.value)} />}
          </div>
          <Button type="primary" htmlType="submit" block loading={isPending}>{t("security.verify")}</Button>
        </>
      )}
      {known.password && known.totp && <Button type="link" size="small" onClick={() => { setCode(!isCode); setText(""); }}>{t(isCode ? "security.usePassword" : "security.useCode")}</Button>}
      {known.passkeys.length > 0 && known.passkeys_here && hasPasskeys() && <Button block onClick={() => settle(passkeyProof().then(give))}>{t("security.withPasskey")}</Button>}
      {[...new Set(known.identities.map(({ provider }) => provider))].map((key) => (
        <Button key={key} block onClick={() => settle(provedElsewhere(key))}>{t("security.with", { title: key })}</Button>
      ))}
    </form>
  );
}

/** Proves it in a window of its own, which tells when it is done. */
async function provedElsewhere(key: string): Promise<boolean> {
  const url = await addressElsewhere(key, "prove", "/me/proved");
  const opened = window.open(url, "kezhi-proof", "popup,width=480,height=640");
  if (!opened) return false;
  const channel = new BroadcastChannel(PROVED);
  await new Promise<void>((resolve) => {
    const waiting = setInterval(() => { if (opened.closed) done(); }, 500);
    const done = () => { clearInterval(waiting); resolve(); };
    channel.addEventListener("message", done);
  });
  channel.close();
  // The session goes on under another token, if it was proved; the next answer tells.
  const me = await request<Me>("GET", "/api/me");
  rememberCsrf(me.csrf_token, me.id);
  return true;
}
