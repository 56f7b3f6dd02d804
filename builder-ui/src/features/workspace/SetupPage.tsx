/** The first minutes of an empty workspace: its name and its first administrator. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Problem, request } from "@/api/client";
import { useSetupNeed } from "@/api/hooks";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "./ProblemNotice";

type Setup = { title: string; login: string; password: string; setup_token?: string };

export default function SetupPage() {
  const { t } = useTranslation("workspace");
  const navigate = useNavigate();
  const [input, setInput] = useState<Setup>({ title: "", login: "", password: "" });
  const need = useSetupNeed();
  const client = useQueryClient();
  const setup = useMutation({
    mutationFn: () => request<void>("POST", "/api/setup", { body: { ...input, setup_token: input.setup_token || undefined } }),
    onSuccess: () => {
      client.clear();
      void navigate("/login");
    },
  });
  if (need.isLoading) return null;
  if (need.isError) return <Done />;
  if (setup.error instanceof Problem && setup.error.status === 404 && !need.data?.token_needed) return <Done />;
  const change = (part: Partial<Setup>) => setInput({ ...input, ...part });
  return (
    <main className="kz-door">
      <form className="kz-door-sheet" onSubmit={(event) => { event.preventDefault(); setup.mutate(); }}>
        <h1>{t("setup.title")}</h1>
        <p className="kz-quiet">{t("setup.hint")}</p>
        {setup.isError && <ProblemNotice problem={setup.error} />}
        <div className="kz-field">
          <label htmlFor="title">{t("setup.workspace")}</label>
          <Input id="title" required autoComplete="organization" value={input.title} onChange={(event) => change({ title: event.target.value })} />
        </div>
        <div className="kz-field">
          <label htmlFor="login">{t("setup.login")}</label>
          <Input id="login" required autoComplete="username" value={input.login} onChange={(event) => change({ login: event.target.value })} />
        </div>
        <div className="kz-field">
          <label htmlFor="password">{t("signIn.password")}</label>
          <Input.Password id="password" required autoComplete="new-password" value={input.password} onChange={(event) => change({ password: event.target.value })} />
        </div>
        {need.data?.token_needed && <TokenField value={input.setup_token ?? ""} onChange={(setup_token) => change({ setup_token })} />}
        <Button type="primary" size="large" htmlType="submit" block loading={setup.isPending}>{t("setup.go")}</Button>
      </form>
    </main>
  );
}

function Done() {
  const { t } = useTranslation("workspace");
  return <main className="kz-door"><EmptyState title={t("setup.done")}><Link to="/login">{t("setup.toSignIn")}</Link></EmptyState></main>;
}

function TokenField({ value, onChange }: { value: string; onChange: (token: string) => void }) {
  const { t } = useTranslation("workspace");
  return (
    <div className="kz-field">
      <label htmlFor="token">{t("setup.token")}</label>
      <Input id="token" required autoComplete="off" value={value} onChange={(event) => onChange(event.target.value)} aria-describedby="token-help" />
      <p id="token-help" className="kz-help">{t("setup.tokenHelp")}</p>
    </div>
  );
}
