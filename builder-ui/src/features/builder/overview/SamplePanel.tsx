/** Sample data, as long as there is some: removed in one step, definitions stay. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/client";
import { keys } from "@/api/keys";
import { Panel } from "@/ui/Panel";
import { fetchSample, removeSample } from "../api";

export function SamplePanel() {
  const { t } = useTranslation("builder");
  const { message } = App.useApp();
  const client = useQueryClient();
  const sample = useQuery({ queryKey: keys.sample, queryFn: ({ signal }) => fetchSample(signal), retry: false });
  const removal = useMutation({
    mutationFn: removeSample,
    onSuccess: async ({ removed }) => {
      message.success(t("sample.removed", { count: removed }));
      await client.invalidateQueries();
    },
    onError: (problem) => message.error(problem instanceof Problem ? problem.detail || problem.title : String(problem)),
  });
  const records = sample.data?.records ?? 0;
  if (records === 0) return null;
  return (
    <Panel title={t("sample.title")}>
      <p>{t("sample.help", { count: records })}</p>
      <Popconfirm title={t("sample.sure", { count: records })} description={t("sample.sureHelp")} okText={t("sample.remove")} cancelText={t("cancel")} onConfirm={() => removal.mutate()}>
        <Button danger loading={removal.isPending}>
          {t("sample.remove")}
        </Button>
      </Popconfirm>
    </Panel>
  );
}
