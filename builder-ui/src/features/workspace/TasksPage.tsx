/** The work centre: what waits for me, what is overdue, what I have done, what I have started. */
import { Badge, Button, Checkbox, Segmented, Skeleton, Switch, Tooltip } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { useTask, useTasks } from "@/api/hooks";
import type { Task, TaskBox } from "@/api/types";
import { EmptyState } from "@/ui/EmptyState";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { ProblemNotice } from "./ProblemNotice";
import { useTitle } from "./useTitle";
import { isPlain } from "./work/decisions";
import { StartedList } from "./work/StartedList";
import { type Intent, TaskCard } from "./work/TaskCard";
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
  const [hasLetters, setLetters] = useState(localStorage.getItem(LETTERS) !== "off");
  const list = useTasks(box);
  const tasks = list.data?.items ?? [];
  const batch = useBatch(tasks);
  const isOpen = box === "todo" || box === "overdue";
  // The task that lay open by itself stays the one that is open when it leaves the list.
  const [first, setFirst] = useState<string>();
  const top = tasks[0]?.id;
  if (first === undefined && top !== undefined) setFirst(top);
  const chosen = search.get("task") ?? (isNarrow ? undefined : (first ?? top));
  const open = (id: string | undefined) => setSearch({ box, ...(id ? { task: id } : {}) }, { replace: !isNarrow });
  const [finished, setFinished] = useState<Finished>();
  const [intent, setIntent] = useState<Intent>();
  const goTo = (id: string | undefined, verb?: Intent["verb"]) => {
    setFinished(undefined);
    setIntent(id !== undefined && verb ? { task: id, verb } : undefined);
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
          {isOpen && (tasks.some(isPlain) || !isNarrow) && (
            <div className="kz-batch">
              {tasks.some(isPlain) && (
                <>
                  <Checkbox checked={batch.chosen.length > 0} indeterminate={batch.chosen.length > 0 && batch.chosen.length < tasks.filter(isPlain).length}
                    onChange={(event) => batch.pickAll(event.target.checked)}>{t("task.pickAll")}</Checkbox>
                  <Button size="small" disabled={batch.chosen.length === 0} loading={batch.isPending} onClick={batch.approve}>{t("task.batch", { count: batch.chosen.length })}</Button>
                </>
              )}
              <span className="kz-spring" />
              {!isNarrow && (
                <Tooltip title={t(tasks.some(isPlain) ? "task.lettersHelp" : "task.lettersHelpPlain")}>
                  <label className="kz-letters"><Switch size="small" checked={hasLetters} onChange={(on) => { setLetters(on); localStorage.setItem(LETTERS, on ? "on" : "off"); }} />{t("task.letters")}</label>
                </Tooltip>
              )}
            </div>
          )}
          <TaskList tasks={tasks} current={finished ? undefined : chosen} picked={batch.picked} isPicking={isOpen} hasLetters={hasLetters && isOpen} onOpen={(id) => goTo(id)} onPick={batch.pick}
            onApprove={(task) => goTo(task.id, "approve")} onReject={(task) => goTo(task.id, "reject")} />
        </div>
      )}
      {finished && <Next finished={finished} onOpen={(id) => goTo(id)} />}
      {chosen !== undefined && !finished && (
        <Detail id={chosen} known={tasks.find((task) => task.id === chosen)} intent={intent?.task === chosen ? intent : undefined}
          onBack={isNarrow ? () => open(undefined) : undefined}
          onDone={(task) => (isNarrow ? open(undefined) : setFinished({ title: task.title, next: nextAfter(tasks, chosen) }))} />
      )}
    </div>
  );
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

type DetailProps = { id: string; known: Task | undefined; intent: Intent | undefined; onBack: (() => void) | undefined; onDone: (task: Task) => void };

function Detail({ id, known, intent, onBack, onDone }: DetailProps) {
  const { t } = useTranslation("workspace");
  const loaded = useTask(id);
  const task = loaded.data ?? known;
  return (
    <section className="kz-panel kz-centre-detail" aria-label={task?.title ?? t("task.centre")}>
      {onBack && <p><Button type="link" className="kz-flush" onClick={onBack}>{t("task.back")}</Button></p>}
      {loaded.isError && !task && <ProblemNotice problem={loaded.error} />}
      {task && <h2>{task.title}</h2>}
      {task && <TaskCard key={task.id} task={task} onDone={() => onDone(task)} intent={intent} />}
    </section>
  );
}
