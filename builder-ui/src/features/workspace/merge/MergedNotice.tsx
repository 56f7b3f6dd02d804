/** What came of a merge, with the way to the record and the way back. */
import { Alert, Button } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Merged, useUndoMerge } from "@/api/merge";
import { LinkButton } from "@/ui/LinkButton";
import { paths } from "../paths";
import { titleOf, useSession } from "../session";
import { MergeProblem } from "./MergeProblem";
import { movedTexts } from "./moved";

type MergedNoticeProps = { entityKey: string; merged: Merged };

export function MergedNotice({ entityKey, merged }: MergedNoticeProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const undo = useUndoMerge();
  const title = titleOf(app.entities[entityKey], merged.record);
  const moved = movedTexts(merged.moved, app, t);
  if (undo.data) {
    return (
      <Alert type="success" showIcon role="status" title={t("merge.undone", { count: undo.data.records.length })}
        description={<ul className="kz-problems">{undo.data.records.map((id, index) => <li key={id}><Link to={paths.record(entityKey, id)}>{t("merge.restored", { number: index + 1 })}</Link></li>)}</ul>} />
    );
  }
  return (
    <div className="kz-sheet-form">
      <Alert type="success" showIcon role="status" title={t("merge.merged", { title })} description={moved.length > 0 ? t("merge.movedOver", { what: moved.join(t("value.and")) }) : undefined} />
      {undo.isError && <MergeProblem problem={undo.error} />}
      <div className="kz-actions">
        <LinkButton type="primary" to={paths.record(entityKey, merged.record.id)}>{t("merge.toRecord")}</LinkButton>
        <Button loading={undo.isPending} onClick={() => undo.mutate(merged.merge)}>{t("merge.undo")}</Button>
      </div>
    </div>
  );
}
