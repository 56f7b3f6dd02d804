/** Sign in: login and password, or a passkey, or an account elsewhere; then the second factor where one is owed. */
import { Alert, Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, Navigate, useNavigate, useSearchParams } from "react-router";
import { Problem } from "@/api/client";
import { type Entered, type SecondFactor, useEntering, useSetupNeed, useSignIn } from "@/api/hooks";
import { giveSecond, useWays } from "@/api/security";
import { currentLanguage, switchLanguage } from "@/lib/i18n";
import { insidePath, paths } from "./paths";
import { problemWords } from "./ProblemNotice";
import { OtherWays } from "./security/OtherWays";
import { SecondStep } from "./security/SecondStep";
import { toldProblem } from "./security/words";

export default function SignInPage() {
  const { t } = useTranslation("workspace");
  const [search] = useSearchParams();
  const navigate = useNavigate();
  const setup = useSetupNeed();
  const second = useEntering(giveSecond);
  const ways = useWays().data;
  const [chosen, setOwed] = useState<SecondFactor[]>();
  const owed = chosen ?? ways?.owed ?? [];
  const next = insidePath(search.get("next"));
  const other = currentLanguage() === "en" ? "zh-CN" : "en";
  const goOn = (answer: Entered) => {
    if (answer.second_factor?.length) setOwed(answer.second_factor);
    else void navigate(answer.must_change ? paths.newPassword(next) : next, { replace: true });
  };
  if (setup.isSuccess) return <Navigate to="/setup" replace />;
  return (
    <main className="kz-door">
      <div className="kz-door-sheet">
        <p className="kz-door-mark" aria-hidden>客制</p>
        {owed.length > 0 ? (
          <>
            <h1>{t("security.secondTitle")}</h1>
            <SecondStep ways={owed} problem={second.error} isPending={second.isPending} onProof={(proof) => second.mutate(proof, { onSuccess: goOn })} />
            <Button type="link" size="small" onClick={() => { second.reset(); setOwed([]); }}>{t("security.otherAccount")}</Button>
          </>
        ) : (
          <PasswordForm isDemo={isDemo(setup.error)} told={toldProblem(search.get("problem"), t)} login={search.get("login") ?? ""} onEntered={goOn} />
        )}
        {owed.length === 0 && <OtherWays next={next} onEntered={goOn} />}
        <p className="kz-door-more"><Button type="link" size="small" lang={other} onClick={() => void switchLanguage(other)}>{t(`common:switchTo.${other}`)}</Button></p>
      </div>
    </main>
  );
}

type PasswordFormProps = { isDemo: boolean; told: string | undefined; login: string; onEntered: (answer: Entered) => void };

function PasswordForm({ isDemo, told, login: first, onEntered }: PasswordFormProps) {
  const { t } = useTranslation("workspace");
  const [login, setLogin] = useState(first);
  const [password, setPassword] = useState("");
  const signIn = useSignIn();
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    signIn.mutate({ login, password }, { onSuccess: onEntered });
  };
  return (
    <form className="kz-door-form" onSubmit={submit}>
      <h1>{t("signIn.title")}</h1>
      {told && !signIn.isError && <Alert type="error" showIcon role="alert" title={told} />}
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
      {isDemo && <DemoLogins onPick={(login) => { setLogin(login); setPassword("demo"); }} />}
      <p className="kz-door-more"><Link to="/forgot">{t("signIn.forgot")}</Link></p>
    </form>
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
