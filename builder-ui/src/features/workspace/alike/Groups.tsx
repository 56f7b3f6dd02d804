/** Groups of records that are alike, a page at a time; the members of a group are merged. */
import { Button, Skeleton } from "antd";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Group, useGroups } from "@/api/duplicates";
import { useRendering } from "@/renderer/context";
import { LinkButton } from "@/ui/LinkButton";
import { MOST_MERGED } from "../merge/choice";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";
import { AlikeFacts, AlikeLink, useAlikeNames } from "./AlikeList";

type GroupsProps = { entityKey: string; job: string };

export function Groups({ entityKey, job }: GroupsProps) {
  const { t } = useTranslation("workspace");
  const groups = useGroups(job);
  const { names } = useRendering();
  useEffect(() => groups.data?.pages.forEach((page) => names.learn(page.titles ?? {})), [names, groups.data]);
  const all = groups.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      {groups.isLoading && <Skeleton active />}
      {groups.isError && <ProblemNotice problem={groups.error} onRetry={() => void groups.refetch()} />}
      <ol className="kz-groups">
        {all.map((group) => <li key={`${group.rule}/${group.records.map(({ id }) => id).join()}`}><OneGroup entityKey={entityKey} group={group} /></li>)}
      </ol>
      {groups.hasNextPage && <Button loading={groups.isFetchingNextPage} onClick={() => void groups.fetchNextPage()}>{t("alike.more")}</Button>}
    </>
  );
}

function OneGroup({ entityKey, group }: { entityKey: string; group: Group }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  useAlikeNames(entityKey, group.records);
  const [picked, setPicked] = useState(() => group.records.slice(0, MOST_MERGED).map(({ id }) => id));
  const mayMerge = app.entities[entityKey]?.actions.merge === true && group.records.length > 1;
  const pick = (id: string, on: boolean) => setPicked(on ? [...picked, id] : picked.filter((one) => one !== id));
  const isReady = picked.length >= 2 && picked.length <= MOST_MERGED;
  return (
    <fieldset className="kz-group">
      <legend>{group.title}</legend>
      <ul className="kz-alike">
        {group.records.map((record) => (
          <li key={record.id}>
            {mayMerge && <input type="checkbox" aria-label={t("batch.pick", { title: record.title })} checked={picked.includes(record.id)} onChange={(event) => pick(record.id, event.target.checked)} />}
            <AlikeLink entityKey={entityKey} record={record} /> <AlikeFacts entityKey={entityKey} record={record} />
          </li>
        ))}
      </ul>
      {group.records.length < 2 && <p className="kz-quiet">{t("alike.settled")}</p>}
      {mayMerge && (isReady
        ? <LinkButton size="small" to={paths.merge(entityKey, picked)}>{t("merge.go")}</LinkButton>
        : <span className="kz-quiet">{t("merge.number", { most: MOST_MERGED })}</span>)}
    </fieldset>
  );
}
