/** The merges that went into a record, each with the way back; nothing where there was none. A chunk of its own. */
import { Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { type PastMerge, useMerges, useUndoMerge } from "@/api/merge";
import { formatAgo, formatInstant } from "@/lib/format";
import { useNames } from "@/renderer/context";
import { Panel } from "@/ui/Panel";
import { useSession } from "../session";
import { MergeProblem } from "./MergeProblem";

type MergesPanelProps = { entityKey: string; id: string };

export default function MergesPanel({ entityKey, id }: MergesPanelProps) {
  const { t } = useTranslation("workspace");
  const merges = useMerges(entityKey, id);
  // Whoever may not know of merges is not told that there could be some.
  if (!merges.data || merges.data.length === 0) return null;
  return (
    <Panel title={t("merge.past")}>
      <ul className="kz-plain">{merges.data.map((merge) => <li key={merge.id}><Past entityKey={entityKey} merge={merge} /></li>)}</ul>
    </Panel>
  );
}

function Past({ entityKey, merge }: { entityKey: string; merge: PastMerge }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const names = useNames();
  const undo = useUndoMerge();
  const who = typeof merge.by === "string" ? (names[merge.by] ?? "") : (merge.by?.name ?? t("timeline.system"));
  return (
    <>
      <p>{t("merge.pastLine", { who, what: merge.from.map(({ title }) => title).join(t("value.and")) })}</p>
      <p className="kz-quiet">
        <time dateTime={merge.at} title={formatInstant(merge.at, app.zone)}>{formatAgo(merge.at)}</time>
        {merge.undone ? ` · ${t("merge.wasUndone")}` : app.entities[entityKey]?.actions.merge && (
          <Popconfirm title={t("merge.undoAsk")} description={t("merge.undoHint")} okText={t("merge.undo")} onConfirm={() => undo.mutate(merge.id)}>
            <Button type="link" size="small" className="kz-undo" loading={undo.isPending}>{t("merge.undo")}</Button>
          </Popconfirm>
        )}
      </p>
      {undo.isError && <MergeProblem problem={undo.error} />}
    </>
  );
}
