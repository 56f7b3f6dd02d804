//! Batches: which changes came in one request, so that they can be taken back together.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000012_batches"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("batches are not undone; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE batches (
    id ID PRIMARY KEY, entity STR NOT NULL, person ID NOT NULL, at INT NOT NULL, undone_at INT);
ALTER TABLE history ADD COLUMN batch ID;
CREATE INDEX history_batch ON history (batch, seq) WHERE batch IS NOT NULL;
";
