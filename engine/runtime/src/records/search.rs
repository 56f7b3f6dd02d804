//! One search over every entity: what leads a record first, then the freshest, each with the rights of the asker.

use std::cmp::Reverse;

use kezhi_plan::app::{AppPlan, EntityPlan};
use kezhi_plan::query::{self, ListRequest};
use kezhi_plan::{access, record};
use kezhi_types::query::CountMode;
use kezhi_types::{Caller, Id, Timestamp};
use serde::Serialize;

use crate::error::Error;
use crate::runtime::Runtime;

/// Records in one answer, and when the request does not say.
const LIMIT: u32 = 100;
const USUAL_LIMIT: u32 = 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finds {
    /// The records, the best first.
    pub items: Vec<Find>,
    /// Whether there are more.
    pub more: bool,
}

/// One record that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Find {
    /// Key of its entity.
    pub entity: String,
    /// What people call such records.
    pub entity_title: String,
    /// Its id.
    pub id: Id,
    /// What it is called, as the caller may know.
    pub title: String,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether the words stand in what leads the record.
    #[serde(skip)]
    leading: bool,
}

impl Runtime {
    /// The records of all entities that the words find, as far as the caller may read them.
    ///
    /// # Errors
    /// `query.words` where there are none or too many, `query.limit`.
    pub async fn search(&self, caller: &Caller, q: &str, limit: Option<u32>) -> Result<Finds, Error> {
        let plan = self.plan()?;
        let limit = query::search_limit(q, limit.unwrap_or(USUAL_LIMIT), LIMIT)?;
        let request = ListRequest {
            q: Some(q.to_owned()),
            limit: Some(limit),
            count: CountMode::None,
            ..ListRequest::default()
        };
        let mut items: Vec<Find> = Vec::new();
        let mut more = false;
        let searched = |entity: &&std::sync::Arc<EntityPlan>| {
            !entity.layout.searched.is_empty() && access::may_know(&plan, entity, caller)
        };
        for entity in plan.entities.values().filter(searched) {
            let (found, rest) = self.search_in(&plan, caller, entity, &request).await?;
            items.extend(found);
            more |= rest;
        }
        items.sort_by_key(|find| (!find.leading, Reverse(find.updated_at), Reverse(find.id)));
        more |= items.len() > limit as usize;
        items.truncate(limit as usize);
        Ok(Finds { items, more })
    }

    /// What one entity has, and whether it has more.
    async fn search_in(
        &self,
        plan: &AppPlan,
        caller: &Caller,
        entity: &EntityPlan,
        request: &ListRequest,
    ) -> Result<(Vec<Find>, bool), Error> {
        let (question, _) = query::plan_list(plan, entity, caller, request, self.0.clock.now())?;
        let mut items = Vec::new();
        let page = self.0.store.reader().list(&question).await?;
        let seen = self.seen_inside(plan, caller, entity, &page.records).await?;
        for (at, (found, seen)) in page.records.iter().zip(seen).enumerate() {
            let Some(rights) = seen else { continue };
            let fields = access::visible(entity, found.flat(), &rights);
            items.push(Find {
                entity: entity.key.clone(),
                entity_title: entity.title.clone(),
                id: found.id,
                title: record::title(entity, &fields),
                updated_at: found.updated_at,
                leading: at < page.leading,
            });
        }
        Ok((items, page.has_more))
    }
}
