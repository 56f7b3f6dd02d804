/** How a workflow behaves where its nodes do not say. */
import { useTranslation } from "react-i18next";
import { setAt } from "@/definition/entity";
import type { Json } from "@/definition/json";
import type { WorkflowDef } from "@/definition/workflow";
import { useRun } from "../draft/context";
import { SelectField, SwitchField } from "../parts/fields";

export function WorkflowSettings({ workflow, path }: { workflow: WorkflowDef; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const settings = workflow.settings ?? {};
  if (!Object.values(workflow.nodes).some((node) => node.type === "approval")) return null;
  const set = (name: string, value: Json | undefined) => {
    const { [name]: _, ...others } = settings;
    const next = value === undefined ? others : { ...settings, [name]: value };
    run(setAt(workflow as unknown as Json, ["settings"], Object.keys(next).length > 0 ? next : undefined, { text: "command.workflowSettings" }));
  };
  return (
    <>
      <div className="kzb-columns">
        <SelectField
          label={t("setting.withdraw")}
          value={String(settings["withdraw"] ?? "before_first_action")}
          options={["before_first_action", "any_time", "never"].map((value) => ({ value, label: t(`withdraw.${value}`) }))}
          onChange={(value) => set("withdraw", value)}
        />
        <SelectField
          label={t("setting.selfApproval")}
          value={String(settings["self_approval"] ?? "superior")}
          options={["superior", "allowed", "skip"].map((value) => ({ value, label: t(`selfApproval.${value}`) }))}
          onChange={(value) => set("self_approval", value)}
        />
      </div>
      <SwitchField label={t("setting.lock")} checked={settings["lock"] !== false} onChange={(on) => set("lock", on ? undefined : false)} />
    </>
  );
}
