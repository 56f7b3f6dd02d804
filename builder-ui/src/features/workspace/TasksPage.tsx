/** The work centre: what waits for me, what is overdue, what I have done, what I have started. */
import { App, Badge, Button, Checkbox, Segmented, Skeleton, Switch } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useTask, useTaskAct, useTasks } from "@/api/hooks";
import type { Task, TaskBox } from "@/api/types";
import { EmptyState } from "@/ui/EmptyState";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { ProblemNotice, problemWords } from "./ProblemNotice";
import { useTitle } from "./useTitle";
import { isPlain } from "./work/decisions";
import { StartedList } from "./work/StartedList";
import { TaskCard } from "./work/TaskCard";
import { TaskList } from "./work/TaskList";
import { useBatch } from "./work/useBatch";

const BOXES: TaskBox[] = ["todo", "overdue", "done", "started"];
const LETTERS = "kezhi.letters";

export default function TasksPage() {
  const { t } = useTranslation("workspace");
  const [search, setSearch] = useSearchParams();
  const box = BOXES.find((one) => one === search.get("box")) ?? "todo";
  const todo = useTasks("todo");
  useTitle(t("task.centre"));
  const waiting = todo.data?.count?.value ?? todo.data?.items.length ?? 0;
  return (
    <>
      <div className="kz-page-head"><h1>{t("task.centre")}</h1></div>
      <div className="kz-tools">
        <Segmented<TaskBox> value={box} onChange={(next) => setSearch({ box: next })} aria-label={t("task.boxes")}
          options={BOXES.map((one) => ({ value: one, label: one === "todo" && waiting > 0 ? <span>{t(`task.box.${one}`)} <Badge count={waiting} size="small" color="#1f6f5c" /></span> : t(`task.box.${one}`) }))} />
      </div>
      {box === "started" ? <StartedList /> : <Box key={box} box={box} />}
    </>
  );
}

function Box({ box }: { box: TaskBox }) {
  const { t } = useTranslation("workspace");
  const [search, setSearch] = useSearchParams();
  const isNarrow = useIsNarrow();
  const comment = useRef<HTMLTextAreaElement>(null);
  const [hasLetters, setLetters] = useState(localStorage.getItem(LETTERS) !== "off");
  const list = useTasks(box);
  const tasks = list.data?.items ?? [];
  const batch = useBatch(tasks);
  const isOpen = box === "todo" || box === "overdue";
  const chosen = search.get("task") ?? (isNarrow ? undefined : tasks[0]?.id);
  const open = (id: string | undefined) => setSearch({ box, ...(id ? { task: id } : {}) }, { replace: !isNarrow });
  const approve = useApprove(open);
  const [finished, setFinished] = useState<Finished>();
  const goTo = (id: string | undefined) => {
    setFinished(undefined);
    open(id);
  };
  if (list.isLoading) return <Skeleton active />;
  if (list.isError) return <ProblemNotice problem={list.error} onRetry={() => void list.refetch()} />;
  if (tasks.length === 0) return <EmptyState title={t(`task.empty.${box}`)} hint={t(`task.emptyHint.${box}`)} />;
  const showsList = !isNarrow || chosen === undefined;
  return (
    <div className="kz-centre">
      {showsList && (
        <div className="kz-centre-list">
          {isOpen && (
            <div className="kz-batch">
              <Checkbox checked={batch.chosen.length > 0} indeterminate={batch.chosen.length > 0 && batch.chosen.length < tasks.filter(isPlain).length}
                disabled={!tasks.some(isPlain)} onChange={(event) => batch.pickAll(event.target.checked)}>{t("task.pickAll")}</Checkbox>
              <Button size="small" disabled={batch.chosen.length === 0} loading={batch.isPending} onClick={batch.approve}>{t("task.batch", { count: batch.chosen.length })}</Button>
              <span className="kz-spring" />
              {!isNarrow && (
                <label className="kz-letters"><Switch size="small" checked={hasLetters} onChange={(on) => { setLetters(on); localStorage.setItem(LETTERS, on ? "on" : "off"); }} />{t("task.letters")}</label>
              )}
            </div>
          )}
          <TaskList tasks={tasks} current={finished ? undefined : chosen} picked={batch.picked} isPicking={isOpen} hasLetters={hasLetters && isOpen} onOpen={goTo} onPick={batch.pick}
            onApprove={approve} onReject={(task) => { goTo(task.id); comment.current?.focus(); }} />
        </div>
      )}
      {finished && <Next finished={finished} onOpen={goTo} />}
      {chosen !== undefined && !finished && (
        <Detail id={chosen} known={tasks.find((task) => task.id === chosen)} commentRef={comment}
          onBack={isNarrow ? () => open(undefined) : undefined}
          onDone={(task) => (isNarrow ? open(undefined) : setFinished({ title: task.title, next: nextAfter(tasks, chosen) }))} />
      )}
    </div>
  );
}

/** Deciding by one key press: only approvals that ask for nothing; everything else is opened instead. */
function useApprove(open: (id: string) => void): (task: Task) => void {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const act = useTaskAct();
  return (task) => {
    if (!isPlain(task)) {
      open(task.id);
      return;
    }
    act.mutate({ id: task.id, verb: "approve", body: { revision: task.revision } }, {
      onSuccess: () => void message.success(t("task.told.approve")),
      onError: (problem) => void message.error(problemWords(problem, t).title),
    });
  };
}

function nextAfter(tasks: Task[], id: string): Task | undefined {
  const index = tasks.findIndex((task) => task.id === id);
  return tasks[index + 1] ?? tasks[index - 1];
}

type Finished = { title: string; next: Task | undefined };

/** The next task is not put under the same buttons: whoever presses once more by mistake decides nothing. */
function Next({ finished, onOpen }: { finished: Finished; onOpen: (id: string) => void }) {
  const { t } = useTranslation("workspace");
  const { title, next } = finished;
  return (
    <section className="kz-panel kz-centre-detail" role="status">
      <h2>{t("task.finished", { title })}</h2>
      {next && <Button type="primary" autoFocus onClick={() => onOpen(next.id)}>{t("task.next", { title: next.title })}</Button>}
    </section>
  );
}

type DetailProps = { id: string; known: Task | undefined; commentRef: React.Ref<HTMLTextAreaElement>; onBack: (() => void) | undefined; onDone: (task: Task) => void };

function Detail({ id, known, commentRef, onBack, onDone }: DetailProps) {
  const { t } = useTranslation("workspace");
  const loaded = useTask(id);
  const task = loaded.data ?? known;
  return (
    <section className="kz-panel kz-centre-detail" aria-label={task?.title ?? t("task.centre")}>
      {onBack && <p><Button type="link" className="kz-flush" onClick={onBack}>{t("task.back")}</Button></p>}
      {loaded.isError && !task && <ProblemNotice problem={loaded.error} />}
      {task && <h2>{task.title}</h2>}
      {task && <TaskCard key={task.id} task={task} onDone={() => onDone(task)} commentRef={commentRef} />}
    </section>
  );
}
