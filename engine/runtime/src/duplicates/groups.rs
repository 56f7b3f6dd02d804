//! Pairs of records that are the same, as a report notes them, and put together to groups.

use std::collections::{BTreeMap, HashMap};

use kezhi_types::Id;

use super::Pair;

/// The key under which a report notes a pair that a rule, by its place, has found.
pub(super) fn key_of(rule: usize, (one, other, _): &Pair) -> String {
    format!("{rule:02}|{one}|{other}")
}

/// The rule and the two records of a key under which a pair was noted.
pub(super) fn pair_of(key: &str) -> Option<(usize, Id, Id)> {
    let mut parts = key.split('|');
    let rule = parts.next()?.parse().ok()?;
    Some((rule, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Records that hang together by pairs.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    /// Each record to one of its group, in the end to the same.
    parent: HashMap<Id, Id>,
    /// Each record to its best score.
    best: BTreeMap<Id, i64>,
}

impl Groups {
    fn root(&mut self, id: Id) -> Id {
        let mut root = id;
        while let Some(parent) = self.parent.get(&root).filter(|parent| **parent != root) {
            root = *parent;
        }
        let mut at = id;
        while at != root {
            at = self.parent.insert(at, root).unwrap_or(root);
        }
        root
    }

    pub fn join(&mut self, one: Id, other: Id, score: i64) {
        for id in [one, other] {
            self.parent.entry(id).or_insert(id);
            let best = self.best.entry(id).or_default();
            *best = (*best).max(score);
        }
        let (left, right) = (self.root(one), self.root(other));
        self.parent.insert(left.max(right), left.min(right));
    }

    /// Groups in the order of their oldest records, in each the most alike first.
    pub fn into_groups(mut self) -> Vec<Vec<(Id, i64)>> {
        let mut groups: BTreeMap<Id, Vec<(Id, i64)>> = BTreeMap::new();
        for (id, score) in std::mem::take(&mut self.best) {
            groups.entry(self.root(id)).or_default().push((id, score));
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.iter_mut().for_each(|group| group.sort_by_key(|(id, score)| (-score, *id)));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kezhi_types::Timestamp;

    #[test]
    fn pairs_that_hang_together_are_one_group() {
        let ids: Vec<Id> = (0..6).map(|at| Id::new(Timestamp(at))).collect();
        let mut groups = Groups::default();
        for (one, other, score) in [(0, 1, 700), (2, 3, 1000), (1, 4, 900), (4, 0, 600)] {
            groups.join(ids[one], ids[other], score);
        }
        let groups = groups.into_groups();
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0], [(ids[1], 900), (ids[4], 900), (ids[0], 700)]);
        assert_eq!(groups[1].len(), 2);
    }
}
