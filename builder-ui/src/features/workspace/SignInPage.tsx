/** Sign in with login and password, then go where one wanted to go. */
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { Problem } from "@/api/client";
import { useSetupNeed, useSignIn } from "@/api/hooks";
import { problemWords } from "./ProblemNotice";

export default function SignInPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const setup = useSetupNeed();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    signIn.mutate({ login, password }, { onSuccess: () => void navigate(insidePath(search.get("next")), { replace: true }) });
  };
  if (setup.isSuccess) return <Navigate to="/setup" replace />;
  return (
    <main className="kz-door">
      <form className="kz-door-sheet" onSubmit={submit}>
        <p className="kz-door-mark" aria-hidden>客制</p>
        <h1>{t("signIn.title")}</h1>
        {signIn.isError && <Refused problem={signIn.error} />}
        <div className="kz-field">
          <label htmlFor="login">{t("signIn.login")}</label>
          <Input id="login" size="large" autoComplete="username" autoFocus required value={login} onChange={(event) => setLogin(event.target.value)} />
        </div>
        <div className="kz-field">
          <label htmlFor="password">{t("signIn.password")}</label>
          <Input.Password id="password" size="large" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
        </div>
        <Button type="primary" size="large" htmlType="submit" block loading={signIn.isPending}>{t("signIn.go")}</Button>
      </form>
    </main>
  );
}

function Refused({ problem }: { problem: unknown }) {
  const { t } = useTranslation("workspace");
  const isWrong = problem instanceof Problem && problem.status === 401;
  const words = problemWords(problem, t);
  return <Alert type="error" showIcon role="alert" title={isWrong ? t("signIn.wrong") : words.title} description={isWrong ? undefined : words.detail} />;
}

/** Only a path of this application; anything else could lead away from it. */
export function insidePath(next: string | null): string {
  return next !== null && /^\/(?![/\\])/.test(next) ? next : "/";
}
