/** Saving one form: refusals go to their fields, a conflict and a question for confirmation are handed back. */
import { App } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { newIdempotencyKey, Problem, type Violation } from "@/api/client";
import { useSaveForm } from "@/api/hooks";
import type { RecordBody } from "@/api/types";
import { ruleNamed } from "@/definition/duplicates";
import type { FormStore } from "@/renderer/form/store";
import { problemWords } from "../ProblemNotice";

export type SavingOptions = {
  entity: string;
  form: string;
  store: FormStore;
  onSaved: (saved: RecordBody) => void;
  /** Told when saving stopped because the record may be there already. */
  onDuplicates?: () => void;
};

export type Obstacle = { kind: "conflict"; stored: RecordBody } | { kind: "confirm"; questions: Violation[] };

export function useSaving({ entity, form, store, onSaved, onDuplicates }: SavingOptions) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const save = useSaveForm(entity);
  const [obstacle, setObstacle] = useState<Obstacle>();
  const key = useRef({ key: newIdempotencyKey(), body: "" });
  const record = store.setup.stored as RecordBody | undefined;
  const submit = async (more: { confirm?: string[]; version?: number } = {}) => {
    const confirm = more.confirm ?? [];
    const faults = store.check();
    if (faults.length > 0) {
      setObstacle(undefined);
      show(faults);
      return;
    }
    const saving = { form, record: record?.id, version: more.version ?? record?.version, values: store.changes(), confirm };
    try {
      const saved = await save.mutateAsync({ ...saving, key: keyFor(key.current, saving) });
      for (const warning of saved?.warnings ?? []) void message.warning(warning.message, 6);
      onSaved(saved);
    } catch (problem) {
      setObstacle(obstacleOf(problem));
      if (problem instanceof Problem && problem.violations.some(({ rule }) => ruleNamed(rule) !== undefined)) onDuplicates?.();
      refuse(problem);
    }
  };
  const show = (violations: readonly Violation[]) => {
    store.refuse(violations);
    window.scrollTo({ top: 0, behavior: "smooth" });
  };
  const refuse = (problem: unknown) => {
    if (obstacleOf(problem)) {
      window.scrollTo({ top: 0, behavior: "smooth" });
      return;
    }
    if (problem instanceof Problem && problem.status === 422 && problem.violations.length > 0) {
      show(problem.violations);
      return;
    }
    const words = problemWords(problem, t);
    void message.error([words.title, words.detail].filter(Boolean).join(" · "), 6);
  };
  return { submit, isSaving: save.isPending, obstacle, dismiss: () => setObstacle(undefined) };
}

/** A retry of the very same act carries the same key, a changed one a new key. */
function keyFor(held: { key: string; body: string }, saving: unknown): string {
  const body = JSON.stringify(saving);
  if (held.body !== "" && held.body !== body) held.key = newIdempotencyKey();
  held.body = body;
  return held.key;
}

function obstacleOf(problem: unknown): Obstacle | undefined {
  const questions = questionsOf(problem);
  if (questions) return { kind: "confirm", questions };
  if (!(problem instanceof Problem) || problem.status !== 412 || !problem.body["stored"]) return undefined;
  return { kind: "conflict", stored: problem.body["stored"] as RecordBody };
}

/** What rules want confirmed, if that is all that stands in the way. */
export function questionsOf(problem: unknown): Violation[] | undefined {
  if (!(problem instanceof Problem) || problem.status !== 422 || problem.violations.length === 0) return undefined;
  return problem.violations.every((violation) => violation.code === "rule.confirm") ? problem.violations : undefined;
}
