//! Menus: every entry leads to one thing that exists.

use std::sync::Arc;

use indexmap::IndexMap;
use kezhi_types::def::files::Kind;
use kezhi_types::def::screen::{FormDef, MenuDef, MenuItem};
use kezhi_types::said;

use super::load::Sources;
use super::report::Report;
use super::source::Source;
use super::suggest::did_you_mean;
use super::words;
use crate::app::ViewPlan;
use crate::problem::Problem;

/// How deeply groups may be nested.
const DEPTH: usize = 3;

/// What a menu may name, generated forms and views included.
pub struct Targets<'a> {
    /// Forms by key.
    pub forms: &'a IndexMap<String, Arc<FormDef>>,
    /// Views by key.
    pub views: &'a IndexMap<String, Arc<ViewPlan>>,
}

/// The menus, checked.
pub fn compile(
    sources: &Sources<'_>,
    targets: &Targets<'_>,
    report: &mut Report,
) -> IndexMap<String, Arc<MenuDef>> {
    let mut menus = IndexMap::new();
    for (key, loaded) in &sources.menus {
        let mut check = Check { sources, targets, source: &loaded.source, report };
        check.items(&loaded.def.items, "/items", 1);
        menus.insert(key.clone(), Arc::new(loaded.def.clone()));
    }
    menus
}

struct Check<'a> {
    sources: &'a Sources<'a>,
    targets: &'a Targets<'a>,
    source: &'a Source,
    report: &'a mut Report,
}

impl Check<'_> {
    fn items(&mut self, items: &[MenuItem], at: &str, depth: usize) {
        if depth > DEPTH {
            let message =
                said!("分组嵌套超过 {DEPTH} 层。", "Groups are nested more than {DEPTH} levels deep.");
            self.report.add(
                self.source,
                Problem::error("menu.depth", at, message)
                    .help(said!("请把菜单项往上移。", "Put the entries further up.")),
            );
            return;
        }
        for (index, item) in items.iter().enumerate() {
            self.item(item, &format!("{at}/{index}"), depth);
        }
    }

    fn item(&mut self, item: &MenuItem, at: &str, depth: usize) {
        let leads = usize::from(item.view.is_some())
            + usize::from(item.form.is_some())
            + usize::from(!item.items.is_empty());
        if leads != 1 {
            let message = said!("每个菜单项只通向一处。", "An entry leads to exactly one thing.");
            let help = said!("`view`、`form`、`items` 只留一个。", "Keep one of `view`, `form` and `items`.");
            self.report.add(self.source, Problem::error("menu.item", at, message).help(help));
        }
        if !item.items.is_empty() && item.title.is_none() {
            let message = said!("分组没有名称。", "A group has no title of its own.");
            self.report.add(
                self.source,
                Problem::error("menu.item", at, message).help(said!("请添加 `title`。", "Add `title`.")),
            );
        }
        let views = self.targets.views.keys().map(String::as_str);
        let forms = self.targets.forms.keys().map(String::as_str);
        self.target(item.view.as_deref(), views.collect(), Kind::View, &format!("{at}/view"));
        self.target(item.form.as_deref(), forms.collect(), Kind::Form, &format!("{at}/form"));
        self.items(&item.items, &format!("{at}/items"), depth + 1);
    }

    fn target(&mut self, name: Option<&str>, known: Vec<&str>, kind: Kind, at: &str) {
        let Some(name) = name.filter(|name| !known.contains(name) && !self.sources.knows(kind, name)) else {
            return;
        };
        let code = if kind == Kind::View { "reference.unknown_view" } else { "reference.unknown_form" };
        let message = said!("没有{} `{name}`。", "There is no {} `{name}`."; words::definition(kind));
        self.report.add(self.source, Problem::error(code, at, message).help(did_you_mean(name, known)));
    }
}
