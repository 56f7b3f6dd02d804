/** Tasks and approvals: who, how their votes count, until when, what may be filled in, how it can end. */
import { Button, InputNumber, Select, Space } from "antd";
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { useTranslation } from "react-i18next";
import type { Json } from "@/definition/json";
import { proposeKey } from "@/definition/keys";
import { parseDuration } from "@/definition/time";
import type { Due, FieldRight, Outcome } from "@/definition/workflow";
import { titleOf, useDefinitions, useEntities } from "../draft/context";
import { Field, PlainText, SelectField } from "../parts/fields";
import { AssigneesEditor } from "./AssigneesEditor";
import type { NodeSettingsProps } from "./NodePanel";

const POLICIES = ["any", "all", "sequential"] as const;
const ON_EMPTY = ["to_admin", "auto_pass", "to_manager_of_initiator", "block"] as const;

export function PeopleSettings(props: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const { workflow, node, set } = props;
  const forms = useDefinitions("forms");
  const own = Object.entries(forms).filter(([, form]) => (form as { entity?: string } | null)?.entity === workflow.entity);
  return (
    <>
      <AssigneesEditor label={t("workflow.assignees")} workflow={workflow} value={node.assignees ?? []} onChange={(value) => set("assignees", value as Json)} />
      {node.type === "approval" && <SelectField label={t("policy.title")} help={t(`policyHelp.${node.policy ?? "any"}`)} value={node.policy ?? "any"} options={POLICIES.map((value) => ({ value, label: t(`policy.${value}`) }))} onChange={(value) => set("policy", value)} />}
      <SelectField label={t("workflow.onEmpty")} value={node.on_empty ?? "to_admin"} options={ON_EMPTY.map((value) => ({ value, label: t(`onEmpty.${value}`) }))} onChange={(value) => set("on_empty", value === "to_admin" ? undefined : value)} />
      <DueSettings {...props} />
      {node.type === "task" && <SelectField label={t("one.forms")} clearable value={node.form} options={own.map(([value, form]) => ({ value, label: titleOf(form, value) }))} onChange={(value) => set("form", value)} />}
      <RightsSettings {...props} />
      {node.type === "task" && <OutcomesSettings {...props} />}
    </>
  );
}

const UNITS = ["h", "d", "w", "month"] as const;

function DueSettings({ node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const duration = parseDuration(node.due?.after);
  const put = (after: string | undefined) => set("due", after === undefined ? undefined : ({ ...node.due, after } as Due as unknown as Json));
  return (
    <Field label={t("workflow.due")}>
      {(id) => (
        <Space.Compact>
          <InputNumber id={id} min={1} precision={0} value={duration?.amount ?? null} placeholder={t("workflow.noDue")} onChange={(amount) => put(amount === null ? undefined : `${amount}${duration?.unit ?? "d"}`)} />
          <Select aria-label={t("condition.unit")} value={duration?.unit ?? "d"} disabled={!duration} options={UNITS.map((value) => ({ value, label: t(`unit.${value}`) }))} onChange={(unit) => put(`${duration?.amount ?? 1}${unit}`)} />
        </Space.Compact>
      )}
    </Field>
  );
}

const RIGHTS = ["read", "write", "required", "hidden"] as const;

/** Which fields of the record the assignee may fill in, must fill in, or does not see. */
function RightsSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const properties = useEntities()[workflow.entity]?.properties ?? {};
  const rights = Object.entries(node.fields ?? {});
  const free = Object.entries(properties).filter(([key]) => !Object.hasOwn(node.fields ?? {}, key));
  const put = (next: [string, FieldRight][]) => set("fields", next.length > 0 ? (Object.fromEntries(next) as Json) : undefined);
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("workflow.fields")}</legend>
      <ul className="kzb-pairs">
        {rights.map(([key, right], index) => (
          <li key={key}>
            <span>{properties[key]?.title ?? key}</span>
            <Select size="small" aria-label={t("workflow.rightOf", { field: properties[key]?.title ?? key })} value={right} options={RIGHTS.map((value) => ({ value, label: t(`right.${value}`) }))} onChange={(value) => put(rights.with(index, [key, value]))} />
            <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: properties[key]?.title ?? key })} onClick={() => put(rights.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      <Select size="small" aria-label={t("workflow.addField")} placeholder={t("workflow.addField")} value={null} options={free.map(([value, field]) => ({ value, label: field.title }))} showSearch={{ optionFilterProp: "label" }} onChange={(key: string) => put([...rights, [key, "write"]])} style={{ width: "100%" }} />
    </fieldset>
  );
}

/** The buttons that finish a task; one, "done", where none is named. */
function OutcomesSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const outcomes = Object.entries(node.outcomes ?? {});
  const nodes = Object.entries(workflow.nodes).map(([value, each]) => ({ value, label: each.title || value }));
  const put = (next: [string, Outcome][]) => set("outcomes", next.length > 0 ? (JSON.parse(JSON.stringify(Object.fromEntries(next))) as Json) : undefined);
  const add = () => put([...outcomes, [proposeKey("", "outcome", outcomes.map(([key]) => key)), { title: t("workflow.newOutcome") }]]);
  return (
    <fieldset className="kzb-fieldset">
      <legend>{t("workflow.outcomes")}</legend>
      <ul className="kzb-pairs">
        {outcomes.map(([key, outcome], index) => (
          <li key={key}>
            <PlainText size="small" ariaLabel={t("workflow.outcomeTitle", { number: index + 1 })} value={outcome.title} onChange={(title) => put(outcomes.with(index, [key, { ...outcome, title }]))} />
            <Select size="small" allowClear aria-label={t("workflow.outcomeNext", { number: index + 1 })} placeholder={t("workflow.next")} value={outcome.next} options={nodes} onChange={(next: string | undefined) => put(outcomes.with(index, [key, { ...outcome, next }]))} />
            <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: outcome.title })} onClick={() => put(outcomes.toSpliced(index, 1))} />
          </li>
        ))}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={add}>
        {t("workflow.addOutcome")}
      </Button>
    </fieldset>
  );
}
