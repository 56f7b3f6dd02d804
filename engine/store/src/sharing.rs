//! Shares as part of a condition.

use kezhi_types::Timestamp;
use kezhi_types::query::Column;
use kezhi_types::share::Access;

use crate::bind::Bind;
use crate::error::Error;
use crate::sql::{Source, Sql};

/// What a share must be to count.
pub(crate) struct Wanted<'a> {
    /// Entity of the records.
    pub entity: &'a str,
    /// With any of these.
    pub with: &'a [String],
    /// What it must allow at least.
    pub access: Access,
    /// When it must not have ended.
    pub at: Timestamp,
}

/// The records at the end of a path that are shared: a semi-join that the index of shares by whom they reach answers alone.
pub(crate) fn shared(
    sql: &mut Sql,
    source: &Source,
    path: &[(Column, String)],
    share: &Wanted<'_>,
) -> Result<String, Error> {
    if let Some(((relation, entity), rest)) = path.split_first() {
        let target = sql.source(entity)?;
        let Source::Table { alias: there, table } = &target else { unreachable!("a table was asked for") };
        let from = sql.place(source, relation)?.expression;
        let inner = shared(sql, &target, rest, share)?;
        return Ok(format!(
            "EXISTS (SELECT 1 FROM \"{}\" {there} WHERE {there}.id = {from} AND {there}.deleted_at IS NULL AND {inner})",
            table.table
        ));
    }
    let Source::Table { alias, .. } = source else {
        return Err(Error::Unsupported("a share of a sub-table's row".into()));
    };
    if share.with.is_empty() {
        return Ok("FALSE".to_owned());
    }
    let with = sql.bind_all(share.with.iter().map(Bind::from).collect());
    let (entity, at) = (sql.bind(share.entity), sql.bind(share.at));
    let enough = if share.access == Access::Write { " AND may_write = 1" } else { "" };
    Ok(format!(
        "{alias}.id IN (SELECT record FROM record_shares WHERE subject IN ({with}) AND entity = {entity} \
         AND ends_at > {at}{enough})"
    ))
}
