/** A batch that was done, with the way back: what was changed since stays as it is, and is named. */
import { Alert, Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type BatchAnswer, type BatchUndone, useUndoBatch } from "@/api/batch";
import { newIdempotencyKey } from "@/api/client";
import { formatDecimal } from "@/lib/format";
import { useWords } from "../ProblemNotice";
import { paths } from "../paths";
import type { Outcome } from "./outcome";
import { Reasons } from "./Reasons";

/** `key` tells one act from the next; `batch` is absent where there is nothing to take back; `outcome` says what was refused. */
export type Done = { key: string; entityKey: string; act: "change" | "delete"; count: number; batch: string | undefined; outcome: Outcome; titles: ReadonlyMap<string, string> };

/** What was done, once the server has answered. */
export function doneOf(answer: BatchAnswer, about: Pick<Done, "entityKey" | "act" | "outcome" | "titles">): Done {
  return { ...about, key: newIdempotencyKey(), count: answer.committed, batch: answer.committed > 0 ? answer.batch : undefined };
}

type BatchNoticeProps = { done: Done; onClose: () => void };

export function BatchNotice({ done, onClose }: BatchNoticeProps) {
  const { t } = useTranslation("workspace");
  const undo = useUndoBatch();
  const wrong = useWords(undo.error);
  if (undo.data) return <Undone done={done} undone={undo.data} onClose={onClose} />;
  return (
    <Alert className="kz-notice" type={undo.isError ? "error" : done.outcome.bad > 0 ? "warning" : "success"} showIcon role="status" closable={{ onClose, "aria-label": t("batch.close") }}
      title={undo.isError ? wrong.title : t(`batch.done.${done.act}`, { count: done.count, shown: formatDecimal(done.count) })}
      description={undo.isError ? wrong.detail : done.outcome.bad > 0 && (
        <>
          {t("batch.left", { count: done.outcome.bad, shown: formatDecimal(done.outcome.bad) })}
          <Reasons outcome={done.outcome} titles={done.titles} />
        </>
      )}
      action={done.batch && <Button size="small" loading={undo.isPending} onClick={() => undo.mutate(done.batch!)}>{t("batch.undo")}</Button>} />
  );
}

/** At most so many records that stayed as they are get a link. */
const SHOWN = 20;

const CHANGED = "record.changed_since";

function Undone({ done, undone, onClose }: { done: Done; undone: BatchUndone; onClose: () => void }) {
  const { t } = useTranslation("workspace");
  const { skipped } = undone;
  const changed = skipped.filter(({ code }) => code === CHANGED);
  const others = skipped.filter(({ code }) => code !== CHANGED);
  return (
    <Alert className="kz-notice" type={skipped.length > 0 ? "warning" : "success"} showIcon role="status" closable={{ onClose, "aria-label": t("batch.close") }}
      title={t("batch.undone", { count: undone.undone, shown: formatDecimal(undone.undone) })}
      description={skipped.length > 0 && (
        <>
          <Skipped title="batch.skipped" records={changed} done={done} />
          <Skipped title="batch.notUndone" records={others} done={done} />
        </>
      )} />
  );
}

type SkippedProps = { title: string; records: BatchUndone["skipped"]; done: Done };

/** Records that stayed as they are for one reason; what went along with others may be of another entity. */
function Skipped({ title, records, done }: SkippedProps) {
  const { t } = useTranslation("workspace");
  if (records.length === 0) return null;
  return (
    <>
      {t(title, { count: records.length, shown: formatDecimal(records.length) })}
      <ul className="kz-problems">
        {records.slice(0, SHOWN).map(({ entity, id }) => <li key={id}><Link to={paths.record(entity || done.entityKey, id)}>{done.titles.get(id) ?? id.slice(0, 8)}</Link></li>)}
      </ul>
    </>
  );
}
