//! Who was shown a secret, when, and why they said they needed it.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000006_reveals"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("who saw a secret is not forgotten; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE reveals (
    id ID PRIMARY KEY, entity STR NOT NULL, record ID NOT NULL, field STR NOT NULL, at INT NOT NULL,
    person ID NOT NULL, person_name STR NOT NULL, reason STR NOT NULL);
CREATE INDEX reveals_record ON reveals (record);
";
