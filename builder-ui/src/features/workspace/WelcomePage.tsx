/** Where a one-time link leads: whoever holds it chooses a password and is signed in with it. */
import { Button, Input, Skeleton } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate } from "react-router";
import { useSignIn } from "@/api/hooks";
import { type HeldLink, useChooseByLink, useHeldLink } from "@/api/people";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "./ProblemNotice";
import { useTitle } from "./useTitle";

export default function WelcomePage() {
  const { t } = useTranslation("people");
  // Behind the `#`, so that the token stands in no log of a server.
  const token = useLocation().hash.slice(1);
  const link = useHeldLink(token);
  useTitle(t("welcome.title"));
  return (
    <main className="kz-door">
      {link.isLoading && <Skeleton active />}
      {link.isError && <EmptyState title={t("welcome.over")} hint={t("welcome.overHint")}><Link to="/forgot">{t("welcome.again")}</Link> <Link to="/login">{t("welcome.toSignIn")}</Link></EmptyState>}
      {link.data && <Choose token={token} link={link.data} />}
    </main>
  );
}

function Choose({ token, link }: { token: string; link: HeldLink }) {
  const { t } = useTranslation("people");
  const navigate = useNavigate();
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const choose = useChooseByLink();
  const signIn = useSignIn();
  const isDifferent = again !== "" && again !== password;
  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    if (password !== again) return;
    choose.mutate({ token, password }, {
      onSuccess: async () => {
        const isIn = await signIn.mutateAsync({ login: link.login, password }).then(() => true, () => false);
        void navigate(isIn ? "/" : `/login?login=${encodeURIComponent(link.login)}`, { replace: true });
      },
    });
  };
  return (
    <form className="kz-door-sheet" onSubmit={submit}>
      <h1>{t(link.purpose === "invite" ? "welcome.invited" : "welcome.reset", { name: link.name })}</h1>
      <p className="kz-quiet">{t("welcome.hint", { login: link.login })}</p>
      {choose.isError && <ProblemNotice problem={choose.error} />}
      <input type="text" autoComplete="username" value={link.login} readOnly hidden />
      <div className="kz-field">
        <label htmlFor="password">{t("welcome.password")}</label>
        <Input.Password id="password" size="large" autoComplete="new-password" autoFocus required value={password} onChange={(event) => setPassword(event.target.value)} />
      </div>
      <div className="kz-field">
        <label htmlFor="again">{t("welcome.repeat")}</label>
        <Input.Password id="again" size="large" autoComplete="new-password" required status={isDifferent ? "error" : undefined} aria-describedby="again-help" value={again} onChange={(event) => setAgain(event.target.value)} />
        <p id="again-help" className="kz-help" role="status">{isDifferent ? t("welcome.different") : ""}</p>
      </div>
      <Button type="primary" size="large" htmlType="submit" block disabled={isDifferent} loading={choose.isPending || signIn.isPending}>{t("welcome.go")}</Button>
    </form>
  );
}
