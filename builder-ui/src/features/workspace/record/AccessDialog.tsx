/** Why somebody may do something with this record: for oneself, and for whoever makes roles also for others. A chunk of its own. */
import { Button, Modal, Select, Skeleton } from "antd";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useUsers } from "@/api/hooks";
import { useAccess } from "@/api/rights";
import { AccessList } from "@/renderer/access/AccessList";
import { ProblemNotice } from "../ProblemNotice";
import { useSession } from "../session";

type AccessDialogProps = { entityKey: string; id: string; onClose: () => void };

export default function AccessDialog({ entityKey, id, onClose }: AccessDialogProps) {
  const { t } = useTranslation("workspace");
  const { me } = useSession();
  const field = useId();
  const [person, setPerson] = useState(me.id);
  const mayAsk = me.may.includes("manage_roles");
  const users = useUsers(mayAsk).data?.items ?? [];
  const access = useAccess(entityKey, id, person);
  return (
    <Modal open title={t("why.title")} footer={<Button onClick={onClose}>{t("share.done")}</Button>} onCancel={onClose}>
      <div className="kz-sheet-form">
        {mayAsk && (
          <div className="kz-field">
            <label htmlFor={field}>{t("why.person")}</label>
            <Select id={field} value={person} options={users.map((user) => ({ value: user.id, label: user.name }))} showSearch={{ optionFilterProp: "label" }} onChange={setPerson} />
          </div>
        )}
        {access.isLoading && <Skeleton active paragraph={{ rows: 4 }} />}
        {access.isError && <ProblemNotice problem={access.error} onRetry={() => void access.refetch()} />}
        {access.data && <AccessList items={access.data} />}
      </div>
    </Modal>
  );
}
