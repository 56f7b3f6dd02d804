/** The branches of a decision, tried in order: each with a name and a condition. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { Json } from "@/definition/json";
import type { Branch } from "@/definition/workflow";
import { addBranch, connect, moveBranch, removeBranch } from "@/definition/workflowEdit";
import { ConditionEditor, firstLeaf } from "../condition/ConditionEditor";
import { useSubjects } from "../condition/useSubjects";
import { useRun } from "../draft/context";
import { PlainText, SelectField } from "../parts/fields";
import type { NodeSettingsProps } from "./NodePanel";
import { titleText } from "./texts";
import { useNames } from "./useNames";

export function BranchesEditor({ workflow, nodeKey, node, path, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const subjects = useSubjects(workflow.entity);
  const names = useNames(workflow.entity);
  const branches = node.branches ?? [];
  const nodes = Object.entries(workflow.nodes)
    .filter(([key]) => key !== nodeKey)
    .map(([value, each]) => ({ value, label: each.title ? titleText(each.title, names) : t(`node.${each.type}`) }));
  const change = (index: number, part: Partial<Branch>) => {
    const old = branches[index];
    if (old) set("branches", JSON.parse(JSON.stringify(branches.with(index, { ...old, ...part }))) as Json);
  };
  return (
    <>
      <ol className="kzb-rows">
        {branches.map((branch, index) => {
          const what = t("workflow.branch", { number: index + 1 });
          return (
            <li key={index} aria-label={what}>
              <div className="kzb-row-then">
                <PlainText ariaLabel={t("workflow.branchTitle", { number: index + 1 })} placeholder={what} value={branch.title} onChange={(title) => change(index, { title: title || undefined })} />
                <span className="kzb-moves">
                  <Button size="small" type="text" icon={<ArrowUpOutlined aria-hidden />} disabled={index === 0} aria-label={t("moveUp", { what })} onClick={() => run(moveBranch(workflow, nodeKey, index, index - 1))} />
                  <Button size="small" type="text" icon={<ArrowDownOutlined aria-hidden />} disabled={index === branches.length - 1} aria-label={t("moveDown", { what })} onClick={() => run(moveBranch(workflow, nodeKey, index, index + 1))} />
                  <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} disabled={branches.length === 1} aria-label={t("remove", { what })} onClick={() => run(removeBranch(workflow, nodeKey, index))} />
                </span>
              </div>
              <ConditionEditor label={t("workflow.branchWhen", { number: index + 1 })} value={branch.when} subjects={subjects} onChange={(when) => change(index, { when: when ?? firstLeaf(subjects) })} />
              <SelectField label={t("workflow.next")} value={branch.next} options={nodes} onChange={(to) => to !== undefined && run(connect(workflow, { node: nodeKey, at: index }, to))} />
            </li>
          );
        })}
      </ol>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={() => run(addBranch(workflow, nodeKey, subjects[0]?.path ?? "name"))}>
        {t("workflow.addBranch")}
      </Button>
    </>
  );
}
