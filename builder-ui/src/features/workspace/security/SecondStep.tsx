/** The second half of a sign-in: a code of the app, a recovery code, or a passkey. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hasPasskeys } from "@/api/passkey";
import { passkeyProof, type Proof } from "@/api/security";
import type { SecondFactor } from "@/api/session";
import { ProblemNotice } from "../ProblemNotice";

type SecondStepProps = { ways: SecondFactor[]; problem: unknown; isPending: boolean; onProof: (proof: Proof) => void };

export function SecondStep({ ways, problem, isPending, onProof }: SecondStepProps) {
  const { t } = useTranslation("workspace");
  const [isRecovery, setRecovery] = useState(!ways.includes("totp") && !ways.includes("passkey"));
  const [code, setCode] = useState("");
  const [failure, setFailure] = useState<unknown>();
  const hasCode = ways.includes("totp") || ways.includes("recovery");
  const byPasskey = () => {
    setFailure(undefined);
    passkeyProof().then((proof) => proof && onProof(proof), setFailure);
  };
  const isCode = hasCode && (ways.includes("totp") || isRecovery);
  return (
    <form className="kz-door-form" onSubmit={(event) => { event.preventDefault(); onProof({ code }); }}>
      {(problem ?? failure) != null && <ProblemNotice problem={problem ?? failure} />}
      {isCode && (
        <>
          <div className="kz-field">
            <label htmlFor="code">{t(isRecovery ? "security.recoveryCode" : "security.code")}</label>
            <Input id="code" size="large" autoFocus required autoComplete="one-time-code" inputMode={isRecovery ? "text" : "numeric"} spellCheck={false} aria-describedby="code-help" value={code} onChange={(event) => setCode(event.target.value)} />
            <p id="code-help" className="kz-help">{t(isRecovery ? "security.recoveryHelp" : "security.codeHelp")}</p>
          </div>
          <Button type="primary" size="large" htmlType="submit" block loading={isPending}>{t("security.verify")}</Button>
        </>
      )}
      {ways.includes("passkey") && hasPasskeys() && <Button size="large" block onClick={byPasskey} loading={isPending && !isCode}>{t("security.withPasskey")}</Button>}
      {ways.includes("recovery") && !(isRecovery && !ways.includes("totp") && !ways.includes("passkey")) && (
        <Button type="link" size="small" onClick={() => { setRecovery(!isRecovery); setCode(""); }}>{t(isRecovery ? "security.useCode" : "security.useRecovery")}</Button>
      )}
    </form>
  );
}
