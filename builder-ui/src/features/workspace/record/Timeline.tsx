/** Everything that happened to a record, the newest first. */
import { Skeleton } from "antd";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useTimeline } from "@/api/hooks";
import type { Change, TimelineItem } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useRendering } from "@/renderer/context";
import { ShowValue } from "@/renderer/values/ShowValue";
import { Panel } from "@/ui/Panel";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";

type TimelineProps = { entityKey: string; id: string };

export function Timeline({ entityKey, id }: TimelineProps) {
  const { t } = useTranslation("workspace");
  const timeline = useTimeline(entityKey, id);
  const { names } = useRendering();
  useEffect(() => names.learn(timeline.data?.titles ?? {}), [names, timeline.data]);
  return (
    <Panel title={t("timeline.title")}>
      {timeline.isLoading && <Skeleton active />}
      {timeline.isError && <ProblemNotice problem={timeline.error} onRetry={() => void timeline.refetch()} />}
      {timeline.data && (
        <ol className="kz-timeline">
          {timeline.data.items.map((item, index) => <Item key={`${item.at}${index}`} item={item} entityKey={entityKey} />)}
        </ol>
      )}
    </Panel>
  );
}

function Item({ item, entityKey }: { item: TimelineItem; entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const who = item.by?.name ?? t("timeline.system");
  const what = item.title ?? (item.workflow ? (app.workflows[item.workflow]?.title ?? item.workflow) : "");
  const outcome = item.outcome ? t(`outcome.${item.outcome}`, { defaultValue: "" }) : "";
  return (
    <li data-kind={item.kind}>
      <p className="kz-timeline-what">
        {t(`timeline.${item.kind}`, { defaultValue: item.kind, who, what, outcome })}
        {item.run && <>{" "}<Link to={paths.run(item.run)}>{t("timeline.run")}</Link></>}
      </p>
      {item.comment && <blockquote>{item.comment}</blockquote>}
      {item.kind !== "created" && item.changes?.map((change) => <ChangeLine key={change.field} change={change} entityKey={entityKey} />)}
      <time className="kz-quiet" dateTime={item.at} title={formatInstant(item.at, app.zone)}>{formatAgo(item.at)}</time>
    </li>
  );
}

function ChangeLine({ change, entityKey }: { change: Change; entityKey: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const field = app.entities[entityKey]?.schema.properties[change.field];
  if (!field) return null;
  return (
    <p className="kz-change">
      <span className="kz-quiet">{field.title ?? change.field}</span>{" "}
      <ShowValue field={field} value={change.from} compact /> <span aria-label={t("timeline.to")}>→</span> <ShowValue field={field} value={change.to} compact />
    </p>
  );
}
