/** Records that look like the one at hand: what they are called, how alike they are, and what their rule shows of them. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Alike } from "@/api/duplicates";
import { fetchList } from "@/api/hooks";
import { isEmpty } from "@/definition/compare";
import { useNames, useRendering } from "@/renderer/context";
import { ShowValue } from "@/renderer/values/ShowValue";
import { fieldOf } from "../list/columns";
import { paths } from "../paths";
import { useSession } from "../session";
import { unknownNames } from "./names";

/** Opened beside the form, so that nothing that was typed is left behind. */
export function AlikeLink({ entityKey, record }: { entityKey: string; record: Alike }) {
  const { t } = useTranslation("workspace");
  return (
    <Link to={paths.record(entityKey, record.id)} target="_blank" rel="noreferrer">
      {record.title || record.id.slice(0, 8)}
      <span className="kz-sr">{t("alike.newTab")}</span>
    </Link>
  );
}

/** How alike, where that is less than the same, and the fields that its rule shows. */
export function AlikeFacts({ entityKey, record }: { entityKey: string; record: Alike }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const entity = app.entities[entityKey]!;
  const facts = Object.entries(record.fields ?? {}).flatMap(([key, value]) => {
    const field = fieldOf(entity, key, (system) => t(`system.${system}`));
    return field && key !== entity.schema["x-title-field"] && !isEmpty(value) ? [{ key, field, value }] : [];
  });
  const { score } = record;
  return (
    <>
      {typeof score === "number" && score < 1 && <span className="kz-quiet">{t("alike.score", { share: Math.round(score * 100) })}</span>}
      {facts.map(({ key, field, value }) => (
        <span key={key}><span className="kz-quiet">{field.title}</span> <ShowValue field={field} value={value} compact /></span>
      ))}
    </>
  );
}

export function AlikeList({ entityKey, records }: { entityKey: string; records: readonly Alike[] }) {
  useAlikeNames(entityKey, records);
  return (
    <ul className="kz-alike">
      {records.map((record) => (
        <li key={record.id}><AlikeLink entityKey={entityKey} record={record} /> <AlikeFacts entityKey={entityKey} record={record} /></li>
      ))}
    </ul>
  );
}

/** Learns what people and records that are shown are called, where the answer has not said it. */
export function useAlikeNames(entityKey: string, records: readonly Alike[]): void {
  const { names } = useRendering();
  const known = useNames();
  const { app } = useSession();
  const ids = unknownNames(app.entities[entityKey], records, known);
  const asked = useQuery({
    queryKey: ["entity", entityKey, "names", ids],
    queryFn: ({ signal }) => fetchList(entityKey, { where: { field: "id", op: "in", value: ids }, limit: ids.length, count: "none" }, signal),
    enabled: ids.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  useEffect(() => names.learn(asked.data?.titles ?? {}), [names, asked.data]);
}
