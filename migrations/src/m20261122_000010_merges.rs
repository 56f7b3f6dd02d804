//! Records that were merged into others, and what an undo must know.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000010_merges"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("merges are not undone; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE merges (
    id ID PRIMARY KEY, entity STR NOT NULL, survivor ID NOT NULL, losers STR NOT NULL, at INT NOT NULL,
    person ID NOT NULL, undone_at INT);
CREATE INDEX merges_survivor ON merges (survivor, id);
CREATE TABLE merged (
    record ID NOT NULL, entity STR NOT NULL, survivor ID NOT NULL, merge ID NOT NULL,
    PRIMARY KEY (record, entity))COMPACT;
CREATE INDEX merged_merge ON merged (merge);
CREATE TABLE merge_moves (
    merge ID NOT NULL, number INT NOT NULL, what STR NOT NULL, entity STR NOT NULL, record ID NOT NULL,
    field STR NOT NULL, before STR NOT NULL, after STR NOT NULL, PRIMARY KEY (merge, number))COMPACT;
";
