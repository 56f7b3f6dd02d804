/** Sign in with login and password, then go where one wanted to go. */
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Problem } from "@/api/client";
import { useSetupNeed, useSignIn } from "@/api/hooks";
import { currentLanguage, switchLanguage } from "@/lib/i18n";
import { insidePath, paths } from "./paths";
import { problemWords } from "./ProblemNotice";

export default function SignInPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const [login, setLogin] = useState(search.get("login") ?? "");
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const setup = useSetupNeed();
  const other = currentLanguage() === "en" ? "zh-CN" : "en";
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    const next = insidePath(search.get("next"));
    const goOn = (answer: { must_change?: boolean }) => navigate(answer.must_change ? paths.newPassword(next) : next, { replace: true });
    signIn.mutate({ login, password }, { onSuccess: (answer) => void goOn(answer) });
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
        {isDemo(setup.error) && <DemoLogins onPick={(login) => { setLogin(login); setPassword("demo"); }} />}
        <p className="kz-door-more"><Link to="/forgot">{t("signIn.forgot")}</Link></p>
        <p className="kz-door-more"><Button type="link" size="small" lang={other} onClick={() => void switchLanguage(other)}>{t(`common:switchTo.${other}`)}</Button></p>
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

/** Whether the server says that the demo's accounts answer here. */
function isDemo(problem: unknown): boolean {
  return problem instanceof Problem && problem.body["demo"] === true;
}

function DemoLogins({ onPick }: { onPick: (login: string) => void }) {
  const { t } = useTranslation("workspace");
  return (
    <div className="kz-demo" role="group" aria-label={t("signIn.demo")}>
      <p className="kz-quiet">{t("signIn.demo")}</p>
      {["admin", "li", "wang", "zhao"].map((login) => (
        <Button key={login} size="small" onClick={() => onPick(login)}>{t(`signIn.demoLogin.${login}`)}</Button>
      ))}
    </div>
  );
}
