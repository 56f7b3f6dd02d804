//! Evolution: the generation of each entity's table, what is being prepared beside it, and the values that were turned.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000011_evolve"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("what was turned is not turned back; restore a backup".into()))
    }
}

const TABLES: &str = "
ALTER TABLE entity_tables ADD COLUMN generation INT NOT NULL DEFAULT 0;
ALTER TABLE entity_tables ADD COLUMN words_generation INT NOT NULL DEFAULT 0;
ALTER TABLE promotions ADD COLUMN generation INT NOT NULL DEFAULT 0;
CREATE TABLE evolutions (
    entity STR NOT NULL, generation INT NOT NULL, job ID NOT NULL, state STR NOT NULL, release INT, at INT NOT NULL,
    cursor ID, done INT NOT NULL, steps STR NOT NULL, PRIMARY KEY (entity, generation));
CREATE TABLE evolved (
    entity STR NOT NULL, record ID NOT NULL, generation INT NOT NULL, was STR NOT NULL, became STR NOT NULL,
    PRIMARY KEY (entity, record, generation))COMPACT;
CREATE INDEX evolved_generation ON evolved (entity, generation);
CREATE TABLE retired (name STR PRIMARY KEY, sort STR NOT NULL, at INT NOT NULL);
";
