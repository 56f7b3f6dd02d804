/** The templates to begin with, each installed in one step, with or without sample data. */
import { Button, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { type Template, useInstall, useTemplates } from "@/api/templates";
import { Panel } from "@/ui/Panel";
import { ProblemNotice } from "./ProblemNotice";

export function TemplateList() {
  const { t } = useTranslation("workspace");
  const templates = useTemplates();
  const install = useInstall();
  if (templates.isLoading) return <Skeleton active />;
  if (templates.isError) return <ProblemNotice problem={templates.error} onRetry={() => void templates.refetch()} />;
  return (
    <div className="kz-templates">
      {install.isError && <ProblemNotice problem={install.error} />}
      {(templates.data?.items ?? []).map((template) => (
        <Choice key={template.key} template={template} busy={install.isPending ? install.variables : undefined} onInstall={(sample) => install.mutate({ key: template.key, sample })} />
      ))}
      {install.isPending && <p role="status" className="kz-quiet">{t("template.patience")}</p>}
    </div>
  );
}

type ChoiceProps = { template: Template; busy: { key: string; sample: boolean } | undefined; onInstall: (sample: boolean) => void };

function Choice({ template, busy, onInstall }: ChoiceProps) {
  const { t } = useTranslation("workspace");
  const isBusy = (sample: boolean) => busy?.key === template.key && busy.sample === sample;
  return (
    <Panel title={template.title}>
      <p className="kz-quiet">{template.summary}</p>
      <div className="kz-actions">
        <Button type="primary" disabled={busy !== undefined} loading={isBusy(false)} onClick={() => onInstall(false)}>{t("template.install")}</Button>
        <Button disabled={busy !== undefined} loading={isBusy(true)} onClick={() => onInstall(true)}>{t("template.installSample")}</Button>
      </div>
    </Panel>
  );
}
