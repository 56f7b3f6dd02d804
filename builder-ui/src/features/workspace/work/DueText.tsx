/** When a task is due, in red once that is past; when it is over, how and when that was. */
import { useTranslation } from "react-i18next";
import type { Task } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useSession } from "../session";

type DueTextProps = { task: Pick<Task, "due_at" | "overdue" | "state" | "decided_at"> };

export function DueText({ task }: DueTextProps) {
  const { t } = useTranslation("workspace");
  if (task.decided_at) return <Moment at={task.decided_at}>{t(`task.state.${task.state}`, { defaultValue: task.state })} · {formatAgo(task.decided_at)}</Moment>;
  if (!task.due_at) return null;
  return <Moment at={task.due_at} isLate={task.overdue}>{t(task.overdue ? "task.overdue" : "task.due", { ago: formatAgo(task.due_at) })}</Moment>;
}

function Moment({ at, isLate = false, children }: { at: string; isLate?: boolean; children: React.ReactNode }) {
  const { app } = useSession();
  return <time dateTime={at} title={formatInstant(at, app.zone)} className={isLate ? "kz-overdue" : "kz-quiet"}>{children}</time>;
}
