//! The live release: one plan, swapped whole. A request takes it once and keeps it to its end.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use kezhi_plan::app::AppPlan;

use crate::error::Error;

/// Holds the live plan; none before anything was installed or published.
#[derive(Debug, Default)]
pub struct Live(ArcSwapOption<AppPlan>);

impl Live {
    /// The live plan.
    ///
    /// # Errors
    /// [`Error::NoRelease`] on an empty workspace.
    pub fn plan(&self) -> Result<Arc<AppPlan>, Error> {
        self.0.load_full().ok_or(Error::NoRelease)
    }

    /// The number of the live release, 0 when there is none.
    pub fn number(&self) -> i64 {
        self.0.load().as_ref().map_or(0, |plan| plan.release)
    }

    /// Puts another plan in place; requests under way keep theirs. A plan that comes late does not replace a newer one.
    pub fn swap(&self, plan: &Arc<AppPlan>) {
        self.0.rcu(|held| match held {
            Some(held) if held.release > plan.release => Some(held.clone()),
            _ => Some(plan.clone()),
        });
    }
}
