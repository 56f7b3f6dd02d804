/** The first minutes of an empty workspace: its name and its first administrator. */
import { Button, Input } from "antd";
import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { Problem, request } from "@/api/client";
import { useSetupNeed, useSignIn } from "@/api/hooks";
import { EmptyState } from "@/ui/EmptyState";
import { ProblemNotice } from "./ProblemNotice";

type Setup = { title: string; login: string; password: string; setup_token?: string };

export default function SetupPage() {
  const { t } = useTranslation("workspace");
  const navigate = useNavigate();
  const [input, setInput] = useState<Setup>({ title: "", login: "", password: "" });
  const need = useSetupNeed();
  const client = useQueryClient();
  const signIn = useSignIn();
  const setup = useMutation({
    mutationFn: () => request<void>("POST", "/api/setup", { body: { ...input, setup_token: input.setup_token || undefined } }),
    onSuccess: async () => {
      client.clear();
      // Whoever has just chosen a password need not type it again; where that fails, the sign-in page has the login.
      const isIn = await signIn.mutateAsync({ login: input.login, password: input.password }).then(() => true, () => false);
      void navigate(isIn ? "/" : `/login?login=${encodeURIComponent(input.login)}`, { replace: true });
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
        {setup.isError && !hasPlace(setup.error) && <ProblemNotice problem={setup.error} />}
        <Entry name="title" label={t("setup.workspace")} problem={setup.error}>
          {(more) => <Input {...more} autoComplete="organization" value={input.title} onChange={(event) => change({ title: event.target.value })} />}
        </Entry>
        <Entry name="login" label={t("setup.login")} problem={setup.error}>
          {(more) => <Input {...more} autoComplete="username" value={input.login} onChange={(event) => change({ login: event.target.value })} />}
        </Entry>
        <Entry name="password" label={t("signIn.password")} help={t("setup.passwordHelp")} problem={setup.error}>
          {(more) => <Input.Password {...more} autoComplete="new-password" value={input.password} onChange={(event) => change({ password: event.target.value })} />}
        </Entry>
        {need.data?.token_needed && <TokenField value={input.setup_token ?? ""} onChange={(setup_token) => change({ setup_token })} />}
        <Button type="primary" size="large" htmlType="submit" block loading={setup.isPending}>{t("setup.go")}</Button>
      </form>
    </main>
  );
}

const ENTRIES = ["title", "login", "password"];

/** Whether everything that was refused has a field here to stand at. */
function hasPlace(problem: unknown): boolean {
  const violations = problem instanceof Problem ? problem.violations : [];
  return violations.length > 0 && violations.every(({ pointer }) => ENTRIES.includes(pointer.slice(1)));
}

type EntryInput = { id: string; required: true; "aria-invalid": boolean; "aria-describedby": string; status: "error" | undefined };
type EntryProps = { name: string; label: string; help?: string; problem: unknown; children: (input: EntryInput) => React.ReactNode };

/** A field with what helps before it is sent and what was wrong with it after. */
function Entry({ name, label, help, problem, children }: EntryProps) {
  const violations = problem instanceof Problem ? problem.violations.filter(({ pointer }) => pointer === `/${name}`) : [];
  const message = violations.map((violation) => violation.message).join(" ");
  const isWrong = message !== "";
  return (
    <div className="kz-field">
      <label htmlFor={name}>{label}</label>
      {children({ id: name, required: true, "aria-invalid": isWrong, "aria-describedby": `${name}-note`, status: isWrong ? "error" : undefined })}
      <div id={`${name}-note`}>
        {isWrong && <p className="kz-error">{message}</p>}
        {help && !isWrong && <p className="kz-help">{help}</p>}
      </div>
    </div>
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
