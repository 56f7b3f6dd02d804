/** What publishing would do, its destructive steps confirmed by typing, the note, and the button. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Popconfirm } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { Panel } from "@/ui/Panel";
import { type Affected, type Destructive, discardDraft, type DraftItem, type Plan, planDraft, publishDraft } from "../api";
import { draftKeys, useDraftFiles } from "../draft/context";
import { TextField } from "../parts/fields";
import { problemText } from "../parts/problemText";
import { EvolutionList } from "./EvolutionList";

type PublishPanelProps = { items: readonly DraftItem[]; blocked: boolean; onJob: (job: string) => void };

export function PublishPanel({ items, blocked, onJob }: PublishPanelProps) {
  const { t } = useTranslation("builder");
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState<Record<string, string>>({});
  const plan = useQuery({ queryKey: [...draftKeys.plan, items.map((item) => `${item.path} ${item.etag}`)], queryFn: ({ signal }) => planDraft(signal), enabled: !blocked, retry: false });
  const { publish, discard } = useActs(() => setTyped({}), onJob);
  const refused = publish.error instanceof Problem ? publish.error : undefined;
  const destructive = plan.data?.destructive ?? (refused?.body["destructive"] as Destructive[] | undefined) ?? [];
  const confirmed = destructive.every((step) => typed[step.id]?.trim() === wordOf(step));
  return (
    <Panel title={t("publish.title")}>
      {blocked && <Alert type="warning" showIcon title={t("publish.blocked")} />}
      {plan.isError && <Alert type="error" showIcon title={problemText(plan.error, t)} action={<Button size="small" onClick={() => void plan.refetch()}>{t("common:retry")}</Button>} />}
      {plan.data && <PlanView plan={plan.data} />}
      <EvolutionList all={plan.data?.evolution ?? []} standing={plan.data?.standing} />
      {destructive.map((step) => (
        <div key={step.id} className="kzb-destructive">
          <p>{step.text}</p>
          <TextField label={t("publish.confirm", { word: wordOf(step) })} value={typed[step.id]} onChange={(text) => setTyped({ ...typed, [step.id]: text })} />
        </div>
      ))}
      <TextField label={t("publish.note")} placeholder={t("publish.noteHint")} value={note} onChange={setNote} />
      {publish.isError && <Alert type="error" showIcon title={problemText(publish.error, t)} />}
      <div className="kzb-adds">
        <Button type="primary" disabled={blocked || !confirmed} loading={publish.isPending} onClick={() => publish.mutate({ note, confirm: destructive.map((step) => step.id) })}>
          {t("publish.do")}
        </Button>
        <Popconfirm title={t("publish.discardSure", { count: items.length })} okText={t("publish.discard")} cancelText={t("cancel")} onConfirm={() => discard.mutate()}>
          <Button danger loading={discard.isPending}>
            {t("publish.discard")}
          </Button>
        </Popconfirm>
      </div>
    </Panel>
  );
}

/** Publishing sends what waits first; afterwards everything in this browser is read anew. */
function useActs(onDone: () => void, onJob: (job: string) => void) {
  const { t } = useTranslation("builder");
  const { message } = App.useApp();
  const files = useDraftFiles();
  const client = useQueryClient();
  const publish = useMutation({
    mutationFn: async (body: { note: string; confirm: string[] }) => {
      if (!(await files.flush())) throw new Problem(409, "draft.unsaved", "", t("publish.unsaved"));
      return publishDraft(body.confirm.length > 0 ? body : { note: body.note });
    },
    onSuccess: async (answer) => {
      onDone();
      if ("job" in answer) {
        onJob(answer.job);
        return;
      }
      message.success(t("publish.done", { number: answer.number }));
      await files.refresh();
      await client.invalidateQueries();
    },
    onError: () => client.invalidateQueries({ queryKey: draftKeys.check }),
  });
  const discard = useMutation({
    mutationFn: discardDraft,
    onSuccess: async () => {
      files.reset();
      onDone();
      await client.invalidateQueries();
    },
    onError: (problem) => message.error(problemText(problem, t)),
  });
  return { publish, discard };
}

function PlanView({ plan }: { plan: Plan }) {
  const { t } = useTranslation("builder");
  const lines = plan.changes.map((change) => change.text ?? [change.kind, change.path].filter(Boolean).join(" ")).filter((text) => text !== "");
  return (
    <>
      <p>{affectedText(plan.affected, t)}</p>
      {lines.length > 0 && (
        <ul className="kzb-plan">
          {lines.map((line, index) => (
            <li key={index}>{line}</li>
          ))}
        </ul>
      )}
    </>
  );
}

function affectedText(affected: Affected, t: (key: string, args?: Record<string, unknown>) => string): string {
  const references = Array.isArray(affected.references) ? affected.references.length : (affected.references ?? 0);
  return t("publish.affected", { records: affected.records ?? 0, runs: affected.runs ?? 0, references });
}

/** What must be typed: the last part of the step's name, such as the field that goes. */
function wordOf(step: Destructive): string {
  return step.id.split(/[/.:]/).at(-1) ?? step.id;
}
