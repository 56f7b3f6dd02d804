/** What publishing does to the values of fields, a sentence each; the values that do not convert can be looked through. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useApp } from "@/api/hooks";
import { formatDecimal } from "@/lib/format";
import { type Evolving, fetchRefused, type RefusedValue, type Standing } from "../api";
import { draftKeys, useEntities } from "../draft/context";
import { problemText } from "../parts/problemText";
import { evolutionText, type FieldTitles } from "./evolution";

type EvolutionListProps = { all: readonly Evolving[]; standing?: readonly Standing[] };

export function EvolutionList({ all, standing = [] }: EvolutionListProps) {
  const { t } = useTranslation("builder");
  const titleOf = useFieldTitles();
  const entities = useEntities();
  const live = useApp().data?.entities;
  if (all.length + standing.length === 0) return null;
  const entityTitle = (entity: string) => entities[entity]?.title ?? live?.[entity]?.title ?? entity;
  return (
    <section className="kzb-evolution" aria-label={t("evolution.title")}>
      <h3>{t("evolution.title")}</h3>
      <ul>
        {all.map((one) => (
          <li key={`${one.entity}.${one.field}.${one.change}`}>
            <p><span className="kz-quiet">{entityTitle(one.entity)}</span> {evolutionText(one, titleOf, t)}</p>
            {one.complete === false && <p className="kz-quiet">{t("evolution.incomplete")}</p>}
            {one.refused > 0 && one.change !== "drop" && <Refused one={one} />}
          </li>
        ))}
        {standing.map((one) => (
          <li key={`${one.entity}.${one.field}.${one.why}`}>
            <p><span className="kz-quiet">{entityTitle(one.entity)}</span> {t(`evolution.standing.${one.why}`, { field: one.title, count: one.count, shown: formatDecimal(one.count) })}</p>
            {one.why === "unfit"
              ? <Refused one={{ ...one, refused: one.count, examples: [] }} />
              : <p className="kz-quiet">{one.examples.map(({ id, title }, index) => <span key={id}>{index > 0 && t("condition.comma")}<Link to={`/e/${one.entity}/${id}`} target="_blank" rel="noreferrer">{title || id.slice(0, 8)}</Link></span>)}</p>}
          </li>
        ))}
      </ul>
      {all.length > 0 && <p className="kz-quiet">{t("evolution.kept")}</p>}
    </section>
  );
}

/** Titles of the draft, and of the live release for fields that the draft no longer has. */
function useFieldTitles(): FieldTitles {
  const entities = useEntities();
  const live = useApp().data?.entities;
  return (entity, field) => entities[entity]?.properties[field]?.title || live?.[entity]?.schema.properties[field]?.title || field;
}

/** A field some of whose values are listed, `refused` in all. */
type Listed = Pick<Evolving, "entity" | "field" | "refused" | "examples">;

function Refused({ one }: { one: Listed }) {
  const { t } = useTranslation("builder");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t("evolution.show", { count: one.refused })}</Button>
      {isOpen && <RefusedValues one={one} />}
    </>
  );
}

/** The first ones come with the plan, the rest when they are asked for. */
function RefusedValues({ one }: { one: Listed }) {
  const { t } = useTranslation("builder");
  const examples = one.examples ?? [];
  const [isAll, setAll] = useState(examples.length === 0);
  const pages = useInfiniteQuery({
    queryKey: [...draftKeys.plan, "refused", one.entity, one.field],
    queryFn: ({ pageParam, signal }) => fetchRefused(one.entity, one.field, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: isAll,
  });
  const items = pages.data?.pages.flatMap((page) => page.items) ?? examples;
  const hasMore = isAll ? pages.hasNextPage : examples.length < one.refused;
  const more = () => (isAll ? void pages.fetchNextPage() : setAll(true));
  return (
    <>
      <div className="kzb-scroll" role="region" aria-label={t("evolution.refused")} tabIndex={0}>
        <table className="kzb-refused">
          <thead><tr><th scope="col">{t("evolution.record")}</th><th scope="col">{t("evolution.value")}</th><th scope="col">{t("evolution.reason")}</th></tr></thead>
          <tbody>{items.map((item) => <Row key={item.id} entity={one.entity} item={item} />)}</tbody>
        </table>
      </div>
      {pages.isError && <Alert type="error" showIcon title={problemText(pages.error, t)} />}
      {hasMore && <Button size="small" loading={pages.isFetching} onClick={more}>{t("evolution.more")}</Button>}
    </>
  );
}

function Row({ entity, item }: { entity: string; item: RefusedValue }) {
  const shown = typeof item.value === "string" ? item.value : JSON.stringify(item.value ?? "");
  return (
    <tr>
      <td><Link to={`/e/${entity}/${item.id}`} target="_blank" rel="noreferrer">{item.title || item.id.slice(0, 8)}</Link></td>
      <td><code>{shown}</code></td>
      <td>{item.reason}</td>
    </tr>
  );
}
