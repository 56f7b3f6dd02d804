/** The ways in beside a password: a passkey where it works, and accounts elsewhere. */
import { Button, Divider } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Entered, useEntering } from "@/api/hooks";
import { hasPasskeys } from "@/api/passkey";
import { addressElsewhere, enterByPasskey, useWays } from "@/api/security";
import { ProblemNotice } from "../ProblemNotice";

type OtherWaysProps = { next: string; onEntered: (answer: Entered) => void };

export function OtherWays({ next, onEntered }: OtherWaysProps) {
  const { t } = useTranslation("workspace");
  const ways = useWays().data;
  const [failure, setFailure] = useState<unknown>();
  const passkey = useEntering(async () => (await enterByPasskey()) ?? Promise.reject(new Declined()));
  const showsPasskey = ways?.passkey === true && hasPasskeys();
  if (!ways || (!showsPasskey && ways.oidc.length === 0)) return null;
  const problem = failure ?? (passkey.error instanceof Declined ? undefined : passkey.error);
  const go = (key: string) => {
    setFailure(undefined);
    addressElsewhere(key, "sign_in", next).then((url) => window.location.assign(url), setFailure);
  };
  return (
    <div className="kz-door-form">
      <Divider plain style={{ margin: 0 }}>{t("security.or")}</Divider>
      {problem != null && <ProblemNotice problem={problem} />}
      {showsPasskey && <Button size="large" block loading={passkey.isPending} onClick={() => passkey.mutate(undefined, { onSuccess: onEntered })}>{t("security.withPasskey")}</Button>}
      {ways.oidc.map(({ key, title }) => (
        <Button key={key} size="large" block onClick={() => go(key)}>{t("security.with", { title })}</Button>
      ))}
    </div>
  );
}

/** Whoever closes the browser's window has not failed. */
class Declined extends Error {}
