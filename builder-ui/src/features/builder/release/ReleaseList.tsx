/** The releases, newest first; any earlier one can be made live again as a new one. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { useApp } from "@/api/hooks";
import { formatInstant } from "@/lib/format";
import { Panel } from "@/ui/Panel";
import { fetchReleases, type Release, restoreRelease } from "../api";
import { draftKeys, useDraftFiles } from "../draft/context";
import { usePeople } from "./usePeople";

export function ReleaseList() {
  const { t } = useTranslation("builder");
  const app = useApp().data;
  const { data } = useQuery({ queryKey: draftKeys.releases, queryFn: ({ signal }) => fetchReleases(signal) });
  const releases = (data ?? []).toSorted((a, b) => b.number - a.number);
  return (
    <Panel title={t("releases.title")}>
      <ol className="kzb-releases">
        {releases.map((release) => (
          <Row key={release.number} release={release} live={release.number === app?.release} zone={app?.zone ?? "UTC"} />
        ))}
      </ol>
    </Panel>
  );
}

function Row({ release, live, zone }: { release: Release; live: boolean; zone: string }) {
  const { t } = useTranslation("builder");
  const { message } = App.useApp();
  const files = useDraftFiles();
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: () => restoreRelease(release.number),
    onSuccess: async ({ number }) => {
      message.success(t("publish.done", { number }));
      files.reset();
      await client.invalidateQueries();
    },
    onError: (problem) => message.error(problem.message),
  });
  const by = usePeople()(release.by);
  return (
    <li>
      <strong>#{release.number}</strong>
      <span>
        {release.note || t("releases.noNote")}
        <span className="kz-quiet"> {[formatInstant(release.at, zone), by].filter(Boolean).join(" · ")}</span>
      </span>
      {live ? (
        <span className="kzb-state" data-state="live">
          {t("releases.live")}
        </span>
      ) : (
        <Popconfirm title={t("releases.sure", { number: release.number })} description={t("releases.sureHelp")} okText={t("releases.restore")} cancelText={t("cancel")} onConfirm={() => restore.mutate()}>
          <Button size="small" loading={restore.isPending} aria-label={t("releases.restoreOf", { number: release.number })}>
            {t("releases.restore")}
          </Button>
        </Popconfirm>
      )}
    </li>
  );
}
