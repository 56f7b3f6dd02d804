//! Files that people send, and which records hold them.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000009_files"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("files are not forgotten; restore a backup".into()))
    }
}

/// `files.state`: coming, pending, attached, going. `file_uses`: every field of a record that holds or held the file.
const TABLES: &str = "
CREATE TABLE files (
    id ID PRIMARY KEY, name STR NOT NULL, media STR NOT NULL, size INT NOT NULL, hash STR NOT NULL,
    person ID NOT NULL, at INT NOT NULL, state STR NOT NULL);
CREATE INDEX files_loose ON files (at) WHERE state <> 'attached';
CREATE INDEX files_sent ON files (person, at);
CREATE TABLE file_uses (
    file ID NOT NULL, entity STR NOT NULL, record ID NOT NULL, field STR NOT NULL,
    PRIMARY KEY (file, entity, record, field))COMPACT;
CREATE INDEX file_uses_record ON file_uses (record);
";
