/** What is demanded of everybody who signs in: for those who manage roles. */
import { App, Button, Checkbox, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Policy, usePolicy, useSavePolicy } from "@/api/security";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";
import { networksIn } from "./words";

export function PolicyPanel() {
  const { t } = useTranslation("workspace");
  const policy = usePolicy(true);
  return (
    <Panel title={t("security.policy")}>
      {policy.isError && <ProblemNotice problem={policy.error} onRetry={() => void policy.refetch()} />}
      {policy.data && <PolicyForm policy={policy.data} />}
    </Panel>
  );
}

function PolicyForm({ policy }: { policy: Policy }) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const save = useSavePolicy();
  const [isDemanded, setDemanded] = useState(policy.second_factor);
  const [networks, setNetworks] = useState(policy.networks.join("\n"));
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    save.mutate({ second_factor: isDemanded, networks: networksIn(networks) }, { onSuccess: () => void message.success(t("security.saved")) });
  };
  return (
    <form className="kz-door-form" onSubmit={submit}>
      {save.isError && <ProblemNotice problem={save.error} />}
      <Checkbox checked={isDemanded} onChange={(event) => setDemanded(event.target.checked)}>{t("security.policyFactor")}</Checkbox>
      <div className="kz-field">
        <label htmlFor="networks">{t("security.policyNetworks")}</label>
        <Input.TextArea id="networks" autoSize={{ minRows: 2, maxRows: 8 }} spellCheck={false} placeholder="10.0.0.0/8" aria-describedby="networks-help" value={networks} onChange={(event) => setNetworks(event.target.value)} />
        <p id="networks-help" className="kz-help">{t("security.policyNetworksHelp")}</p>
      </div>
      <div className="kz-actions"><Button htmlType="submit" loading={save.isPending}>{t("action.save")}</Button></div>
    </form>
  );
}
