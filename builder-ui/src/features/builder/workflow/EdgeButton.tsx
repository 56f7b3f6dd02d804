/** A line of the chart with its button: adds a node here, or sets down the one that is being moved. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { useTranslation } from "react-i18next";
import { NODE_TYPES, type NodeType } from "@/definition/workflow";
import type { Edge } from "@/definition/workflowEdit";
import type { Drawing } from "./Chart";
import { edgeText } from "./texts";

export function EdgeButton({ edge, chart }: { edge: Edge; chart: Drawing }) {
  const { t } = useTranslation("builder");
  const { workflow, moving, onAdd, onMoveHere } = chart;
  if (edge.slots.length === 0) return null;
  const where = edgeText(workflow, edge, chart.names, t);
  const isOwn = moving !== undefined && (edge.to === moving || edge.slots.some((slot) => slot.node === moving));
  return (
    <div className="kzb-edge">
      {moving === undefined ? (
        <Dropdown
          trigger={["click"]}
          menu={{ items: NODE_TYPES.map((type) => ({ key: type, label: t(`node.${type}`) })), onClick: ({ key }) => onAdd(edge, key as NodeType) }}
        >
          <Button size="small" shape="circle" icon={<PlusOutlined aria-hidden />} aria-haspopup="menu" aria-label={t("workflow.addAt", { where })} />
        </Dropdown>
      ) : (
        !isOwn && (
          <Button size="small" type="primary" aria-label={t("workflow.moveHereAt", { where })} onClick={() => onMoveHere(edge)}>
            {t("workflow.moveHere")}
          </Button>
        )
      )}
    </div>
  );
}
