/** Nodes that act by themselves: change or create a record, tell somebody, wait, end. */
import { Segmented } from "antd";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Json } from "@/definition/json";
import { titleOf, useDefinitions, useEntities } from "../draft/context";
import { SelectField, TextField } from "../parts/fields";
import { routeOf } from "../routes";
import { AssigneesEditor } from "./AssigneesEditor";
import type { NodeSettingsProps } from "./NodePanel";
import { SetEditor } from "./SetEditor";

export function UpdateSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  const relations = Object.entries(entities[workflow.entity]?.properties ?? {}).filter(([, field]) => field["x-kind"] === "relation");
  const target = node.of === undefined ? workflow.entity : entities[workflow.entity]?.properties[node.of]?.["x-relation"]?.entity;
  return (
    <>
      {relations.length > 0 && <SelectField label={t("workflow.of")} clearable help={t("workflow.ofHelp")} value={node.of} options={relations.map(([value, field]) => ({ value, label: field.title }))} onChange={(value) => set("of", value)} />}
      <SetEditor label={t("workflow.set")} entity={target ?? ""} record={workflow.entity} value={node.set ?? {}} onChange={(value) => set("set", value)} />
    </>
  );
}

export function CreateSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const entities = useEntities();
  return (
    <>
      <SelectField label={t("workflow.createEntity")} value={node.entity} options={Object.entries(entities).map(([value, each]) => ({ value, label: each.title }))} onChange={(value) => set("entity", value)} />
      <SetEditor label={t("workflow.set")} entity={node.entity ?? ""} record={workflow.entity} value={node.set ?? {}} onChange={(value) => set("set", value)} />
      <TextField label={t("workflow.as")} code help={t("workflow.asHelp")} value={node.as} onChange={(value) => set("as", value || undefined)} />
    </>
  );
}

export function MessageSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const messages = useDefinitions("messages");
  return (
    <>
      <SelectField label={t("one.messages")} value={node.message} options={Object.entries(messages).map(([value, message]) => ({ value, label: titleOf(message, value) }))} onChange={(value) => set("message", value ?? "")} />
      {node.message && Object.hasOwn(messages, node.message) && <Link to={routeOf({ folder: "messages", file: node.message })}>{t("workflow.openMessage")}</Link>}
      <AssigneesEditor label={t("workflow.to")} withEmail workflow={workflow} value={node.to ?? []} onChange={(value) => set("to", value as Json)} />
    </>
  );
}

export function WaitSettings({ workflow, node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  const dates = Object.entries(useEntities()[workflow.entity]?.properties ?? {}).filter(([, field]) => ["date", "datetime"].includes(field["x-kind"]));
  const mode = node.until === undefined ? "for" : "until";
  const choose = (next: string) => {
    if (next === mode) return;
    set(mode, undefined);
    if (next === "for") set("for", "1d");
    else set("until", { field: dates[0]?.[0] ?? "" });
  };
  return (
    <>
      <Segmented aria-label={t("workflow.waitMode")} value={mode} onChange={choose} options={(["for", "until"] as const).map((value) => ({ value, label: t(`wait.${value}`) }))} />
      {mode === "for" ? (
        <TextField label={t("wait.for")} help={t("wait.forHelp")} value={node.for} onChange={(value) => set("for", value)} />
      ) : (
        <SelectField label={t("wait.until")} value={node.until?.field} options={dates.map(([value, field]) => ({ value, label: field.title }))} onChange={(value) => set("until", { field: value ?? "" })} />
      )}
    </>
  );
}

export function EndSettings({ node, set }: NodeSettingsProps) {
  const { t } = useTranslation("builder");
  return <SelectField label={t("outcome.title")} clearable help={t("outcome.help")} value={node.outcome} options={(["done", "approved", "rejected"] as const).map((value) => ({ value, label: t(`outcome.${value}`) }))} onChange={(value) => set("outcome", value)} />;
}
