/** Before anything else: a password of one's own, in place of the one that somebody else has given. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useChangePassword, useMe } from "@/api/hooks";
import { ProblemNotice } from "./ProblemNotice";
import { insidePath } from "./paths";

export default function NewPasswordPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const me = useMe();
  const change = useChangePassword();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const next = insidePath(search.get("next"));
  const login = me.data?.login;
  const isDifferent = again !== "" && again !== password;
  if (me.isError && !change.isPending) return <Navigate to="/login" replace />;
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (password !== again || login === undefined) return;
    change.mutate({ password }, { onSuccess: () => void navigate(next, { replace: true }) });
  };
  return (
    <main className="kz-door">
      <form className="kz-door-sheet" onSubmit={submit}>
        <h1>{t("newPassword.title")}</h1>
        <p className="kz-quiet">{t("newPassword.hint")}</p>
        {change.isError && <ProblemNotice problem={change.error} />}
        <input type="text" autoComplete="username" value={login ?? ""} readOnly hidden />
        <div className="kz-field">
          <label htmlFor="password">{t("newPassword.password")}</label>
          <Input.Password id="password" size="large" autoComplete="new-password" autoFocus required value={password} onChange={(event) => setPassword(event.target.value)} />
        </div>
        <div className="kz-field">
          <label htmlFor="again">{t("newPassword.again")}</label>
          <Input.Password id="again" size="large" autoComplete="new-password" required status={isDifferent ? "error" : undefined} aria-describedby="again-help" value={again} onChange={(event) => setAgain(event.target.value)} />
          <p id="again-help" className="kz-help" role="status">{isDifferent ? t("newPassword.different") : ""}</p>
        </div>
        <Button type="primary" size="large" htmlType="submit" block disabled={isDifferent} loading={change.isPending}>{t("newPassword.go")}</Button>
      </form>
    </main>
  );
}
