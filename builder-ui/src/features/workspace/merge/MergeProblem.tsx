/** Why a merge is not taken back: what stands against it, in the server's words. */
import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Problem } from "@/api/client";
import { isObject } from "@/definition/json";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";

export function MergeProblem({ problem }: { problem: unknown }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  if (!(problem instanceof Problem) || problem.code !== "merge.changed_since") return <ProblemNotice problem={problem} />;
  const against = againstIn(problem.body["against"]);
  return (
    <Alert type="error" showIcon role="alert" title={t("merge.changedSince")}
      description={
        <>
          {problem.detail}
          <ul className="kz-problems">
            {against.map(({ entity, record, field }) => (
              <li key={`${record}.${field}`}>
                <Link to={paths.record(entity, record)} target="_blank" rel="noreferrer">{t("merge.against", { entity: app.entities[entity]?.title ?? entity, record: record.slice(0, 8) })}</Link>{" "}
                {app.entities[entity]?.schema.properties[field]?.title ?? field}
              </li>
            ))}
          </ul>
        </>
      } />
  );
}

type Against = { entity: string; record: string; field: string };

/** What stands against it, as far as it is told: `{entity, record, field}` each. */
function againstIn(list: unknown): Against[] {
  const told = (Array.isArray(list) ? list : []).filter(isObject);
  return told.map((one) => ({ entity: String(one["entity"] ?? ""), record: String(one["record"] ?? ""), field: String(one["field"] ?? "") })).filter(({ record }) => record !== "");
}
