/** Who set off the run that a decision is asked in, and when. */
import { useTranslation } from "react-i18next";
import { useRun } from "@/api/hooks";
import { formatInstant } from "@/lib/format";
import { useSession } from "../session";

export function AskedBy({ run: id }: { run: string }) {
  const { t } = useTranslation("workspace");
  const { app } = useSession();
  const run = useRun(id).data;
  if (!run) return null;
  return <span>{t("run.started", { name: run.initiator?.name ?? t("timeline.system"), at: formatInstant(run.started_at, app.zone) })}</span>;
}
