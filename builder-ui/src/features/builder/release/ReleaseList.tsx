/** The releases, newest first; any earlier one can be made live again as a new one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useApp } from "@/api/hooks";
import { formatInstant } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { fetchReleases, type Release, restoreRelease } from "../api";
import { draftKeys, useDraftFiles } from "../draft/context";
import { problemText } from "../parts/problemText";
import { RestoreDialog } from "./RestoreDialog";
import { usePeople } from "./usePeople";

type ReleaseListProps = { onJob: (job: string) => void };

export function ReleaseList({ onJob }: ReleaseListProps) {
  const { t } = useTranslation("builder");
  const app = useApp().data;
  const { data, error } = useQuery({ queryKey: draftKeys.releases, queryFn: ({ signal }) => fetchReleases(signal) });
  const releases = (data ?? []).toSorted((a, b) => b.number - a.number);
  return (
    <Panel title={t("releases.title")}>
      {error && <Alert type="error" showIcon title={problemText(error, t)} />}
      <ol className="kzb-releases">
        {releases.map((release) => (
          <Row key={release.number} release={release} live={app?.release ?? 0} zone={app?.zone ?? "UTC"} onJob={onJob} />
        ))}
      </ol>
    </Panel>
  );
}

type RowProps = ReleaseListProps & { release: Release; live: number; zone: string };

function Row({ release, live, zone, onJob }: RowProps) {
  const { t } = useTranslation("builder");
  const { message } = App.useApp();
  const files = useDraftFiles();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const restore = useMutation({
    mutationFn: (confirm: string[]) => restoreRelease(release.number, confirm),
    onSuccess: async (answer) => {
      setAsking(false);
      if ("job" in answer) {
        onJob(answer.job);
        return;
      }
      message.success(t("publish.done", { number: answer.number }));
      files.reset();
      await client.invalidateQueries();
    },
    onError: (problem) => message.error(problemText(problem, t)),
  });
  const by = usePeople()(release.by);
  return (
    <li>
      <strong>#{release.number}</strong>
      <span>
        {release.note ? noteText(release.note, t) : t("releases.noNote")}
        <span className="kz-quiet"> {[formatInstant(release.at, zone), by].filter(Boolean).join(" · ")}</span>
      </span>
      {release.number === live ? (
        <span className="kzb-state" data-state="live">
          {t("releases.live")}
        </span>
      ) : (
        <Button size="small" loading={restore.isPending} aria-label={t("releases.restoreOf", { number: release.number })} onClick={() => setAsking(true)}>
          {t("releases.restore")}
        </Button>
      )}
      {isAsking && <RestoreDialog number={release.number} live={live} isPending={restore.isPending} onRestore={(confirm) => restore.mutate(confirm)} onClose={() => setAsking(false)} />}
    </li>
  );
}

/** Notes that the engine wrote are said in the language of the interface; those of people are theirs. */
function noteText(note: string, t: (key: string, args?: Record<string, unknown>) => string): string {
  const [, template, version] = /^install (\S+) (\S+)$/.exec(note) ?? [];
  if (template !== undefined) return t("releases.installed", { template, version });
  const [, number] = /^restore release (\d+)$/.exec(note) ?? [];
  return number === undefined ? note : t("releases.restored", { number });
}
