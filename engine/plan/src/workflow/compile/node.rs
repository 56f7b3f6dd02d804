//! Nodes, one by one.

use indexmap::IndexMap;
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::workflow::{
    ApprovalNode, CreateNode, DecisionNode, DueAction, DueDef, MessageNode, NodeDef, TaskFieldRight,
    TaskNode, UpdateNode, WaitNode,
};
use kezhi_types::run::TimerKind;
use kezhi_types::said;

use super::{Compiler, Sign, part, unknown};
use crate::condition::Reads;
use crate::message::check_line;
use crate::suggest::did_you_mean;
use crate::workflow::plan::{ApprovalPlan, Desk, DuePlan, NodePlan, OutcomePlan, TaskPlan, Until, Work};
use crate::workflow::vote::Rule;

impl Compiler<'_> {
    /// The node, or nothing where a part of it is wrong.
    pub(super) fn node(&mut self, key: &str, node: &NodeDef) -> Option<NodePlan> {
        let pointer = format!("/nodes/{}", part(key));
        self.reads = Reads::default();
        let (title, work) = match node {
            NodeDef::Task(task) => (Some(&task.title), self.task(task, &pointer)),
            NodeDef::Approval(approval) => (approval.title.as_ref(), self.approval(approval, &pointer)),
            NodeDef::Decision(decision) => (decision.title.as_ref(), self.decision(decision, &pointer)),
            NodeDef::Update(update) => (update.title.as_ref(), self.update(update, &pointer)),
            NodeDef::Create(create) => (create.title.as_ref(), self.create(create, &pointer)),
            NodeDef::Message(message) => (message.title.as_ref(), self.message(message, &pointer)),
            NodeDef::Wait(wait) => (wait.title.as_ref(), self.wait(wait, &pointer)),
            NodeDef::End(end) => (end.title.as_ref(), Some(Work::End { outcome: end.outcome })),
        };
        if let Some(title) = title.filter(|_| matches!(node, NodeDef::Task(_) | NodeDef::Approval(_))) {
            self.title(title, &format!("{pointer}/title"));
        }
        let title = title.map_or_else(|| key.to_owned(), Clone::clone);
        let reads = std::mem::take(&mut self.reads);
        Some(NodePlan { key: key.to_owned(), title, reads, work: work? })
    }

    /// A title's template: its names must be fields.
    fn title(&mut self, template: &str, pointer: &str) {
        let checked = check_line(template).map_err(|problem| vec![problem]);
        for name in self.keep(checked, pointer).into_iter().flatten() {
            let Some(path) = name.strip_prefix("record.") else { continue };
            self.shown(path, pointer);
        }
    }

    fn task(&mut self, task: &TaskNode, pointer: &str) -> Option<Work> {
        let desk = self.desk((&task.assignees, task.on_empty), &task.fields, task.form.as_deref(), pointer);
        let due = self.due(task.due.as_ref(), pointer);
        let mut outcomes: IndexMap<String, OutcomePlan> = IndexMap::new();
        for (key, outcome) in &task.outcomes {
            let next = outcome.next.as_ref().unwrap_or(&task.next).clone();
            let (title, required) = (outcome.title.clone(), outcome.required.clone());
            if let Some(desk) = &desk {
                let pointer = format!("{pointer}/outcomes/{}/required", super::part(key));
                self.fillable(desk, &required, &pointer);
            }
            outcomes.insert(key.clone(), OutcomePlan { title, required, next });
        }
        if outcomes.is_empty() {
            let next = task.next.clone();
            outcomes
                .insert("done".to_owned(), OutcomePlan { title: String::new(), required: Vec::new(), next });
        }
        let desk = super::people::with_due(desk?, due?);
        Some(Work::Task(TaskPlan { desk, form: task.form.clone(), outcomes, next: task.next.clone() }))
    }

    /// What an outcome needs must be something that the task lets people fill in.
    fn fillable(&mut self, desk: &Desk, required: &[String], pointer: &str) {
        for (index, field) in required.iter().enumerate() {
            if matches!(desk.fields.get(field), Some(TaskFieldRight::Write | TaskFieldRight::Required)) {
                continue;
            }
            let message = said!("这项任务里不能填写 `{field}`", "`{field}` cannot be filled in at this task");
            let help = said!(
                "请在节点的 `fields` 里给它 `write`，或者放到节点的表单上。",
                "Give it `write` in the node's `fields`, or put it on the node's form."
            );
            self.error("workflow.unknown_field", format!("{pointer}/{index}"), message, help);
        }
    }

    fn approval(&mut self, approval: &ApprovalNode, pointer: &str) -> Option<Work> {
        let desk = self.desk((&approval.assignees, approval.on_empty), &approval.fields, None, pointer);
        let due = self.due(approval.due.as_ref(), pointer);
        let rule = match Rule::of(&approval.policy) {
            Ok(rule) => rule,
            Err(message) => {
                let help = said!(
                    "写 `any`、`all`、`sequential` 或 `{{\"ratio\": \"2/3\"}}`。",
                    "Write `any`, `all`, `sequential` or `{{\"ratio\": \"2/3\"}}`."
                );
                self.error("workflow.policy", format!("{pointer}/policy"), message, help);
                return None;
            }
        };
        let desk = super::people::with_due(desk?, due?);
        let (next, on_reject) = (approval.next.clone(), approval.on_reject.clone());
        Some(Work::Approval(ApprovalPlan { desk, rule, next, on_reject }))
    }

    fn decision(&mut self, decision: &DecisionNode, pointer: &str) -> Option<Work> {
        let plans: Vec<_> = decision
            .branches
            .iter()
            .enumerate()
            .map(|(index, branch)| {
                let plan = self.condition(&branch.when, &format!("{pointer}/branches/{index}/when"));
                plan.map(|plan| (plan, branch.next.clone()))
            })
            .collect();
        let branches = plans.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Work::Decision { branches, default: decision.default.clone() })
    }

    fn update(&mut self, update: &UpdateNode, pointer: &str) -> Option<Work> {
        let of = match &update.of {
            Some(path) => Some((path.clone(), self.relation(path, &format!("{pointer}/of"))?)),
            None => None,
        };
        let entity = of.as_ref().map_or_else(|| self.def.entity.clone(), |(_, entity)| entity.clone());
        let set = self.values(&update.set, &entity, &format!("{pointer}/set"))?;
        if let Some(owner) = set.get_key_value("owner") {
            let help = said!(
                "流程只能给它新建的记录指定负责人。",
                "A workflow gives an owner only to what it creates."
            );
            let pointer = format!("{pointer}/set/{}", owner.0);
            self.error(
                "workflow.read_only",
                pointer,
                said!("写入不能修改负责人", "the owner is not changed by a write"),
                help,
            );
        }
        Some(Work::Update { of, set, next: update.next.clone() })
    }

    fn create(&mut self, create: &CreateNode, pointer: &str) -> Option<Work> {
        if !self.scope.catalog.entities.contains_key(&create.entity) {
            let message = unknown("entity", &create.entity);
            self.error(
                "workflow.unknown_entity",
                format!("{pointer}/entity"),
                message,
                did_you_mean(&create.entity, self.scope.catalog.entities.keys().map(String::as_str)),
            );
            return None;
        }
        let set = self.values(&create.set, &create.entity, &format!("{pointer}/set"))?;
        let (entity, name) = (create.entity.clone(), create.name.clone());
        Some(Work::Create { entity, set, name, next: create.next.clone() })
    }

    fn message(&mut self, message: &MessageNode, pointer: &str) -> Option<Work> {
        if !self.scope.messages.contains(&message.message) {
            let sentence = unknown("message", &message.message);
            let help = did_you_mean(&message.message, self.scope.messages.iter().map(String::as_str));
            self.error("workflow.unknown_message", format!("{pointer}/message"), sentence, help);
        }
        let to = self.targets(&message.to, &format!("{pointer}/to"))?;
        Some(Work::Message { message: message.message.clone(), to, next: message.next.clone() })
    }

    fn wait(&mut self, wait: &WaitNode, pointer: &str) -> Option<Work> {
        let until = match (&wait.duration, &wait.until) {
            (Some(text), None) => {
                Until::For(self.duration(text, &format!("{pointer}/for"), Sign::Positive)?)
            }
            (None, Some(field)) => {
                let pointer = format!("{pointer}/until/field");
                let resolved = self.path(&field.field, &pointer)?;
                if !matches!(resolved.field.value_kind, FieldKind::Date | FieldKind::Datetime) {
                    let message =
                        said!("`{}` 不是日期或日期时间", "`{}` is not a date or datetime", field.field);
                    self.error(
                        "workflow.not_a_date",
                        pointer,
                        message,
                        said!("请写日期字段。", "Name a field that holds a date."),
                    );
                    return None;
                }
                Until::Field(field.field.clone())
            }
            _ => {
                let message = said!(
                    "等待要写 `for` 或 `until` 中的一个",
                    "a wait needs exactly one of `for` and `until`"
                );
                self.error(
                    "workflow.wait",
                    pointer,
                    message,
                    said!(
                        "写 `\"for\": \"7d\"`，或 `\"until\": {{\"field\": …}}`。",
                        "Write `\"for\": \"7d\"`, or `\"until\": {{\"field\": …}}`."
                    ),
                );
                return None;
            }
        };
        Some(Work::Wait { until, next: wait.next.clone() })
    }

    fn relation(&mut self, path: &str, pointer: &str) -> Option<String> {
        let resolved = self.path(path, pointer)?;
        let target = resolved.field.target.filter(|_| resolved.field.kind == FieldKind::Relation);
        if target.is_none() {
            let message = said!("`{path}` 不指向记录", "`{path}` does not point at a record");
            self.error(
                "workflow.no_relation",
                pointer,
                message,
                said!("请写关联字段。", "Name a field of kind relation."),
            );
        }
        target
    }

    /// The outer `None` says that the deadline is wrong.
    #[allow(clippy::option_option, reason = "no deadline and a wrong deadline are different things")]
    fn due(&mut self, due: Option<&DueDef>, pointer: &str) -> Option<Option<DuePlan>> {
        let Some(due) = due else { return Some(None) };
        let after = self.duration(&due.after, &format!("{pointer}/due/after"), Sign::Positive);
        if let Some(calendar) = due.calendar.as_ref().filter(|key| !self.scope.calendars.contains(*key)) {
            let help = said!(
                "请添加这个工作日历；不写则每个小时都算。",
                "Add the calendar, or leave it out to count every hour."
            );
            let pointer = format!("{pointer}/due/calendar");
            self.error("workflow.unknown_calendar", pointer, unknown("calendar", calendar), help);
        }
        let mut steps = Vec::new();
        for (index, step) in due.steps.iter().enumerate() {
            let kind = match step.action {
                DueAction::Remind => TimerKind::Remind,
                DueAction::Escalate => TimerKind::Escalate,
            };
            let at = self.duration(&step.at, &format!("{pointer}/due/steps/{index}/at"), Sign::Any)?;
            steps.push((at, kind));
        }
        Some(Some(DuePlan { after: after?, calendar: due.calendar.clone(), steps }))
    }
}
