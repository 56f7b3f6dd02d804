//! The shape of the whole: everything can be reached, everything leads to an end, nothing goes round for ever.

use std::collections::{BTreeMap, BTreeSet};

use kezhi_types::def::workflow::{NodeDef, WorkflowDef};
use kezhi_types::said;

use super::{part, unknown};
use crate::problem::Problem;
use crate::suggest::did_you_mean;

/// One arrow: where it is written and where it leads.
struct Edge<'a> {
    from: &'a str,
    pointer: String,
    to: &'a str,
}

/// Adds what is wrong with the shape to `problems`.
pub(super) fn check(def: &WorkflowDef, problems: &mut Vec<Problem>) {
    let edges = edges(def);
    let mut broken = false;
    if !def.nodes.contains_key(&def.start) {
        broken = true;
        problems.push(nowhere("/start", &def.start, def));
    }
    for edge in edges.iter().filter(|edge| !def.nodes.contains_key(edge.to)) {
        broken = true;
        problems.push(nowhere(&edge.pointer, edge.to, def));
    }
    // With an arrow that leads nowhere, what follows would only repeat it in other words.
    if broken {
        return;
    }
    let mut forward: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut backward: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in &edges {
        forward.entry(edge.from).or_default().push(edge.to);
        backward.entry(edge.to).or_default().push(edge.from);
    }
    let reached = reach(&forward, [def.start.as_str()]);
    let ends = def.nodes.iter().filter(|(_, node)| is_end(node)).map(|(key, _)| key.as_str());
    let ending = reach(&backward, ends);
    for key in def.nodes.keys().filter(|key| !reached.contains(key.as_str())) {
        let message = said!("没有路通到节点 `{key}`", "no way leads to `{key}`");
        let problem = Problem::error("workflow.unreachable", format!("/nodes/{}", part(key)), message);
        problems.push(problem.help(said!(
            "请让某个 `next` 指到这里，或者删去节点。",
            "Lead a `next` here, or remove the node."
        )));
    }
    for key in reached.iter().filter(|key| !ending.contains(**key)) {
        let message = said!("从节点 `{key}` 走不到结束", "from `{key}` no way leads to an end");
        let problem = Problem::error("workflow.dead_end", format!("/nodes/{}", part(key)), message);
        problems.push(problem.help(said!(
            "请让后面的某个节点通向类型为 `end` 的节点。",
            "Lead one of the nodes after it to a node of type `end`."
        )));
    }
    endless(def, &forward, problems);
}

/// Circles of nodes that nobody and nothing stops.
fn endless(def: &WorkflowDef, forward: &BTreeMap<&str, Vec<&str>>, problems: &mut Vec<Problem>) {
    let automatic = |key: &str| def.nodes.get(key).is_some_and(is_automatic);
    let inner: BTreeMap<&str, Vec<&str>> = forward
        .iter()
        .filter(|(from, _)| automatic(from))
        .map(|(from, to)| (*from, to.iter().copied().filter(|to| automatic(to)).collect()))
        .collect();
    let mut told = BTreeSet::new();
    for key in inner.keys() {
        let after = reach(&inner, inner[key].iter().copied());
        if !after.contains(key) || told.contains(key) {
            continue;
        }
        let circle: Vec<&str> = def
            .nodes
            .keys()
            .map(String::as_str)
            .filter(|other| after.contains(other) && reach(&inner, [*other]).contains(key))
            .collect();
        told.extend(circle.iter().copied());
        let message = said!("{} 会不停地循环", "{} go round without ever waiting", circle.join(" → "));
        let problem = Problem::error("workflow.endless_loop", format!("/nodes/{}", part(key)), message);
        problems.push(problem.help(said!(
            "请在循环里加一个任务、审批或等待。",
            "Put a task, an approval or a wait into the circle."
        )));
    }
}

fn edges(def: &WorkflowDef) -> Vec<Edge<'_>> {
    let mut edges = Vec::new();
    for (key, node) in &def.nodes {
        let pointer = |member: &str| format!("/nodes/{}/{member}", part(key));
        let mut put = |member: &str, to| edges.push(Edge { from: key, pointer: pointer(member), to });
        match node {
            NodeDef::Task(task) => {
                put("next", task.next.as_str());
                for (outcome, def) in &task.outcomes {
                    if let Some(next) = &def.next {
                        put(&format!("outcomes/{}/next", part(outcome)), next);
                    }
                }
            }
            NodeDef::Approval(approval) => {
                put("next", &approval.next);
                if let Some(next) = &approval.on_reject {
                    put("on_reject", next);
                }
            }
            NodeDef::Decision(decision) => {
                for (index, branch) in decision.branches.iter().enumerate() {
                    put(&format!("branches/{index}/next"), &branch.next);
                }
                put("default", &decision.default);
            }
            NodeDef::Update(update) => put("next", &update.next),
            NodeDef::Create(create) => put("next", &create.next),
            NodeDef::Message(message) => put("next", &message.next),
            NodeDef::Wait(wait) => put("next", &wait.next),
            NodeDef::End(_) => {}
        }
    }
    edges
}

fn reach<'a>(
    edges: &BTreeMap<&str, Vec<&'a str>>,
    from: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<&'a str> {
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = from.into_iter().collect();
    while let Some(key) = open.pop() {
        if found.insert(key) {
            open.extend(edges.get(key).into_iter().flatten().copied());
        }
    }
    found
}

fn is_end(node: &NodeDef) -> bool {
    // A rejection without `on_reject` ends a run too, but nobody wants a workflow that can only be rejected.
    matches!(node, NodeDef::End(_))
}

fn is_automatic(node: &NodeDef) -> bool {
    matches!(
        node,
        NodeDef::Decision(_)
            | NodeDef::Update(_)
            | NodeDef::Create(_)
            | NodeDef::Message(_)
            | NodeDef::End(_)
    )
}

fn nowhere(pointer: &str, to: &str, def: &WorkflowDef) -> Problem {
    let problem = Problem::error("workflow.unknown_node", pointer, unknown("node", to));
    problem.help(did_you_mean(to, def.nodes.keys().map(String::as_str)))
}
