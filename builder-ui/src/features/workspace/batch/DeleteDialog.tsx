/** Deleting one record or several: first what goes with them, what loses its link, and what stands against it. A chunk of its own. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Modal, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { type BatchAnswer, useSendBatch } from "@/api/batch";
import { type Deletion, PREVIEWED, previewDeletion, type Touched } from "@/api/deletion";
import { formatDecimal } from "@/lib/format";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";
import { type Done, doneOf } from "./BatchNotice";
import { outcomeOf } from "./outcome";
import { Reasons } from "./Reasons";

type DeleteDialogProps = {
  entityKey: string;
  /** Title by id. */
  records: ReadonlyMap<string, string>;
  onDone: (done: Done) => void;
  onClose: () => void;
};

export function DeleteDialog({ entityKey, records, onDone, onClose }: DeleteDialogProps) {
  const { t } = useTranslation("workspace");
  const ids = [...records.keys()];
  const preview = useDeletion(entityKey, ids);
  const send = useSendBatch(entityKey);
  const codes = (status: number) => t(`batch.code.${status}`, { defaultValue: t("batch.code.other") });
  const outcome = send.data && outcomeOf(send.data, ids, codes);
  const settle = (answer: BatchAnswer) => answer.committed > 0 && onDone(doneOf(answer, { entityKey, act: "delete", outcome: outcomeOf(answer, ids, codes), titles: records }));
  const go = () => send.mutate({ meant: { ids }, act: { remove: true }, dryRun: false, confirm: [] }, { onSuccess: settle });
  const isRefused = ids.length === 1 && preview.data?.allowed === false;
  return (
    <Modal open title={ids.length === 1 ? t("deletion.ask", { title: records.get(ids[0]!) }) : t("deletion.askMany", { count: ids.length })} okText={t("action.delete")} cancelText={t("action.cancel")}
      okButtonProps={{ danger: true, disabled: preview.isLoading || isRefused, loading: send.isPending }} onOk={go} onCancel={onClose}>
      <div className="kz-sheet-form">
        {preview.isLoading ? <Skeleton active paragraph={{ rows: 2 }} /> : <DeletionFacts deletion={preview.data} isOne={ids.length === 1} />}
        {preview.isError && <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} />}
        {ids.length > PREVIEWED && <p className="kz-quiet">{t("deletion.first", { count: PREVIEWED })}</p>}
        <p className="kz-quiet">{t("record.deleteHint")}</p>
        {send.isError && <ProblemNotice problem={send.error} />}
        {outcome && outcome.bad > 0 && <Alert type="error" showIcon role="alert" title={t("deletion.failed")} description={<Reasons outcome={outcome} titles={records} />} />}
      </div>
    </Modal>
  );
}

/** What would go with the records; asked anew each time, for it decides what somebody agrees to. */
export function useDeletion(entityKey: string, ids: string[]) {
  return useQuery({ queryKey: ["deletion", entityKey, ids], queryFn: ({ signal }) => previewDeletion(entityKey, ids, signal), staleTime: 0, gcTime: 0, retry: false });
}

/** The three things that can happen to what points at deleted records, each as sentences. */
export function DeletionFacts({ deletion, isOne }: { deletion: Deletion | undefined; isOne: boolean }) {
  const { t } = useTranslation("workspace");
  if (!deletion) return null;
  const { refused, cascaded, cleared, hidden, allowed } = deletion;
  return (
    <>
      {!allowed && (
        <Alert type="error" showIcon role="alert" title={t(isOne ? "deletion.refused" : "deletion.refusedSome")}
          description={<><TouchedList all={refused} />{hidden > 0 && t("deletion.hidden", { count: hidden, shown: formatDecimal(hidden) })}</>} />
      )}
      {cascaded.length > 0 && <Alert type="warning" showIcon title={t("deletion.cascaded")} description={<TouchedList all={cascaded} />} />}
      {cleared.length > 0 && <Alert type="info" showIcon title={t("deletion.cleared")} description={<TouchedList all={cleared} />} />}
      {allowed && cascaded.length + cleared.length === 0 && <p>{t("deletion.alone")}</p>}
    </>
  );
}

const TITLES = 5;

function TouchedList({ all }: { all: readonly Touched[] }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  return (
    <ul className="kz-problems">
      {all.map(({ entity, title, field, count, titles }) => {
        const model = app.entities[entity];
        const told = titles.slice(0, TITLES).join(t("value.and"));
        return (
          <li key={`${entity}.${field}`}>
            {t("deletion.line", { entity: model?.title ?? title ?? t("deletion.others"), field: model?.schema.properties[field]?.title ?? field, count, shown: formatDecimal(count) })}
            {told !== "" && <span className="kz-quiet"> {told}{count > TITLES ? "…" : ""}</span>}
          </li>
        );
      })}
    </ul>
  );
}
