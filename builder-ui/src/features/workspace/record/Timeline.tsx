/** Everything that happened to a record, the newest first. */
import { App, Button, Popconfirm, Skeleton } from "antd";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useTimeline, useUndo } from "@/api/hooks";
import type { Change, TimelineItem } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useRendering } from "@/renderer/context";
import { ShowValue } from "@/renderer/values/ShowValue";
import { Panel } from "@/ui/Panel";
import { paths } from "../paths";
import { ProblemNotice, problemWords } from "../ProblemNotice";
import { useSession } from "../session";
import { CommentBox } from "./CommentBox";

type TimelineProps = { entityKey: string; id: string };

export function Timeline({ entityKey, id }: TimelineProps) {
  const { t } = useTranslation("workspace");
  const timeline = useTimeline(entityKey, id);
  const { names } = useRendering();
  useEffect(() => timeline.data?.pages.forEach((page) => names.learn(page.titles ?? {})), [names, timeline.data]);
  return (
    <Panel title={t("timeline.title")}>
      <CommentBox entityKey={entityKey} id={id} />
      {timeline.isLoading && <Skeleton active />}
      {timeline.isError && <ProblemNotice problem={timeline.error} onRetry={() => void timeline.refetch()} />}
      {timeline.data && (
        <ol className="kz-timeline">
          {timeline.data.pages.flatMap((page) => page.items).map((item, index) => <Item key={`${item.at}${index}`} item={item} entityKey={entityKey} id={id} />)}
        </ol>
      )}
      {timeline.hasNextPage && <Button block loading={timeline.isFetchingNextPage} onClick={() => void timeline.fetchNextPage()}>{t("timeline.more")}</Button>}
    </Panel>
  );
}

function Item({ item, entityKey, id }: { item: TimelineItem; entityKey: string; id: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const who = item.by?.name ?? t("timeline.system");
  const field = item.field === undefined ? undefined : (app.entities[entityKey]?.schema.properties[item.field]?.title ?? item.field);
  const what = item.title ?? field ?? (item.workflow ? (app.workflows[item.workflow]?.title ?? item.workflow) : "");
  const outcome = item.outcome ? t(`outcome.${item.outcome}`, { defaultValue: "" }) : "";
  return (
    <li data-kind={item.kind}>
      <p className="kz-timeline-what">
        {t(`timeline.${item.kind}`, { defaultValue: item.kind, who, what, outcome })}
        {item.run && <>{" "}<Link to={paths.run(item.run)}>{t("timeline.run")}</Link></>}
      </p>
      {(item.comment ?? item.reason) && <blockquote>{item.comment ?? item.reason}</blockquote>}
      {item.kind !== "created" && item.changes?.map((change) => <ChangeLine key={change.field} change={change} entityKey={entityKey} />)}
      <time className="kz-quiet" dateTime={item.at} title={formatInstant(item.at, app.zone)}>{formatAgo(item.at)}</time>
      {item.kind === "updated" && item.seq !== undefined && app.entities[entityKey]?.actions.update && <Undo entityKey={entityKey} id={id} change={item.seq} />}
    </li>
  );
}

function Undo({ entityKey, id, change }: { entityKey: string; id: string; change: number }) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const undo = useUndo(entityKey, id);
  const confirm = () =>
    undo.mutateAsync(change).then(
      () => void message.success(t("timeline.undone")),
      (problem: unknown) => {
        const words = problemWords(problem, t);
        void message.error([words.title, words.detail].filter(Boolean).join(" · "));
      },
    );
  return (
    <Popconfirm title={t("timeline.undoAsk")} description={t("timeline.undoHint")} okText={t("timeline.undo")} onConfirm={confirm}>
      <Button type="link" size="small" className="kz-undo" loading={undo.isPending}>{t("timeline.undo")}</Button>
    </Popconfirm>
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
