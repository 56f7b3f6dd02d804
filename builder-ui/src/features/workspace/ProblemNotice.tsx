/** A failure in words: what happened, and what to do about it. */
import { Alert, Button } from "antd";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";

type ProblemNoticeProps = { problem: unknown; onRetry?: () => void };

export function ProblemNotice({ problem, onRetry }: ProblemNoticeProps) {
  const { t } = useTranslation("workspace");
  const { title, detail } = useWords(problem);
  return (
    <Alert
      type="error"
      showIcon
      title={title}
      description={detail}
      action={onRetry && <Button size="small" onClick={onRetry}>{t("action.retry")}</Button>}
    />
  );
}

/** The server's own words where it has some, ours for what it cannot say. */
export function useWords(problem: unknown): { title: string; detail: string | undefined } {
  const { t } = useTranslation("workspace");
  return problemWords(problem, t);
}

export function problemWords(problem: unknown, t: (key: string) => string): { title: string; detail: string | undefined } {
  if (!(problem instanceof Problem)) return { title: t("problem.unexpected"), detail: problem instanceof Error ? problem.message : undefined };
  const known: Record<number, string> = { 0: "problem.unreachable", 403: "problem.denied", 404: "problem.notFound", 409: "problem.conflict", 412: "problem.stale", 429: "problem.tooMany" };
  const key = problem.code === "session.csrf" ? "problem.session" : known[problem.status];
  const reasons = problem.violations.map((violation) => violation.message).join(" ");
  const said = reasons || problem.detail || undefined;
  const title = key ? t(key) : (said ?? t("problem.unexpected"));
  const detail = said;
  return { title, detail: detail === title ? undefined : detail };
}
