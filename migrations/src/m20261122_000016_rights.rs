//! Records shared one by one, tokens of the API, and who looked at the workspace as somebody else.
//!
//! Teams are made by the step of people; where that has not come first they are made here in the same shape.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000016_rights"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("shares and tokens are not forgotten; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE record_shares (
    id ID PRIMARY KEY, entity STR NOT NULL, record ID NOT NULL, subject STR NOT NULL, may_write INT NOT NULL,
    person ID NOT NULL, at INT NOT NULL, ends_at INT NOT NULL, UNIQUE (record, entity, subject));
CREATE INDEX record_shares_subject ON record_shares (subject, entity, ends_at, may_write, record);
CREATE TABLE share_subjects (subject STR NOT NULL, entity STR NOT NULL, PRIMARY KEY (subject, entity))COMPACT;
CREATE TABLE tokens (
    id ID PRIMARY KEY, name STR NOT NULL, prefix STR NOT NULL, hash STR NOT NULL UNIQUE, owner ID NOT NULL,
    roles STR NOT NULL, entities STR, read_only INT NOT NULL, networks STR NOT NULL, created_at INT NOT NULL,
    expires_at INT, used_at INT, revoked_at INT);
CREATE INDEX tokens_owner ON tokens (owner);
CREATE TABLE viewings (
    id ID PRIMARY KEY, person ID NOT NULL, person_name STR NOT NULL, seen_as ID NOT NULL, seen_as_name STR NOT NULL,
    reason STR NOT NULL, at INT NOT NULL, expires_at INT NOT NULL, ended_at INT);
CREATE INDEX viewings_at ON viewings (at);
";
