/** The name of a record, whose it is, and what may be done with it. */
import { DeleteOutlined, EditOutlined } from "@ant-design/icons";
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { useDeleteRecord } from "@/api/hooks";
import type { RecordBody } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useNames } from "@/renderer/context";
import { LinkButton } from "@/ui/LinkButton";
import { problemWords } from "../ProblemNotice";
import { paths } from "../paths";
import { titleOf, useSession } from "../session";

type RecordHeadProps = { entityKey: string; record: RecordBody; isEditing: boolean };

export function RecordHead({ entityKey, record, isEditing }: RecordHeadProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const names = useNames();
  const entity = app.entities[entityKey]!;
  return (
    <div className="kz-page-head">
      <div className="kz-record-name">
        <p className="kz-quiet"><Link to={paths.list(entityKey)}>{entity.title}</Link></p>
        <h1>{titleOf(entity, record)}</h1>
        <p className="kz-quiet">
          {record.owner && <span>{t("record.owner", { name: names[record.owner] ?? "" })}{" · "}</span>}
          <time dateTime={record.updated_at} title={formatInstant(record.updated_at, app.zone)}>{t("record.updated", { ago: formatAgo(record.updated_at) })}</time>
        </p>
      </div>
      <span className="kz-spring" />
      {entity.actions.update && !isEditing && (
        <LinkButton to={paths.edit(entityKey, record.id)} replace type="primary" icon={<EditOutlined aria-hidden />}>{t("action.edit")}</LinkButton>
      )}
      {entity.actions.delete && !isEditing && <DeleteButton entityKey={entityKey} record={record} />}
    </div>
  );
}

function DeleteButton({ entityKey, record }: { entityKey: string; record: RecordBody }) {
  const { t } = useTranslation("workspace");
  const { message } = App.useApp();
  const navigate = useNavigate();
  const remove = useDeleteRecord(entityKey);
  const confirm = () =>
    remove.mutateAsync({ id: record.id, version: record.version }).then(
      () => void navigate(paths.list(entityKey), { replace: true }),
      (problem: unknown) => {
        const words = problemWords(problem, t);
        void message.error([words.title, words.detail].filter(Boolean).join(" · "));
      },
    );
  return (
    <Popconfirm title={t("record.deleteAsk")} description={t("record.deleteHint")} okText={t("action.delete")} okButtonProps={{ danger: true }} onConfirm={confirm}>
      <Button icon={<DeleteOutlined aria-hidden />} danger>{t("action.delete")}</Button>
    </Popconfirm>
  );
}
