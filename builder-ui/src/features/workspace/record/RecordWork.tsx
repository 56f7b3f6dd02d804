/** What is to be done about a record: one's own tasks to work at once, and the runs that are under way. */
import { Button, Skeleton } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useRecordRuns, useRun, useTasks } from "@/api/hooks";
import type { RecordBody, RunSummary, Task } from "@/api/types";
import { formatAgo } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { paths } from "../paths";
import { DueText } from "../work/DueText";
import { visitTitle } from "../work/runChart";

const TaskCard = lazy(() => import("../work/TaskCard").then((module) => ({ default: module.TaskCard })));

type RecordWorkProps = { entityKey: string; record: RecordBody };

const OVER = new Set(["approved", "rejected", "withdrawn", "terminated", "done", "failed"]);

export function RecordWork({ entityKey, record }: RecordWorkProps) {
  const { t } = useTranslation("workspace");
  const tasks = useTasks("todo");
  const runs = useRecordRuns(entityKey, record.id);
  const mine = (tasks.data?.items ?? []).filter((task) => task.entity === entityKey && task.record.id === record.id);
  const all = runs.data?.items ?? [];
  if (mine.length === 0 && all.length === 0) return null;
  return (
    <>
      {mine.map((task) => <MyTask key={task.id} task={task} />)}
      {all.length > 0 && (
        <Panel title={t("record.runs")}>
          <ul className="kz-plain">{all.map((run) => <li key={run.id}><RunLine run={run} /></li>)}</ul>
        </Panel>
      )}
    </>
  );
}

/** Closed until it is worked: its form is a chunk, and several open forms would hide each other. */
function MyTask({ task }: { task: Task }) {
  const { t } = useTranslation("workspace");
  const [isOpen, setOpen] = useState(false);
  return (
    <Panel title={task.title} extra={!isOpen && <Button type="primary" size="small" onClick={() => setOpen(true)}>{t("task.work")}</Button>}>
      {isOpen ? <Suspense fallback={<Skeleton active />}><TaskCard task={task} /></Suspense> : <DueText task={task} />}
    </Panel>
  );
}

function RunLine({ run }: { run: RunSummary }) {
  const { t } = useTranslation("workspace");
  const isOver = OVER.has(run.state);
  return (
    <>
      <p className="kz-run-line">
        <Link to={paths.run(run.id)}>{run.title || run.workflow}</Link>
        <span className="kz-quiet">{t(`run.state.${run.state}`, { defaultValue: run.state })} · {formatAgo(run.ended_at ?? run.started_at)}</span>
      </p>
      {!isOver && <Waiting id={run.id} />}
    </>
  );
}

/** Whom a run waits for. */
function Waiting({ id }: { id: string }) {
  const { t } = useTranslation("workspace");
  const run = useRun(id);
  const open = (run.data?.path ?? []).flatMap((visit) => visit.tasks.filter((task) => task.state === "open").map((task) => ({ ...task, title: visitTitle(visit) })));
  return open.map((task) => (
    <p key={task.id} className="kz-quiet">{t("record.waitsFor", { name: task.assignee?.name ?? "", title: task.title })}</p>
  ));
}
