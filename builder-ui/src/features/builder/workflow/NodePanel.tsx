/** The settings of one node, as its type has them. */
import { DeleteOutlined, DragOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { useTranslation } from "react-i18next";
import type { Json } from "@/definition/json";
import { toPointer } from "@/definition/json";
import { slotsOf, targetOf, type WorkflowDef, type WorkflowNode } from "@/definition/workflow";
import { connect, setNodeKey } from "@/definition/workflowEdit";
import { useDiagnosticsAt, useRun } from "../draft/context";
import { SelectField, TextField } from "../parts/fields";
import { BranchesEditor } from "./BranchesEditor";
import { CreateSettings, EndSettings, MessageSettings, UpdateSettings, WaitSettings } from "./EffectSettings";
import { PeopleSettings } from "./PeopleSettings";
import { titleText } from "./texts";
import { useNames } from "./useNames";

export type NodeSettingsProps = {
  workflow: WorkflowDef;
  nodeKey: string;
  node: WorkflowNode;
  path: string;
  set: (name: keyof WorkflowNode, value: Json | undefined) => void;
};

type NodePanelProps = Omit<NodeSettingsProps, "set"> & { onRemove?: () => void; onMove?: () => void };

export function NodePanel({ onRemove, onMove, ...props }: NodePanelProps) {
  const { t } = useTranslation("builder");
  const { workflow, nodeKey, node, path } = props;
  const run = useRun(path);
  const problems = useDiagnosticsAt(path, toPointer(["nodes", nodeKey]));
  const set: NodeSettingsProps["set"] = (name, value) => run(setNodeKey(workflow, nodeKey, name, value));
  return (
    <div className="kzb-form">
      <p className="kz-quiet">
        {t(`node.${node.type}`)} · <code>{nodeKey}</code>
      </p>
      <TextField label={t("field.title")} value={node.title} onChange={(title) => set("title", title || undefined)} problems={problems} help={node.type === "task" || node.type === "approval" ? t("workflow.titleHelp", { sample: "{{ record.name }}" }) : undefined} />
      <Settings {...props} set={set} />
      <Ways workflow={workflow} nodeKey={nodeKey} node={node} path={path} />
      <div className="kzb-adds">
        {onMove && (
          <Button icon={<DragOutlined aria-hidden />} onClick={onMove}>
            {t("workflow.move")}
          </Button>
        )}
        <Button danger icon={<DeleteOutlined aria-hidden />} disabled={!onRemove} onClick={onRemove}>
          {t("workflow.remove")}
        </Button>
      </div>
    </div>
  );
}

function Settings(props: NodeSettingsProps) {
  switch (props.node.type) {
    case "task":
    case "approval":
      return <PeopleSettings {...props} />;
    case "decision":
      return <BranchesEditor {...props} />;
    case "update":
      return <UpdateSettings {...props} />;
    case "create":
      return <CreateSettings {...props} />;
    case "message":
      return <MessageSettings {...props} />;
    case "wait":
      return <WaitSettings {...props} />;
    case "end":
      return <EndSettings {...props} />;
    default:
      return null;
  }
}

/** Where the node leads; an approval also where a rejection leads. */
function Ways({ workflow, nodeKey, node, path }: Omit<NodeSettingsProps, "set">) {
  const { t } = useTranslation("builder");
  const names = useNames(workflow.entity);
  const run = useRun(path);
  const nodes = Object.entries(workflow.nodes)
    .filter(([key]) => key !== nodeKey)
    .map(([value, each]) => ({ value, label: each.title ? titleText(each.title, names) : t(`node.${each.type}`) }));
  const slots = slotsOf(nodeKey, node).filter((slot) => slot.at === "next" || slot.at === "default");
  const setReject = (to: string | undefined) => run(to === undefined ? setNodeKey(workflow, nodeKey, "on_reject", undefined) : connect(workflow, { node: nodeKey, at: "on_reject" }, to));
  return (
    <>
      {slots.map((slot) => (
        <SelectField key={String(slot.at)} label={t(`workflow.${String(slot.at)}`)} value={targetOf(workflow, slot)} options={nodes} onChange={(to) => to !== undefined && run(connect(workflow, slot, to))} />
      ))}
      {node.type === "approval" && <SelectField label={t("workflow.on_reject")} help={t("workflow.onRejectHelp")} clearable value={node.on_reject} options={nodes} onChange={setReject} />}
    </>
  );
}
