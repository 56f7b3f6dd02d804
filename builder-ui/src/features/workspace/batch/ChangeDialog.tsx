/** One field of many records: which, to what, tried before it is done. */
import { Alert, Button, Checkbox, Modal, Radio, Select } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { type BatchAnswer, type Meant, useSendBatch } from "@/api/batch";
import type { List, ListQuery } from "@/api/types";
import type { Fields } from "@/definition/schema";
import { formatDecimal } from "@/lib/format";
import { inputOf } from "@/renderer/inputs";
import { isEmpty } from "@/definition/compare";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";
import { type Done, doneOf } from "./BatchNotice";
import { changeable, type Outcome, outcomeOf } from "./outcome";
import { Reasons } from "./Reasons";

type ChangeDialogProps = {
  entityKey: string;
  picked: ReadonlyMap<string, string>;
  query: ListQuery;
  count: List<unknown>["count"] | undefined;
  onDone: (done: Done) => void;
  onClose: () => void;
};

type Scope = "picked" | "all";

export function ChangeDialog({ entityKey, picked, query, count, onDone, onClose }: ChangeDialogProps) {
  const { t } = useTranslation("workspace");
  const [scope, setScope] = useState<Scope>("picked");
  const [change, setChange] = useState<Fields>();
  const [confirm, setConfirm] = useState<string[]>([]);
  const send = useSendBatch(entityKey);
  const [tried, setTried] = useState<Outcome>();
  const [isStale, setStale] = useState(false);
  const meant: Meant = scope === "all" ? { where: query.where ?? { all: [] } } : { ids: [...picked.keys()] };
  const settle = (answer: BatchAnswer, dryRun: boolean) => {
    const outcome = outcomeOf(answer, "ids" in meant ? meant.ids : [], (status) => t(`batch.code.${status}`, { defaultValue: t("batch.code.other") }));
    setTried(outcome);
    setStale(false);
    if (!dryRun && answer.committed > 0) onDone(doneOf(answer, { entityKey, act: "change", outcome, titles: picked }));
  };
  const go = (dryRun: boolean) => change && send.mutate({ meant, act: { change }, dryRun, confirm }, { onSuccess: (answer) => settle(answer, dryRun) });
  const begin = (act: () => void) => {
    send.reset();
    setTried(undefined);
    setConfirm([]);
    act();
  };
  const isReady = tried !== undefined && !isStale && tried.good.length > 0 && (scope === "picked" || tried.bad === 0);
  // Found words are no condition, so that only a list without them can be changed as a whole.
  const mayAll = !query.q && (count?.value ?? 0) > picked.size;
  return (
    <Modal open title={t("batch.change")} onCancel={onClose} footer={[
      <Button key="close" onClick={onClose}>{t("action.cancel")}</Button>,
      isReady
        ? <Button key="go" type="primary" loading={send.isPending} onClick={() => go(false)}>{t("batch.goChange", { count: tried.good.length, shown: formatDecimal(tried.good.length) })}</Button>
        : <Button key="try" type="primary" disabled={!change} loading={send.isPending} onClick={() => go(true)}>{t(isStale ? "batch.tryAgain" : "batch.try")}</Button>,
    ]}>
      <div className="kz-sheet-form">
        {mayAll && (
          <Radio.Group aria-label={t("batch.scope")} value={scope} onChange={(event) => begin(() => setScope(event.target.value as Scope))}
            options={[{ value: "picked", label: t("batch.picked", { count: picked.size }) }, { value: "all", label: t(count?.kind === "capped" ? "batch.allMore" : "batch.all", { shown: formatDecimal(count?.value ?? 0) }) }]} />
        )}
        <ChangeFields entityKey={entityKey} onChange={(next) => begin(() => setChange(next))} />
        {send.isError && <ProblemNotice problem={send.error} />}
        {tried && <Tried outcome={tried} isAll={scope === "all"} confirm={confirm} onConfirm={(rules) => { setConfirm(rules); setStale(true); }} />}
      </div>
    </Modal>
  );
}

/** The field and its value, entered as on a form; or that it is emptied. */
function ChangeFields({ entityKey, onChange }: { entityKey: string; onChange: (change: Fields | undefined) => void }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const id = useId();
  const entity = app.entities[entityKey]!;
  const fields = changeable(entity);
  const [key, setKey] = useState<string>();
  const [value, setValue] = useState<unknown>();
  const [isCleared, setCleared] = useState(false);
  const field = key === undefined ? undefined : entity.schema.properties[key];
  const Input = field && inputOf(field["x-kind"]);
  const tell = (next: string | undefined, given: unknown, clears: boolean) => {
    setKey(next);
    setValue(given);
    setCleared(clears);
    onChange(next === undefined || (!clears && isEmpty(given)) ? undefined : { [next]: clears ? null : (given as Fields[string]) });
  };
  return (
    <>
      <div className="kz-field">
        <label htmlFor={`${id}key`}>{t("batch.field")}</label>
        <Select id={`${id}key`} value={key} placeholder={t("input.choose")} showSearch={{ optionFilterProp: "label" }} options={fields.map(([name, each]) => ({ value: name, label: each.title ?? name }))} onChange={(next: string) => tell(next, undefined, false)} />
      </div>
      {field && key !== undefined && Input && !isCleared && (
        <div className="kz-field">
          <label htmlFor={`${id}value`}>{t("batch.value")}</label>
          <Input key={key} id={`${id}value`} name={key} field={field} value={value} onChange={(next) => tell(key, next, false)} required={false} invalid={false} describedBy={undefined} options={undefined} problems={[]} />
        </div>
      )}
      {field && !entity.schema.required?.includes(key!) && <Checkbox checked={isCleared} onChange={(event) => tell(key, undefined, event.target.checked)}>{t("batch.empty")}</Checkbox>}
    </>
  );
}

type TriedProps = { outcome: Outcome; isAll: boolean; confirm: string[]; onConfirm: (rules: string[]) => void };

/** What would come of it: nothing is stored yet. */
function Tried({ outcome, isAll, confirm, onConfirm }: TriedProps) {
  const { t } = useTranslation("workspace");
  const questions = Object.entries(outcome.questions);
  const counts = { good: formatDecimal(outcome.good.length), bad: formatDecimal(outcome.bad) };
  return (
    <>
      <Alert type={outcome.bad > 0 ? "warning" : "info"} showIcon role="status" title={t("batch.tried", counts)} description={isAll && outcome.bad > 0 ? t("batch.allOrNone") : undefined} />
      {questions.length > 0 && (
        <fieldset className="kz-ways">
          <legend>{t("batch.confirm")}</legend>
          {questions.map(([rule, message]) => (
            <Checkbox key={rule} checked={confirm.includes(rule)} onChange={(event) => onConfirm(event.target.checked ? [...confirm, rule] : confirm.filter((one) => one !== rule))}>{message}</Checkbox>
          ))}
        </fieldset>
      )}
      <Reasons outcome={outcome} />
    </>
  );
}
