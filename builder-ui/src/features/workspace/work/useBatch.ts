/** Picking several approvals and deciding them at once. */
import { App } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useTaskBatch } from "@/api/hooks";
import type { Task } from "@/api/types";
import { problemWords } from "../ProblemNotice";
import { isPlain } from "./decisions";

export function useBatch(tasks: Task[]) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const batch = useTaskBatch();
  const chosen = tasks.filter((task) => picked.has(task.id) && isPlain(task));
  const pick = (id: string) => {
    const next = new Set(picked);
    if (!next.delete(id)) next.add(id);
    setPicked(next);
  };
  const pickAll = (all: boolean) => setPicked(new Set(all ? tasks.filter(isPlain).slice(0, 100).map((task) => task.id) : []));
  const approve = () =>
    batch.mutate(chosen.map((task) => ({ task: task.id, do: "approve", revision: task.revision })), {
      onSuccess: ({ results }) => {
        const refused = results.filter((result) => result.status >= 300).length;
        const told = t("task.batchDone", { done: results.length - refused, refused });
        void (refused > 0 ? message.warning(told, 6) : message.success(told));
        setPicked(new Set());
      },
      onError: (problem) => void message.error(problemWords(problem, t).title),
    });
  return { picked, chosen, pick, pickAll, approve, isPending: batch.isPending };
}
