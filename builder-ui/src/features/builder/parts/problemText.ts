/** What went wrong, in words: the server's own, and ours where it cannot be reached or says nothing. */
import { Problem } from "@/api/client";

export function problemText(problem: unknown, t: (key: string) => string): string {
  if (!(problem instanceof Problem)) return problem instanceof Error ? problem.message : String(problem);
  return problem.detail || problem.title || (problem.status === 0 ? t("common:unreachable") : problem.code);
}
