/** A workflow: what sets it off, the chart of its nodes, and the settings of the selected one. */
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { fromPointer, type Json } from "@/definition/json";
import { setAt } from "@/definition/entity";
import { newNode, type NodeType, type WorkflowDef } from "@/definition/workflow";
import { addNode, canMove, canRemove, type Edge, freeKey, moveNode, removeNode } from "@/definition/workflowEdit";
import { Panel } from "@/ui/Panel";
import { useEntities, useRun } from "../draft/context";
import type { OpenFile } from "../draft/draftFiles";
import { SelectField, TextField } from "../parts/fields";
import { SidePanel } from "../parts/SidePanel";
import { Chart } from "./Chart";
import { NodePanel } from "./NodePanel";
import { TriggerSettings } from "./TriggerSettings";
import { WorkflowSettings } from "./WorkflowSettings";

export function WorkflowDesigner({ file }: { file: OpenFile }) {
  const { t } = useTranslation("builder");
  const workflow = file.history.document as unknown as WorkflowDef;
  const run = useRun(file.path);
  const [search] = useSearchParams();
  const [selected, setSelected] = useState<string | undefined>(() => nodeAt(search.get("at")));
  const [moving, setMoving] = useState<string>();
  const firstField = Object.keys(useEntities()[workflow.entity]?.properties ?? {})[0] ?? "name";
  const add = (edge: Edge, type: NodeType) => {
    const key = freeKey(workflow, type);
    run(addNode(workflow, edge, key, newNode(type, t(`node.${type}`), { entity: workflow.entity, field: firstField })));
    setSelected(key);
  };
  const remove = (key: string) => {
    if (!canRemove(workflow, key)) return;
    run(removeNode(workflow, key));
    setSelected(undefined);
  };
  const moveTo = (edge: Edge) => {
    if (moving !== undefined) run(moveNode(workflow, moving, edge));
    setMoving(undefined);
  };
  const node = selected === undefined ? undefined : workflow.nodes[selected];
  return (
    <div className="kzb-split">
      <div className="kzb-split-main">
        <Panel title={t("workflow.settings")}>
          <Heading workflow={workflow} path={file.path} />
          <TriggerSettings workflow={workflow} path={file.path} />
          <WorkflowSettings workflow={workflow} path={file.path} />
        </Panel>
        <Panel title={t("workflow.chart")}>
          {moving !== undefined && <p role="status">{t("workflow.moveWhere", { what: workflow.nodes[moving]?.title ?? moving })}</p>}
          <Chart workflow={workflow} path={file.path} selected={selected} moving={moving} onSelect={setSelected} onAdd={add} onMoveHere={moveTo} onRemove={remove} />
        </Panel>
      </div>
      {node && selected !== undefined && (
        <SidePanel title={node.title || t(`node.${node.type}`)} onClose={() => setSelected(undefined)}>
          <NodePanel
            key={selected}
            workflow={workflow}
            nodeKey={selected}
            node={node}
            path={file.path}
            onRemove={canRemove(workflow, selected) ? () => remove(selected) : undefined}
            onMove={canMove(node) ? () => setMoving(selected) : undefined}
          />
        </SidePanel>
      )}
    </div>
  );
}

function Heading({ workflow, path }: { workflow: WorkflowDef; path: string }) {
  const { t } = useTranslation("builder");
  const run = useRun(path);
  const entities = useEntities();
  const set = (name: string, value: Json | undefined) => run(setAt(workflow as unknown as Json, [name], value, { text: "command.workflowSettings" }));
  return (
    <div className="kzb-columns">
      <TextField label={t("field.title")} value={workflow.title} onChange={(title) => set("title", title)} />
      <SelectField label={t("one.entities")} value={workflow.entity} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} onChange={(value) => set("entity", value)} />
    </div>
  );
}

/** The node that a pointer such as `/nodes/manager/title` lies in. */
function nodeAt(pointer: string | null): string | undefined {
  const [folder, key] = fromPointer(pointer ?? "");
  return folder === "nodes" ? key : undefined;
}
