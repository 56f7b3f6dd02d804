/** The work of somebody who leaves: what there is, who takes it over, and how far it is. A chunk of its own. */
import { Alert, Button, Checkbox, Modal, Skeleton } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { isEnded, type Job, useJob } from "@/api/jobs";
import { type HandoverPreview, type Person, useHandOver, useHandoverPreview } from "@/api/people";
import { formatDecimal } from "@/lib/format";
import { ProblemNotice } from "../ProblemNotice";
import { Entry } from "./Entry";
import { bodyOf, type Choice, FIRST, totalOf } from "./handover";
import { PeopleSelect } from "./PeopleSelect";

type HandoverDialogProps = { person: Person; onClose: () => void };

export default function HandoverDialog({ person, onClose }: HandoverDialogProps) {
  const { t } = useTranslation("people");
  const preview = useHandoverPreview(person.id);
  const [choice, setChoice] = useState<Choice>(FIRST);
  const [leave, setLeave] = useState(true);
  const hand = useHandOver(person.id);
  const job = useJob(hand.data?.id);
  const begun = job.data ?? hand.data;
  const go = () => hand.mutate(bodyOf(choice, leave));
  const footer = begun
    ? <Button type="primary" onClick={onClose}>{t(isEnded(begun.state) ? "action.done" : "action.close")}</Button>
    : <><Button onClick={onClose}>{t("action.cancel")}</Button><Button type="primary" danger={leave} disabled={choice.to.length === 0 || !preview.data} loading={hand.isPending} onClick={go}>{t(leave ? "handover.goLeave" : "handover.go")}</Button></>;
  return (
    <Modal open title={t("handover.title", { name: person.name })} onCancel={onClose} footer={footer} mask={{ closable: false }}>
      <div className="kz-sheet-form">
        {preview.isLoading && <Skeleton active paragraph={{ rows: 4 }} />}
        {preview.isError && <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} />}
        {preview.data && !begun && <><Facts preview={preview.data} leave={leave} /><Heirs person={person} preview={preview.data} choice={choice} problem={hand.error} onChange={setChoice} />
          <Checkbox checked={leave} onChange={(event) => setLeave(event.target.checked)}>{t("handover.leave", { name: person.name })}</Checkbox></>}
        {hand.isError && <ProblemNotice problem={hand.error} />}
        {begun && <Progress job={begun} />}
      </div>
    </Modal>
  );
}

/** What there is to hand over, as sentences. */
function Facts({ preview, leave }: { preview: HandoverPreview; leave: boolean }) {
  const { t } = useTranslation("people");
  const { tasks, records, hidden, departments, teams, reports, assignments } = preview;
  const titles = (all: readonly { title: string }[]) => all.map(({ title }) => title).join(t("and"));
  const lines = [
    tasks > 0 && t("handover.tasks", { count: tasks, shown: formatDecimal(tasks) }),
    ...records.map(({ title, count }) => t("handover.records", { title, count, shown: formatDecimal(count) })),
    hidden > 0 && t("handover.hidden", { count: hidden, shown: formatDecimal(hidden) }),
    leave && departments.length > 0 && t("handover.departments", { titles: titles(departments) }),
    leave && teams.length > 0 && t("handover.teams", { titles: titles(teams) }),
    leave && reports > 0 && t("handover.reports", { count: reports }),
    leave && assignments.length > 0 && t("handover.assignments", { titles: [...new Set(assignments.map(({ title }) => title))].join(t("and")) }),
  ].filter((line) => line !== false);
  if (lines.length === 0) return <p>{t("handover.nothing")}</p>;
  return <ul className="kz-problems" aria-label={t("handover.what")}>{lines.map((line) => <li key={line}>{line}</li>)}</ul>;
}

type HeirsProps = { person: Person; preview: HandoverPreview; choice: Choice; problem: unknown; onChange: (choice: Choice) => void };

/** Who takes over: one or several for everything, and others for a kind of work where that is wanted. */
function Heirs({ person, preview, choice, problem, onChange }: HeirsProps) {
  const { t } = useTranslation("people");
  const [isDivided, setDivided] = useState(false);
  const id = useId();
  const divide = (on: boolean) => {
    setDivided(on);
    if (!on) onChange({ ...FIRST, to: choice.to });
  };
  return (
    <>
      <Entry name="to" label={t("handover.to")} help={t(choice.to.length > 1 ? "handover.turns" : "handover.toHelp")} problem={problem}>
        {({ id: field, ...input }) => <PeopleSelect id={field} {...input} isList value={choice.to} without={person.id} onChange={(to) => onChange({ ...choice, to })} />}
      </Entry>
      {totalOf(preview) > 0 && <Checkbox id={id} checked={isDivided} onChange={(event) => divide(event.target.checked)}>{t("handover.divide")}</Checkbox>}
      {isDivided && preview.tasks > 0 && (
        <Entry name="tasks" label={t("handover.tasksTo")} problem={problem}>
          {({ id: field, ...input }) => <PeopleSelect id={field} {...input} isList value={choice.tasks} without={person.id} onChange={(tasks) => onChange({ ...choice, tasks })} />}
        </Entry>
      )}
      {isDivided && preview.records.map(({ entity, title }) => (
        <Entry key={entity} name={`entities/${entity}`} label={t("handover.recordsTo", { title })} problem={problem}>
          {({ id: field, ...input }) => <PeopleSelect id={field} {...input} isList value={choice.entities[entity] ?? []} without={person.id} onChange={(people) => onChange({ ...choice, entities: { ...choice.entities, [entity]: people } })} />}
        </Entry>
      ))}
    </>
  );
}

/** How far it is; it goes on also where this is closed. */
function Progress({ job }: { job: Job }) {
  const { t } = useTranslation("people");
  const shown = formatDecimal(job.done);
  if (!isEnded(job.state)) {
    return <div className="kz-job"><progress aria-label={t("handover.progress")} max={job.total ?? undefined} value={job.done} /><span role="status">{t("handover.doneOf", { done: shown, total: formatDecimal(job.total ?? 0) })}</span><span className="kz-quiet">{t("handover.goesOn")}</span></div>;
  }
  const isWhole = job.state === "done" && job.errors === 0;
  const refused = job.result.refused ?? [];
  return (
    <>
      <Alert type={isWhole ? "success" : job.state === "failed" ? "error" : "warning"} showIcon role="status" title={t(`handover.ended.${job.state}`, { defaultValue: t("handover.ended.failed") })}
        description={job.result.failure?.message ?? t("handover.counts", { done: shown, errors: formatDecimal(job.errors) })} />
      {refused.length > 0 && <ul className="kz-problems">{refused.slice(0, 20).flatMap(({ row, problems }) => problems.map(({ value, message }, index) => <li key={`${row}.${index}`}>{[value, message].filter(Boolean).join(" · ")}</li>))}</ul>}
    </>
  );
}
