/**
 * The tasks of a box as a list that one walks with the keyboard: J and K move; A and R open an approval at
 * what decides it, so that nothing is decided unseen; X picks for a batch. The letters act only while the list has the focus,
 * and can be switched off.
 */
import { Checkbox } from "antd";
import { useTranslation } from "react-i18next";
import type { Task } from "@/api/types";
import { isPlain } from "./decisions";
import { DueText } from "./DueText";

type TaskListProps = {
  tasks: Task[];
  current: string | undefined;
  picked: ReadonlySet<string>;
  isPicking: boolean;
  hasLetters: boolean;
  onOpen: (id: string) => void;
  onPick: (id: string) => void;
  onApprove: (task: Task) => void;
  onReject: (task: Task) => void;
};

export function TaskList(props: TaskListProps) {
  const { tasks, current, picked, isPicking, onOpen, onPick } = props;
  const { t } = useTranslation("workspace");
  return (
    <ul className="kz-tasks" aria-label={t("task.list")} onKeyDown={(event) => onKey(event, props)}>
      {tasks.map((task) => (
        <li key={task.id} data-current={task.id === current}>
          {isPicking && isPlain(task) && <Checkbox checked={picked.has(task.id)} aria-label={t("task.pick", { title: task.title })} onChange={() => onPick(task.id)} />}
          <button type="button" className="kz-task-row" aria-current={task.id === current || undefined} data-task={task.id} onClick={() => onOpen(task.id)}>
            <strong>{task.title}</strong>
            <span>{task.record.title}</span>
            <DueText task={task} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function onKey(event: React.KeyboardEvent<HTMLElement>, props: TaskListProps): void {
  if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const { tasks, current } = props;
  const index = tasks.findIndex((task) => task.id === current);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isLetter = event.key.length === 1;
  if (isLetter && !props.hasLetters) return;
  const task = tasks[index];
  switch (key) {
    case "j":
    case "ArrowDown":
      return step(event, props, tasks[Math.min(tasks.length - 1, index + 1)]);
    case "k":
    case "ArrowUp":
      return step(event, props, tasks[Math.max(0, index - 1)]);
    case "a":
      return act(event, approvalOf(task), props.onApprove);
    case "r":
      return act(event, approvalOf(task), props.onReject);
    case "x":
      return act(event, task && isPlain(task) ? task : undefined, ({ id }) => props.onPick(id));
    default:
  }
}

function approvalOf(task: Task | undefined): Task | undefined {
  return task?.kind === "approval" ? task : undefined;
}

function step(event: React.KeyboardEvent<HTMLElement>, props: TaskListProps, to: Task | undefined): void {
  if (!to) return;
  event.preventDefault();
  const list = event.currentTarget;
  props.onOpen(to.id);
  list.querySelector<HTMLElement>(`[data-task="${to.id}"]`)?.focus();
}

function act(event: React.KeyboardEvent<HTMLElement>, task: Task | undefined, what: (task: Task) => void): void {
  if (!task) return;
  event.preventDefault();
  what(task);
}
