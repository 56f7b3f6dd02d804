/** The chart: a tree in HTML and CSS, top down, with a button on every line. */
import { Fragment, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { NodeType, WorkflowDef, WorkflowNode } from "@/definition/workflow";
import { type BranchColumn, chartOf, type Item, type Sequence } from "@/definition/workflowChart";
import type { Edge } from "@/definition/workflowEdit";
import { useSubjects } from "../condition/useSubjects";
import { EdgeButton } from "./EdgeButton";
import { NodeCard } from "./NodeCard";
import { columnText, type Names, outcomesText, titleText, triggerText } from "./texts";
import { useNames } from "./useNames";

/** What every part of the chart needs: the chart's own properties and how things are called. */
export type Drawing = ChartProps & { names: Names };

type ChartProps = {
  workflow: WorkflowDef;
  path: string;
  selected: string | undefined;
  /** The node that waits for a new place. */
  moving: string | undefined;
  onSelect: (key: string) => void;
  onAdd: (edge: Edge, type: NodeType) => void;
  onMoveHere: (edge: Edge) => void;
  onRemove: (key: string) => void;
};

export function Chart(props: ChartProps) {
  const { t } = useTranslation("builder");
  const { workflow } = props;
  const subjects = useSubjects(workflow.entity);
  const names = useNames(workflow.entity);
  const frame = useStartInSight();
  useSelectedInSight(frame, props.selected);
  const drawing: Drawing = { ...props, names };
  const chart = chartOf(workflow);
  return (
    <div ref={frame} className="kzb-chart" role="group" aria-label={t("workflow.chart")} tabIndex={0}>
      <div className="kzb-tracks">
        <div className="kzb-track">
          <div className="kzb-start">{triggerText(workflow, subjects, names, t)}</div>
          <Track sequence={chart.main} chart={drawing} />
        </div>
        {chart.others.map(({ from, sequence }, index) => (
          <div className="kzb-track" key={index}>
            <div className="kzb-start" data-side>
              {from === null ? t("workflow.unreached") : t("workflow.rejectedAt", { what: titleText(workflow.nodes[from.node ?? ""]?.title ?? from.node ?? "", names) })}
            </div>
            <Track sequence={sequence} chart={drawing} />
          </div>
        ))}
      </div>
    </div>
  );
}

/** A chart wider than its frame opens with its start in the middle. */
function useStartInSight() {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const start = frame.current?.querySelector<HTMLElement>(".kzb-start");
    if (!frame.current || !start) return;
    const middle = start.getBoundingClientRect().left - frame.current.getBoundingClientRect().left + start.offsetWidth / 2;
    frame.current.scrollLeft += middle - frame.current.clientWidth / 2;
  }, []);
  return frame;
}

/** The side panel takes room from the chart: what it is about must stay in sight. */
function useSelectedInSight(frame: React.RefObject<HTMLDivElement | null>, selected: string | undefined) {
  useEffect(() => {
    if (selected === undefined) return;
    frame.current?.querySelector(".kzb-node[aria-pressed=true]")?.scrollIntoView?.({ block: "nearest", inline: "center" });
  }, [frame, selected]);
}

type TrackProps = { sequence: Sequence; chart: Drawing };

function Track({ sequence, chart }: TrackProps) {
  const { t } = useTranslation("builder");
  const { entry, items, tail } = sequence;
  const { workflow } = chart;
  return (
    <>
      <EdgeButton edge={entry} chart={chart} />
      {items.map((item) => (
        <Fragment key={item.key}>
          <Step item={item} chart={chart} />
          {item.below && <EdgeButton edge={item.below} chart={chart} />}
        </Fragment>
      ))}
      {tail.kind === "jump" && (
        <button type="button" className="kzb-jump" onClick={() => chart.onSelect(tail.to)}>
          {t("workflow.jump", { what: titleText(workflow.nodes[tail.to]?.title ?? tail.to, chart.names) })}
        </button>
      )}
      {tail.kind === "open" && <span className="kzb-jump" data-open>{t("workflow.open")}</span>}
    </>
  );
}

function Step({ item, chart }: { item: Item; chart: Drawing }) {
  const { t } = useTranslation("builder");
  const node = chart.workflow.nodes[item.key];
  if (!node) return null;
  const card = <NodeCard nodeKey={item.key} node={node} chart={chart} />;
  if (item.kind === "node") return <>{card}{node.outcomes && <OutcomesBelow node={node} />}</>;
  return (
    <>
      {card}
      <div className="kzb-branches" role="group" aria-label={t("workflow.branchesOf", { what: node.title ?? t("node.decision") })}>
        {item.branches.map((branch, index) => (
          <Column key={index} branch={branch} foot={footOf(item.branches, index)} nodeKey={item.key} chart={chart} />
        ))}
      </div>
    </>
  );
}

/** Where all outcomes lead the same way they stand on the line. */
function OutcomesBelow({ node }: { node: WorkflowNode }) {
  const text = outcomesText(node, Object.keys(node.outcomes ?? {}));
  return text === "" ? null : <><span className="kzb-line" aria-hidden /><span className="kzb-when">{text}</span></>;
}

/** The line under the columns runs from the first that goes on below the split to the last. */
function footOf(branches: readonly BranchColumn[], index: number): "left" | "right" | "through" | undefined {
  const joining = branches.flatMap((branch, at) => (branch.sequence.tail.kind === "join" ? [at] : []));
  const [first = -1, last = -1] = [joining[0], joining.at(-1)];
  if (first === last || index < first || index > last) return undefined;
  if (index === first) return "right";
  return index === last ? "left" : "through";
}

type ColumnProps = { branch: BranchColumn; foot: ReturnType<typeof footOf>; nodeKey: string; chart: Drawing };

function Column({ branch, foot, nodeKey, chart }: ColumnProps) {
  const { t } = useTranslation("builder");
  const subjects = useSubjects(chart.workflow.entity);
  const text = columnText(chart.workflow.nodes[nodeKey], branch.slots, subjects, t);
  return (
    <div className="kzb-branch">
      <button type="button" className="kzb-when" onClick={() => chart.onSelect(nodeKey)}>
        {text}
      </button>
      <Track sequence={branch.sequence} chart={chart} />
      {branch.sequence.tail.kind === "join" && <span className="kzb-line-fill" aria-hidden />}
      {foot && <span className="kzb-foot" data-foot={foot} aria-hidden />}
    </div>
  );
}
