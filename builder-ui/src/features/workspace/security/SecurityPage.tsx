/** My security: password, second factors, passkeys, linked accounts, and where I am signed in. */
import { Alert } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useMe } from "@/api/hooks";
import { useSecurity } from "@/api/security";
import { ProblemNotice } from "../ProblemNotice";
import { CodesDialog } from "./CodesDialog";
import { IdentityPanel } from "./IdentityPanel";
import { PasskeyPanel } from "./PasskeyPanel";
import { PasswordPanel } from "./PasswordPanel";
import { PolicyPanel } from "./PolicyPanel";
import { SessionPanel } from "./SessionPanel";
import { TotpPanel } from "./TotpPanel";
import { toldProblem } from "./words";

export default function SecurityPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const me = useMe().data;
  const security = useSecurity();
  const [codes, setCodes] = useState<string[]>([]);
  const told = toldProblem(search.get("problem"), t);
  const mayDemand = me?.may.includes("manage_roles") === true || me?.roles.includes("admin") === true;
  if (security.isError) return <ProblemNotice problem={security.error} onRetry={() => void security.refetch()} />;
  if (!security.data) return null;
  const known = security.data;
  return (
    <div className="kz-security">
      <h1>{t("security.title")}</h1>
      {told && <Alert type="error" showIcon role="alert" title={told} />}
      {me?.must_enrol && <Alert type="warning" showIcon title={t("security.mustEnrol")} description={t("security.mustEnrolHint")} />}
      <TotpPanel security={known} onCodes={setCodes} />
      <PasskeyPanel security={known} onCodes={setCodes} />
      {!me?.must_enrol && (
        <>
          <PasswordPanel hasPassword={known.password} />
          <IdentityPanel identities={known.identities} />
          <SessionPanel sessions={known.sessions} />
          {mayDemand && <PolicyPanel />}
        </>
      )}
      <CodesDialog codes={codes} onClose={() => setCodes([])} />
    </div>
  );
}
