/** Another password; every other session ends with it. */
import { App, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { rememberCsrf, request } from "@/api/client";
import { useMe } from "@/api/hooks";
import { useSecurityChange } from "@/api/security";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "../ProblemNotice";

export function PasswordPanel({ hasPassword }: { hasPassword: boolean }) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const me = useMe().data;
  const [password, setPassword] = useState("");
  const change = useSecurityChange(async (password: string) => {
    const answer = await request<{ csrf_token: string }>("PATCH", "/api/me", { body: { password } });
    rememberCsrf(answer.csrf_token);
  });
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    change.mutate(password, { onSuccess: () => { setPassword(""); void message.success(t("security.passwordChanged")); } });
  };
  return (
    <Panel title={t(hasPassword ? "security.password" : "security.noPassword")}>
      {change.isError && <ProblemNotice problem={change.error} />}
      <form className="kz-inline-form" onSubmit={submit}>
        <input type="text" autoComplete="username" value={me?.login ?? ""} readOnly hidden />
        <Input.Password aria-label={t("newPassword.password")} placeholder={t("newPassword.password")} autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        <Button htmlType="submit" loading={change.isPending}>{t("security.passwordSet")}</Button>
      </form>
      <p className="kz-help">{t("setup.passwordHelp")}</p>
    </Panel>
  );
}
