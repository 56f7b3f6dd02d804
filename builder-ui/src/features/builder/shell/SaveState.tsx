/** Says whether what was typed has arrived, and offers another try where it has not. */
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import { type FileName, pathOf } from "@/definition/files";
import { useDraftFiles, useOpenFiles } from "../draft/context";

export function SaveState({ active }: { active: FileName | null }) {
  const { t } = useTranslation("builder");
  const files = useDraftFiles();
  const open = [...useOpenFiles().values()];
  const here = open.find((file) => active && file.path === pathOf(active));
  const failed = open.find((file) => file.saving === "failed");
  const waiting = open.some((file) => file.saving === "pending" || file.saving === "saving");
  const state = failed ? "failed" : here?.saving === "conflict" ? "conflict" : waiting ? "saving" : "saved";
  return (
    <span className="kzb-save" role="status" data-state={state}>
      {t(`save.${state}`)}
      {failed && (
        <Button size="small" type="link" onClick={() => files.retry(failed.path)}>
          {t("save.retry")}
        </Button>
      )}
    </span>
  );
}
