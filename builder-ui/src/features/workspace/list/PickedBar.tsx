/** What can be done with the records that were picked, and what was done last with the way back. A chunk of its own. */
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { List, ListQuery } from "@/api/types";
import { LinkButton } from "@/ui/LinkButton";
import { BatchNotice, type Done } from "../batch/BatchNotice";
import { ChangeDialog } from "../batch/ChangeDialog";
import { DeleteDialog } from "../batch/DeleteDialog";
import { MOST_MERGED } from "../merge/choice";
import { paths } from "../paths";
import { useSession } from "../session";
import type { Picked } from "./usePicked";

type PickedBarProps = {
  entityKey: string;
  picked: Picked;
  /** What the list finds, for a change of all of it. */
  query: ListQuery;
  count: List<unknown>["count"] | undefined;
};

export default function PickedBar({ entityKey, picked, query, count }: PickedBarProps) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const { actions } = app.entities[entityKey]!;
  const [dialog, setDialog] = useState<"change" | "delete">();
  const [done, setDone] = useState<Done>();
  const ids = [...picked.titles.keys()];
  const finish = (next: Done) => {
    setDialog(undefined);
    setDone(next);
    picked.clear();
  };
  return (
    <>
      {done && <BatchNotice key={done.key} done={done} onClose={() => setDone(undefined)} />}
      {ids.length > 0 && (
        <div className="kz-picked" role="region" aria-label={t("batch.actions")}>
          <span role="status">{t("batch.picked", { count: ids.length })}</span>
          {actions.update && <Button onClick={() => setDialog("change")}>{t("batch.change")}</Button>}
          {actions.merge && ids.length >= 2 && ids.length <= MOST_MERGED && <LinkButton to={paths.merge(entityKey, ids)}>{t("merge.go")}</LinkButton>}
          {actions.delete && <Button danger onClick={() => setDialog("delete")}>{t("action.delete")}</Button>}
          <Button type="text" onClick={picked.clear}>{t("batch.clear")}</Button>
        </div>
      )}
      {dialog === "change" && <ChangeDialog entityKey={entityKey} picked={picked.titles} query={query} count={count} onDone={finish} onClose={() => setDialog(undefined)} />}
      {dialog === "delete" && <DeleteDialog entityKey={entityKey} records={picked.titles} onDone={finish} onClose={() => setDialog(undefined)} />}
    </>
  );
}
