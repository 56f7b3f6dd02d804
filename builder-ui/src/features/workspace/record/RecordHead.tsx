/** The name of a record, whose it is, and what may be done with it. */
import { DeleteOutlined, EditOutlined, MergeOutlined, SafetyOutlined, ShareAltOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { RecordBody } from "@/api/types";
import { formatAgo, formatInstant } from "@/lib/format";
import { useNames } from "@/renderer/context";
import { LinkButton } from "@/ui/LinkButton";
import { paths } from "../paths";
import { titleOf, useSession } from "../session";

const AccessDialog = lazy(() => import("./AccessDialog"));
const ShareDialog = lazy(() => import("./ShareDialog"));
const DeleteRecordDialog = lazy(() => import("./DeleteRecordDialog"));
const MergeIntoDialog = lazy(() => import("../merge/MergeIntoDialog"));

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
      {!isEditing && <Acts entityKey={entityKey} record={record} />}
    </div>
  );
}

type Asked = "delete" | "merge" | "share" | "why";

/** What is seldom done; its dialogs are chunks. */
function Acts({ entityKey, record }: { entityKey: string; record: RecordBody }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const { actions } = app.entities[entityKey]!;
  const [asked, setAsked] = useState<Asked>();
  const close = () => setAsked(undefined);
  return (
    <>
      {actions.share && <Button icon={<ShareAltOutlined aria-hidden />} onClick={() => setAsked("share")}>{t("share.button")}</Button>}
      <Button icon={<SafetyOutlined aria-hidden />} onClick={() => setAsked("why")}>{t("why.button")}</Button>
      {actions.merge && <Button icon={<MergeOutlined aria-hidden />} onClick={() => setAsked("merge")}>{t("merge.into")}</Button>}
      {actions.delete && <Button icon={<DeleteOutlined aria-hidden />} danger onClick={() => setAsked("delete")}>{t("action.delete")}</Button>}
      <Suspense>
        {asked === "share" && <ShareDialog entityKey={entityKey} id={record.id} onClose={close} />}
        {asked === "why" && <AccessDialog entityKey={entityKey} id={record.id} onClose={close} />}
        {asked === "delete" && <DeleteRecordDialog entityKey={entityKey} record={record} onClose={close} />}
        {asked === "merge" && <MergeIntoDialog entityKey={entityKey} id={record.id} onClose={close} />}
      </Suspense>
    </>
  );
}
