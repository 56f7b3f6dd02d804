/** Accounts elsewhere with which one may sign in. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { request } from "@/api/client";
import { addressElsewhere, type Identity, useSecurityChange, useWays } from "@/api/security";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";

export function IdentityPanel({ identities }: { identities: Identity[] }) {
  const { t } = useTranslation("workspace");
  const ways = useWays().data;
  const [failure, setFailure] = useState<unknown>();
  const unlink = useSecurityChange((id: string) => request<void>("DELETE", `/api/me/identities/${id}`));
  const providers = ways?.oidc ?? [];
  if (identities.length === 0 && providers.length === 0) return null;
  const titleOf = (key: string) => providers.find((provider) => provider.key === key)?.title ?? key;
  const link = (key: string) => {
    setFailure(undefined);
    addressElsewhere(key, "link", "/me/security").then((url) => window.location.assign(url), setFailure);
  };
  const problem = failure ?? unlink.error;
  return (
    <Panel title={t("security.identities")}>
      {problem != null && <ProblemNotice problem={problem} />}
      <ul className="kz-keys">
        {identities.map((identity) => (
          <li key={identity.id}>
            <span><b>{titleOf(identity.provider)}</b> <span className="kz-quiet">{identity.name}</span></span>
            <Button size="small" danger onClick={() => unlink.mutate(identity.id)} loading={unlink.isPending && unlink.variables === identity.id}>{t("security.unlink")}</Button>
          </li>
        ))}
      </ul>
      <div className="kz-actions">
        {providers.map(({ key, title }) => <Button key={key} onClick={() => link(key)}>{t("security.link", { title })}</Button>)}
      </div>
    </Panel>
  );
}
