/** The choice of a merge, field by field, tried by the server before anything is stored; afterwards what came of it. */
import { Button, Checkbox, Skeleton } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Merged, useMerge, useMergeTrial } from "@/api/merge";
import type { RecordBody } from "@/api/types";
import { EmptyState } from "@/ui/EmptyState";
import { Panel } from "@/ui/Panel";
import { useIsNarrow } from "@/ui/useIsNarrow";
import { ProblemNotice } from "../ProblemNotice";
import { titleOf, useSession } from "../session";
import { allFrom, type Choices, choicesSent, linesOf } from "./choice";
import { MergedNotice } from "./MergedNotice";
import { MergeFields, MergeTable } from "./MergeLines";
import { movedTexts } from "./moved";
import { Survivors } from "./Survivors";

type MergeFormProps = {
  entityKey: string;
  records: RecordBody[];
  /** Whether every record that was asked for is there; else `missing` says so. */
  isComplete: boolean;
  missing: string;
};

export function MergeForm({ entityKey, records, isComplete, missing }: MergeFormProps) {
  const [merged, setMerged] = useState<Merged>();
  if (merged) return <MergedNotice entityKey={entityKey} merged={merged} />;
  if (!isComplete) return <EmptyState title={missing} />;
  return <Choosing entityKey={entityKey} records={records} onMerged={setMerged} />;
}

type ChoosingProps = { entityKey: string; records: RecordBody[]; onMerged: (merged: Merged) => void };

function Choosing({ entityKey, records, onMerged }: ChoosingProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const isNarrow = useIsNarrow();
  const entity = app.entities[entityKey]!;
  const [into, setInto] = useState(records[0]!.id);
  const [choices, setChoices] = useState<Choices>({});
  const [showsAll, setShowsAll] = useState(false);
  const from = records.map(({ id }) => id).filter((id) => id !== into);
  const trial = useMergeTrial(entityKey, into, from);
  const merge = useMerge(entityKey);
  const lines = trial.data ? linesOf(entity, records, trial.data, t) : [];
  const titles = Object.fromEntries(records.map((record) => [record.id, titleOf(entity, record)]));
  const version = records.find(({ id }) => id === into)?.version;
  const go = () => merge.mutate({ into, from, choose: choicesSent(lines, choices, into, from), version }, { onSuccess: onMerged });
  const moved = movedTexts(trial.data?.moved ?? {}, app, t);
  const Lines = isNarrow ? MergeFields : MergeTable;
  return (
    <form className="kz-sheet-form" onSubmit={(event) => { event.preventDefault(); go(); }}>
      <Panel title={t("merge.survivor")}>
        <Survivors entityKey={entityKey} records={records} into={into} onInto={setInto} onAllFrom={(id) => setChoices(allFrom(lines, id))} />
      </Panel>
      <Panel title={t("merge.fields")} extra={<Checkbox checked={showsAll} onChange={(event) => setShowsAll(event.target.checked)}>{t("merge.showAll")}</Checkbox>}>
        {trial.isError && <ProblemNotice problem={trial.error} onRetry={() => void trial.refetch()} />}
        {trial.isLoading && <Skeleton active />}
        {trial.data && trial.data.fields.length === 0 && <p>{t("merge.same")}</p>}
        <Lines lines={showsAll ? lines : lines.filter(({ differs }) => differs)} ids={records.map(({ id }) => id)} titles={titles} into={into} from={from} choices={choices}
          onChoose={(key, id) => setChoices({ ...choices, [key]: id })} />
      </Panel>
      {trial.data && (
        <Panel title={t("merge.moves")}>
          <p>{t("merge.movesHint", { title: titles[into] })}</p>
          {moved.length === 0 ? <p className="kz-quiet">{t("merge.movesNothing")}</p> : <ul className="kz-problems">{moved.map((text) => <li key={text}>{text}</li>)}</ul>}
        </Panel>
      )}
      {merge.isError && <ProblemNotice problem={merge.error} />}
      <div className="kz-actions">
        <Button type="primary" htmlType="submit" disabled={!trial.data} loading={merge.isPending}>{t("merge.do", { count: records.length })}</Button>
        <span className="kz-quiet">{t("merge.undoable")}</span>
      </div>
    </form>
  );
}
