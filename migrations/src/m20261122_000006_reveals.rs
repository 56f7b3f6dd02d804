//! Who was shown a secret, when, and why they said they needed it.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

use crate::m20261122_000001_workspace::translate;

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
        let connection = manager.get_connection();
        let postgres = connection.get_database_backend() == DbBackend::Postgres;
        for statement in TABLES.split(';').map(str::trim).filter(|text| !text.is_empty()) {
            connection.execute_unprepared(&translate(statement, postgres)).await?;
        }
        Ok(())
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
