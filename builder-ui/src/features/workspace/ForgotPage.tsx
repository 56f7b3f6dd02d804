/** A forgotten password: a link goes by mail, where mail goes out; else whoever administers the workspace makes one. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useForgotten } from "@/api/people";
import { ProblemNotice } from "./ProblemNotice";
import { useTitle } from "./useTitle";

export default function ForgotPage() {
  const { t } = useTranslation("people");
  const [login, setLogin] = useState("");
  const ask = useForgotten();
  useTitle(t("forgot.title"));
  return (
    <main className="kz-door">
      <form className="kz-door-sheet" onSubmit={(event) => { event.preventDefault(); ask.mutate(login); }}>
        <h1>{t("forgot.title")}</h1>
        {ask.isSuccess ? <p role="status">{t("forgot.asked")}</p> : (
          <>
            <p className="kz-quiet">{t("forgot.hint")}</p>
            {ask.isError && <ProblemNotice problem={ask.error} />}
            <div className="kz-field">
              <label htmlFor="login">{t("forgot.login")}</label>
              <Input id="login" size="large" autoComplete="username" autoFocus required value={login} onChange={(event) => setLogin(event.target.value)} />
            </div>
            <Button type="primary" size="large" htmlType="submit" block loading={ask.isPending}>{t("forgot.go")}</Button>
          </>
        )}
        <p className="kz-door-more"><Link to="/login">{t("welcome.toSignIn")}</Link></p>
      </form>
    </main>
  );
}
