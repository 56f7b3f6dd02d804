/** One node of the chart: its type, its title, who or what, and what is wrong with it. */
import { useTranslation } from "react-i18next";
import type { WorkflowNode } from "@/definition/workflow";
import { toPointer } from "@/definition/json";
import { useDiagnosticsAt } from "../draft/context";
import type { Drawing } from "./Chart";
import { nodeSummary, titleText } from "./texts";

type NodeCardProps = { nodeKey: string; node: WorkflowNode; chart: Drawing };

export function NodeCard({ nodeKey, node, chart }: NodeCardProps) {
  const { t } = useTranslation("builder");
  const problems = useDiagnosticsAt(chart.path, toPointer(["nodes", nodeKey]));
  const worst = problems.find((each) => each.severity === "error") ?? problems[0];
  const summary = nodeSummary(node, chart.names, t);
  return (
    <div className="kzb-node-wrap">
      <button
        type="button"
        className="kzb-node"
        data-type={node.type}
        data-severity={worst?.severity}
        aria-pressed={chart.selected === nodeKey}
        onClick={() => chart.onSelect(nodeKey)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing || event.key !== "Delete") return;
          chart.onRemove(nodeKey);
        }}
      >
        {node.title && <span className="kzb-node-type">{t(`node.${node.type}`)}</span>}
        <span className="kzb-node-title">{node.title ? titleText(node.title, chart.names) : t(`node.${node.type}`)}</span>
        {summary !== "" && <span className="kzb-node-sum">{summary}</span>}
        {node.on_reject !== undefined && <span className="kzb-node-sum">{t("workflow.onReject", { what: titleText(chart.workflow.nodes[node.on_reject]?.title ?? node.on_reject, chart.names) })}</span>}
      </button>
      {problems.map((each, index) => (
        <p key={index} className="kzb-problem" data-severity={each.severity}>
          {each.message}
        </p>
      ))}
    </div>
  );
}
