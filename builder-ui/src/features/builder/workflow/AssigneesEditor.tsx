/** Who is meant: people, roles, the superior or head of somebody, a field, whoever did an earlier node. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, InputNumber, Select } from "antd";
import { useTranslation } from "react-i18next";
import { useUsers } from "@/api/hooks";
import type { Assignee, WorkflowDef } from "@/definition/workflow";
import { useSubjects } from "../condition/useSubjects";
import { titleOf, useDefinitions } from "../draft/context";

type AssigneesEditorProps = {
  label: string;
  workflow: WorkflowDef;
  value: readonly Assignee[];
  onChange: (value: Assignee[]) => void;
  /** Whether fields of kind email are offered too, as for messages. */
  withEmail?: boolean;
};

const KINDS = ["field", "role", "person", "manager_of", "head_of", "node", "initiator"] as const;
type AssigneeKind = (typeof KINDS)[number];

export function AssigneesEditor({ label, workflow, value, onChange, withEmail = false }: AssigneesEditorProps) {
  const { t } = useTranslation("builder");
  const options = useTargets(workflow, withEmail);
  return (
    <fieldset className="kzb-fieldset">
      <legend>{label}</legend>
      <ul className="kzb-pairs">
        {value.map((assignee, index) => {
          const kind = kindOf(assignee);
          const put = (next: Assignee) => onChange(value.with(index, next));
          return (
            <li key={index}>
              <Select size="small" popupMatchSelectWidth={false} aria-label={t("assignee.kind", { number: index + 1 })} value={kind} options={KINDS.map((each) => ({ value: each, label: t(`assignee.${each}`) }))} onChange={(next) => put(fresh(next, options))} />
              {kind !== "initiator" && (
                <Select size="small" popupMatchSelectWidth={false} aria-label={t("assignee.whom", { number: index + 1 })} value={targetOf(assignee)} options={options[kind]} showSearch={{ optionFilterProp: "label" }} onChange={(whom: string) => put({ ...assignee, [kind]: whom } as Assignee)} />
              )}
              {"manager_of" in assignee && <InputNumber size="small" min={1} max={20} precision={0} aria-label={t("assignee.level")} value={assignee.level ?? 1} onChange={(level) => put({ ...assignee, level: level ?? 1 })} />}
              {"role" in assignee && (
                <Select
                  size="small"
                  popupMatchSelectWidth={false}
                  aria-label={t("assignee.within")}
                  value={assignee.in ?? ""}
                  options={[
                    { value: "", label: t("assignee.everywhere") },
                    { value: "department", label: t("assignee.inDepartment") },
                  ]}
                  onChange={(within) => put(within === "" ? { role: assignee.role } : { role: assignee.role, in: "department" })}
                />
              )}
              <Button size="small" type="text" icon={<DeleteOutlined aria-hidden />} aria-label={t("remove", { what: t("assignee.number", { number: index + 1 }) })} onClick={() => onChange(value.toSpliced(index, 1))} />
            </li>
          );
        })}
      </ul>
      <Button size="small" type="dashed" icon={<PlusOutlined aria-hidden />} onClick={() => onChange([...value, { field: "owner" }])}>
        {t("assignee.add")}
      </Button>
    </fieldset>
  );
}

type Options = Record<AssigneeKind, { value: string; label: string }[]>;

function useTargets(workflow: WorkflowDef, withEmail: boolean): Options {
  const { t } = useTranslation("builder");
  const subjects = useSubjects(workflow.entity);
  const roles = useDefinitions("roles");
  const users = useUsers(true).data?.items ?? [];
  const kinds = withEmail ? ["person", "email"] : ["person"];
  const persons = subjects.filter((subject) => kinds.includes(subject.kind)).map(({ path, label }) => ({ value: path, label }));
  const seniors = [{ value: "initiator", label: t("assignee.initiator") }, ...persons];
  const nodes = Object.entries(workflow.nodes).filter(([, node]) => node.type === "task" || node.type === "approval");
  return {
    field: persons,
    role: Object.entries(roles).map(([value, role]) => ({ value, label: titleOf(role, value) })),
    person: users.map((user) => ({ value: user.login, label: user.name })),
    manager_of: seniors,
    head_of: seniors,
    node: nodes.map(([value, node]) => ({ value, label: node.title || value })),
    initiator: [],
  };
}

function kindOf(assignee: Assignee): AssigneeKind {
  return KINDS.find((kind) => kind in assignee) ?? "field";
}

function targetOf(assignee: Assignee): string | undefined {
  const target = (assignee as Record<string, unknown>)[kindOf(assignee)];
  return typeof target === "string" && target !== "" ? target : undefined;
}

function fresh(kind: AssigneeKind, options: Options): Assignee {
  if (kind === "initiator") return { initiator: true };
  const first = options[kind][0]?.value ?? "";
  return (kind === "manager_of" ? { manager_of: first, level: 1 } : { [kind]: first }) as Assignee;
}
