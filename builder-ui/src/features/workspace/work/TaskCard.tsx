/** One task to work: what is asked and by whom, the fields to fill in, what else is known, a comment, and the decision. */
import { App, Button, Input } from "antd";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Problem } from "@/api/client";
import { useRecord, useTaskAct } from "@/api/hooks";
import type { RecordBody, Task } from "@/api/types";
import { RenderingProvider } from "@/renderer/context";
import { FormView } from "@/renderer/form/FormView";
import { FormStore } from "@/renderer/form/store";
import { setupOf, taskForm } from "../form/setup";
import { paths } from "../paths";
import { problemWords } from "../ProblemNotice";
import { entityOf, useSession } from "../session";
import { AskedBy } from "./AskedBy";
import { DueText } from "./DueText";
import { questionsOf } from "../form/useSaving";
import { choicesOf, type Decision } from "./decisions";
import { TaskFacts } from "./TaskFacts";

/** What a key press in the list was meant for: the focus goes there, nothing is decided. */
export type Intent = { task: string; verb: "approve" | "reject" };

type TaskCardProps = { task: Task; onDone?: () => void; intent?: Intent };

export function TaskCard({ task, onDone, intent }: TaskCardProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const record = useRecord(task.entity, task.record.id, entityOf(app, task.entity) !== undefined);
  return (
    <div className="kz-task">
      <p className="kz-task-about">
        <Link to={paths.record(task.entity, task.record.id)}>{task.record.title ?? task.title}</Link>
        <span className="kz-quiet">{app.entities[task.entity]?.title}</span>
        {task.kind === "approval" && <AskedBy run={task.run} />}
        <DueText task={task} />
        <span className="kz-spring" />
        <Link to={paths.run(task.run)}>{t("task.chart")}</Link>
      </p>
      {!record.isLoading && (
        <RenderingProvider key={task.id} app={app} titles={record.data?.titles} linkTo={paths.record} record={{ entity: task.entity, id: task.record.id }}>
          <Work task={task} record={record.data?.record} onDone={onDone} intent={intent} />
        </RenderingProvider>
      )}
    </div>
  );
}

function Work({ task, record, onDone, intent }: TaskCardProps & { record: RecordBody | undefined }) {
  const { t } = useTranslation("workspace");
  const id = useId();
  const store = useTaskStore(task, record);
  const [comment, setComment] = useState("");
  const [lacksReason, setLacksReason] = useState(false);
  const { decide, isPending, pending } = useDecide(task, store, onDone);
  const opinion = useRef<HTMLTextAreaElement>(null);
  const main = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (intent?.verb === "approve") main.current?.focus();
    if (intent?.verb === "reject") opinion.current?.focus();
  }, [intent]);
  if (task.state !== "open") return <p className="kz-quiet">{t(`task.state.${task.state}`, { defaultValue: task.state })}{task.comment ? ` · ${t("task.commented", { comment: task.comment })}` : ""}</p>;
  const choose = (choice: Decision) => {
    const isUnexplained = choice.verb === "reject" && comment.trim() === "";
    setLacksReason(isUnexplained);
    if (isUnexplained) opinion.current?.focus();
    else decide(choice, comment);
  };
  return (
    <>
      {store && <FormView store={store} />}
      {record && task.kind === "approval" && <TaskFacts task={task} record={record} />}
      <div className="kz-field">
        <label htmlFor={id}>{t("task.comment")}{task.kind === "approval" && <span className="kz-quiet"> {t("task.commentHelp")}</span>}</label>
        <Input.TextArea id={id} ref={(area) => { opinion.current = area?.resizableTextArea?.textArea ?? null; }} className="kz-area" rows={3} value={comment}
          aria-invalid={lacksReason} aria-describedby={lacksReason ? `${id}-error` : undefined} status={lacksReason ? "error" : undefined}
          onChange={(event) => { setComment(event.target.value); setLacksReason(false); }} />
        {lacksReason && <p id={`${id}-error`} className="kz-error" role="alert">{t("task.reasonNeeded")}</p>}
      </div>
      <div className="kz-actions">
        {choicesOf(task).map((choice) => (
          <Button key={choice.key} ref={choice.look === "main" ? (main as never) : undefined} type={choice.look === "main" ? "primary" : "default"} danger={choice.look === "danger"} disabled={isPending}
            loading={isPending && pending === choice.key} onClick={() => choose(choice)}>
            {choice.title ?? t(`task.do.${choice.verb}`)}
          </Button>
        ))}
      </div>
    </>
  );
}

/** The task's fields as a form, if it has any and the record may be read. */
function useTaskStore(task: Task, record: RecordBody | undefined): FormStore | undefined {
  const session = useSession();
  return useMemo(() => {
    const form = record && taskForm(session, task.entity, task.form, task.fields ?? {});
    if (!record || !form) return undefined;
    return new FormStore({ ...setupOf(session, { entity: task.entity, record, task: task.fields ?? {} }), form });
  }, [task.id, record?.id]); // oxlint-disable-line react/exhaustive-deps -- what is typed outlives refetches
}

function useDecide(task: Task, store: FormStore | undefined, onDone: (() => void) | undefined) {
  const { t } = useTranslation("workspace");
  const { message, modal } = App.useApp();
  const act = useTaskAct();
  const [pending, setPending] = useState<string>();
  const refuse = (problem: unknown) => {
    if (store && problem instanceof Problem && problem.status === 422 && problem.violations.length > 0) {
      store.refuse(problem.violations);
      return;
    }
    const words = problemWords(problem, t);
    void message.error([words.title, words.detail].filter(Boolean).join(" · "), 6);
  };
  const decide = (decision: Decision, comment: string, confirm?: string[]) => {
    const faults = decision.verb === "reject" ? [] : (store?.check() ?? []);
    if (faults.length > 0) return store?.refuse(faults);
    setPending(decision.key);
    act.mutate({ id: task.id, verb: decision.verb, body: bodyOf(task, store, decision, comment), confirm }, {
      onSuccess: () => {
        void message.success(t(`task.told.${decision.verb}`));
        onDone?.();
      },
      onError: (problem) => {
        const questions = questionsOf(problem);
        if (!questions) return refuse(problem);
        modal.confirm({
          title: t("form.confirm"),
          content: questions.map((question) => question.message).join(" "),
          okText: t("form.saveAnyway"),
          onOk: () => decide(decision, comment, questions.flatMap((question) => question.rule ?? [])),
        });
      },
    });
  };
  return { decide, isPending: act.isPending, pending };
}

function bodyOf(task: Task, store: FormStore | undefined, decision: Decision, comment: string) {
  const fields = store?.changes() ?? {};
  return {
    comment: comment || undefined,
    fields: Object.keys(fields).length > 0 ? fields : undefined,
    outcome: decision.outcome,
    revision: task.revision,
  };
}
