/** Deleting the record on the page: what goes with it is said first. A chunk of its own. */
import { Modal, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useDeleteRecord } from "@/api/hooks";
import type { RecordBody } from "@/api/types";
import { DeletionFacts, useDeletion } from "../batch/DeleteDialog";
import { paths } from "../paths";
import { ProblemNotice } from "../ProblemNotice";
import { titleOf, useSession } from "../session";

type DeleteRecordDialogProps = { entityKey: string; record: RecordBody; onClose: () => void };

export default function DeleteRecordDialog({ entityKey, record, onClose }: DeleteRecordDialogProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const navigate = useNavigate();
  const remove = useDeleteRecord(entityKey);
  const preview = useDeletion(entityKey, [record.id]);
  const isRefused = preview.data?.allowed === false;
  const go = () => remove.mutate({ id: record.id, version: record.version }, { onSuccess: () => void navigate(paths.list(entityKey), { replace: true }) });
  return (
    <Modal open title={t("deletion.ask", { title: titleOf(app.entities[entityKey], record) })} okText={t("action.delete")} cancelText={t("action.cancel")}
      okButtonProps={{ danger: true, disabled: preview.isLoading || isRefused, loading: remove.isPending }} onOk={go} onCancel={onClose}>
      <div className="kz-sheet-form">
        {preview.isLoading ? <Skeleton active paragraph={{ rows: 2 }} /> : <DeletionFacts deletion={preview.data} isOne />}
        {preview.isError && <ProblemNotice problem={preview.error} onRetry={() => void preview.refetch()} />}
        <p className="kz-quiet">{t("record.deleteHint")}</p>
        {remove.isError && <ProblemNotice problem={remove.error} />}
      </div>
    </Modal>
  );
}
