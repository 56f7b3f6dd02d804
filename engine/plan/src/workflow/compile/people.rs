//! Who works, who is told, and which fields they may touch meanwhile.

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::screen::{FormDef, LayoutElement, LayoutKind};
use kezhi_types::def::workflow::{AssigneeDef, NodeDef, OnEmpty, TaskFieldRight};
use kezhi_types::said;

use super::{Compiler, unknown};
use crate::suggest::did_you_mean;
use crate::workflow::plan::{Desk, DuePlan, Target};

type Rights = IndexMap<String, TaskFieldRight>;

/// Puts the deadline in its place.
pub(super) fn with_due(desk: Desk, due: Option<DuePlan>) -> Desk {
    Desk { due, ..desk }
}

impl Compiler<'_> {
    pub(super) fn desk(
        &mut self,
        (assignees, on_empty): (&[AssigneeDef], Option<OnEmpty>),
        fields: &Rights,
        form: Option<&str>,
        pointer: &str,
    ) -> Option<Desk> {
        if assignees.is_empty() {
            let help = said!(
                "请写角色、人员、字段、`{{\"manager_of\": \"initiator\"}}` 或 `{{\"initiator\": true}}`。",
                "Name a role, a person, a field, `{{\"manager_of\": \"initiator\"}}` or `{{\"initiator\": true}}`."
            );
            self.error(
                "workflow.nobody",
                format!("{pointer}/assignees"),
                said!("没有处理人", "nobody is asked here"),
                help,
            );
        }
        for (index, assignee) in assignees.iter().enumerate() {
            self.assignee(assignee, &format!("{pointer}/assignees/{index}"));
        }
        let fields = self.rights(fields, form, pointer)?;
        Some(Desk {
            assignees: assignees.to_vec(),
            on_empty: on_empty.unwrap_or_default(),
            fields,
            due: None,
        })
    }

    pub(super) fn targets(&mut self, to: &[AssigneeDef], pointer: &str) -> Option<Vec<Target>> {
        if to.is_empty() {
            let help = said!(
                "请写角色、人员，或者填人员或邮箱的字段。",
                "Name a role, a person, or a field that holds a person or an e-mail address."
            );
            self.error("workflow.nobody", pointer, said!("没有收件人", "nobody is told here"), help);
        }
        let mut targets = Vec::new();
        for (index, target) in to.iter().enumerate() {
            let pointer = format!("{pointer}/{index}");
            if let AssigneeDef::Field(field) = target {
                let resolved = self.path(&field.field, &format!("{pointer}/field"))?;
                if resolved.field.value_kind == FieldKind::Email {
                    targets.push(Target::Address(field.field.clone()));
                    continue;
                }
            }
            self.assignee(target, &pointer);
            targets.push(Target::Person(target.clone()));
        }
        Some(targets)
    }

    fn assignee(&mut self, assignee: &AssigneeDef, pointer: &str) {
        match assignee {
            AssigneeDef::Person(_) => {}
            AssigneeDef::Initiator(initiator) if initiator.initiator => {}
            AssigneeDef::Initiator(_) => {
                let message = said!("`initiator` 只能是 true", "`initiator` is always true");
                self.error(
                    "workflow.assignee",
                    format!("{pointer}/initiator"),
                    message,
                    said!("写 true。", "Write true."),
                );
            }
            AssigneeDef::Role(role) if role.role == "admin" || self.scope.roles.contains(&role.role) => {}
            AssigneeDef::Role(role) => {
                let known = self.scope.roles.iter().map(String::as_str).chain(["admin"]);
                let help = did_you_mean(&role.role, known);
                let message = unknown("role", &role.role);
                self.error("workflow.unknown_role", format!("{pointer}/role"), message, help);
            }
            AssigneeDef::Field(field) => self.person(&field.field, &format!("{pointer}/field")),
            AssigneeDef::Manager(manager) => {
                if manager.manager_of != "initiator" {
                    self.person(&manager.manager_of, &format!("{pointer}/manager_of"));
                }
                if !(1..=20).contains(&manager.level) {
                    let help = said!(
                        "1 是直接上级，最高到 20。",
                        "1 is the direct superior, 20 the highest that is looked for."
                    );
                    self.error(
                        "workflow.assignee",
                        format!("{pointer}/level"),
                        said!("没有这一级", "there is no such level"),
                        help,
                    );
                }
            }
            AssigneeDef::DepartmentHead(head) => {
                self.department(&head.head_of, &format!("{pointer}/head_of"))
            }
            AssigneeDef::Node(node) => self.earlier(&node.node, &format!("{pointer}/node")),
        }
    }

    /// A path that ends at a person.
    fn person(&mut self, path: &str, pointer: &str) {
        let Some(resolved) = self.path(path, pointer) else { return };
        if resolved.field.value_kind != FieldKind::Person {
            let message = said!("`{path}` 不是人员", "`{path}` does not hold a person");
            let help = said!(
                "请写 `owner`、人员字段，或 `customer.owner` 这样的路径。",
                "Name `owner`, a field of kind person, or a path such as `customer.owner`."
            );
            self.error("workflow.not_a_person", pointer, message, help);
        }
    }

    /// Somebody whose department is meant; what is no field is the key of a department, which only the workspace knows.
    fn department(&mut self, name: &str, pointer: &str) {
        let fields = &self.scope.catalog.entities[&self.def.entity].fields;
        if name != "initiator" && (name.contains('.') || fields.contains_key(name)) {
            self.person(name, pointer);
        }
    }

    fn earlier(&mut self, key: &str, pointer: &str) {
        let people = matches!(self.def.nodes.get(key), Some(NodeDef::Task(_) | NodeDef::Approval(_)));
        if !people {
            let message =
                said!("`{key}` 不是本流程的任务或审批", "`{key}` is not a task or approval of this workflow");
            let works =
                |(_, node): &(&String, &NodeDef)| matches!(node, NodeDef::Task(_) | NodeDef::Approval(_));
            let known = self.def.nodes.iter().filter(works).map(|(key, _)| key.as_str());
            let help = did_you_mean(key, known);
            self.error("workflow.unknown_node", pointer, message, help);
        }
    }

    /// What may be done with which field: as authored, or as the form lays out.
    fn rights(&mut self, fields: &Rights, form: Option<&str>, pointer: &str) -> Option<Rights> {
        let known = &self.scope.catalog.entities[&self.def.entity].fields;
        let mut wrong = Vec::new();
        for (field, right) in fields {
            let info = known.get(field);
            let derived = info.is_some_and(|info| info.kind != info.value_kind || is_derived(info.kind));
            let writes = matches!(right, TaskFieldRight::Write | TaskFieldRight::Required);
            match info {
                None => {
                    let help = did_you_mean(field, known.keys().map(String::as_str));
                    wrong.push((field.clone(), unknown("field", field), help));
                }
                Some(_) if derived && writes => {
                    let help = said!(
                        "请写由人填写的字段，或者给它 `read`。",
                        "Name a field that people fill in, or give it `read`."
                    );
                    wrong.push((
                        field.clone(),
                        said!("`{field}` 由系统填写", "the engine fills `{field}`"),
                        help,
                    ));
                }
                Some(_) => {}
            }
        }
        for (field, message, help) in wrong {
            self.error(
                "workflow.unknown_field",
                format!("{pointer}/fields/{}", super::part(&field)),
                message,
                help,
            );
        }
        let Some(key) = form else { return Some(fields.clone()) };
        let Some(form) = self.scope.forms.get(key).filter(|form| form.entity == self.def.entity).cloned()
        else {
            let help = said!("请写流程所属实体的表单。", "Name a form of the workflow's entity.");
            let message = unknown("form of this entity called", key);
            self.error("workflow.unknown_form", format!("{pointer}/form"), message, help);
            return None;
        };
        let mut rights =
            form_rights(&form, |field| known.get(field).is_some_and(|info| !is_derived(info.kind)));
        rights.extend(fields.iter().map(|(field, right)| (field.clone(), *right)));
        Some(rights)
    }
}

fn is_derived(kind: FieldKind) -> bool {
    matches!(
        kind,
        FieldKind::Computed | FieldKind::Rollup | FieldKind::Lookup | FieldKind::Grade | FieldKind::Serial
    )
}

/// What a form lets people do: its controls, as far as people fill them in.
fn form_rights(form: &FormDef, authored: impl Fn(&str) -> bool) -> Rights {
    let mut controls = Vec::new();
    collect(&form.layout, &mut controls);
    let right = |field: &str| match form.fields.get(field) {
        Some(narrowed) if narrowed.hidden => TaskFieldRight::Hidden,
        Some(narrowed) if narrowed.readonly => TaskFieldRight::Read,
        Some(narrowed) if narrowed.required => TaskFieldRight::Required,
        _ if authored(field) => TaskFieldRight::Write,
        _ => TaskFieldRight::Read,
    };
    controls.into_iter().map(|field| (field.to_owned(), right(field))).collect()
}

fn collect<'a>(element: &'a LayoutElement, controls: &mut Vec<&'a str>) {
    let field = element.scope.as_deref().and_then(|scope| scope.strip_prefix("#/properties/"));
    if let Some(field) = field.filter(|_| element.kind == LayoutKind::Control) {
        controls.push(field);
    }
    for inner in &element.elements {
        collect(inner, controls);
    }
}
