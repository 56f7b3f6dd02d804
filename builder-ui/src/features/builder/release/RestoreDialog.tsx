/** What restoring an older release would change, shown before it is done; losing something is agreed to expressly. */
import { useQuery } from "@tanstack/react-query";
import { Alert, Checkbox, Modal, Skeleton } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fetchReleaseFiles, planRestore } from "../api";
import { draftKeys } from "../draft/context";
import { problemText } from "../parts/problemText";
import { EvolutionList } from "./EvolutionList";
import { type Loss, restorePlan } from "./restore";

type RestoreDialogProps = { number: number; live: number; isPending: boolean; onRestore: (confirm: string[]) => void; onClose: () => void };

export function RestoreDialog({ number, live, isPending, onRestore, onClose }: RestoreDialogProps) {
  const { t } = useTranslation("builder");
  const [agreed, setAgreed] = useState(false);
  const files = (release: number) => ({ queryKey: [...draftKeys.releases, release, "files"], queryFn: ({ signal }: { signal: AbortSignal }) => fetchReleaseFiles(release, signal), staleTime: Infinity });
  const [now, then] = [useQuery(files(live)), useQuery(files(number))];
  const values = useQuery({ queryKey: [...draftKeys.releases, number, "plan", live], queryFn: ({ signal }) => planRestore(number, signal), retry: false, staleTime: 0 });
  const problem = now.error ?? then.error ?? values.error;
  const plan = now.data && then.data && restorePlan(now.data, then.data);
  const evolution = values.data?.evolution ?? [];
  const isLossy = (plan?.losses.length ?? 0) > 0 || evolution.some(({ refused }) => refused > 0);
  const confirm = values.data?.destructive.map(({ id }) => id) ?? [];
  const isReady = plan !== undefined && values.isSuccess && (!isLossy || agreed);
  return (
    <Modal open title={t("releases.sure", { number })} okText={t("releases.restore")} cancelText={t("cancel")} okButtonProps={{ disabled: !isReady, danger: isLossy, loading: isPending }} onOk={() => onRestore(confirm)} onCancel={onClose}>
      <p>{t("releases.sureHelp")}</p>
      {problem && <Alert type="error" showIcon title={problemText(problem, t)} />}
      {(!plan || values.isLoading) && !problem && <Skeleton active />}
      {plan?.losses.length ? <Losses losses={plan.losses} /> : null}
      <EvolutionList all={evolution} />
      {plan?.changes.length === 0 && <p className="kz-quiet">{t("releases.same")}</p>}
      <ul className="kzb-plan" aria-label={t("releases.changes")}>
        {plan?.changes.map(({ path, state, title }) => (
          <li key={path}>
            <span className="kzb-state" data-state={state}>{t(`releases.state.${state}`)}</span> {title} {title !== path && <code>{path}</code>}
          </li>
        ))}
      </ul>
      {isLossy && <Checkbox checked={agreed} onChange={(event) => setAgreed(event.target.checked)}>{t("releases.agree")}</Checkbox>}
    </Modal>
  );
}

function Losses({ losses }: { losses: readonly Loss[] }) {
  const { t } = useTranslation("builder");
  return (
    <Alert
      type="warning"
      showIcon
      title={t("releases.losses")}
      description={<ul className="kzb-plan">{losses.map((loss, index) => <li key={index}>{t(`releases.loss.${loss.kind}`, { entity: loss.entity, field: loss.field })}</li>)}</ul>}
    />
  );
}
