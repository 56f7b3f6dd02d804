/** Findings of the compiler, worst first; each leads to its place. */
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Diagnostic } from "../api";
import { routeOfPath } from "../routes";

const ORDER = { error: 0, warning: 1, info: 2 };

/** The worst first, else in the order in which they were found. */
export function bySeverity(problems: readonly Diagnostic[]): Diagnostic[] {
  return problems.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}

type ProblemListProps = { problems: readonly Diagnostic[]; withPath?: boolean };

export function ProblemList({ problems, withPath = false }: ProblemListProps) {
  const { t } = useTranslation("builder");
  return (
    <ul className="kzb-problems" aria-label={t("problems.title")}>
      {bySeverity(problems).map((each, index) => (
        <li key={index} data-severity={each.severity}>
          <span className="kzb-severity">{t(`severity.${each.severity}`)}</span>
          <span>
            <Place problem={each} withPath={withPath} />
            {each.message}
            {each.help && <span className="kz-quiet"> {each.help}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Place({ problem, withPath }: { problem: Diagnostic; withPath: boolean }) {
  const { path, pointer, line } = problem;
  const place = `${withPath ? path : ""}${line ? `${withPath ? ":" : ""}${line}` : ""}` || pointer || path;
  const route = routeOfPath(path, { text: true, at: pointer || undefined, line: line || undefined });
  if (!route) return <code>{place} </code>;
  return (
    <>
      <Link to={route}>
        <code>{place}</code>
      </Link>{" "}
    </>
  );
}
