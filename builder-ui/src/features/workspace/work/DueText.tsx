/** When a task is due, in red once that is past. */
import { useTranslation } from "react-i18next";
import type { Task } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useSession } from "../session";

type DueTextProps = { task: Pick<Task, "due_at" | "overdue"> };

export function DueText({ task }: DueTextProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  if (!task.due_at) return null;
  return (
    <time dateTime={task.due_at} title={formatInstant(task.due_at, app.zone)} className={task.overdue ? "kz-overdue" : "kz-quiet"}>
      {t(task.overdue ? "task.overdue" : "task.due", { ago: formatAgo(task.due_at) })}
    </time>
  );
}
