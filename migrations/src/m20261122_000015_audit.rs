//! The audit: what was done that is no change of a record, the chain that seals it together with the history of records,
//! and signed checkpoints of that chain.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000015_audit"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("an audit is not taken away; restore a backup".into()))
    }
}

/// `audit_blocks.links` are, for each entry, its number (8 bytes) and its hash (32 bytes), changes of records first;
/// `audit_salts.salts` are 16 bytes for each change, in the same order, and zeros where they were erased.
const TABLES: &str = "
CREATE TABLE audit (
    seq SEQUENCE, at INT NOT NULL, person ID NOT NULL, person_name STR NOT NULL, action STR NOT NULL, entity STR,
    record ID, subject ID, detail STR NOT NULL, commitments STR NOT NULL);
CREATE INDEX audit_person ON audit (person, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_record ON audit (record, seq) WHERE record IS NOT NULL;
CREATE INDEX audit_subject ON audit (subject, seq) WHERE subject IS NOT NULL;
CREATE TABLE audit_personal (entry INT PRIMARY KEY, salt STR NOT NULL, said STR NOT NULL);
CREATE TABLE audit_head (
    one INT PRIMARY KEY CHECK (one = 1), chain STR NOT NULL, block INT NOT NULL, hash BYTES NOT NULL,
    entries INT NOT NULL, history_to INT NOT NULL, audit_to INT NOT NULL, latest INT NOT NULL, sealed_at INT,
    revision INT NOT NULL);
CREATE TABLE audit_blocks (
    number INT PRIMARY KEY, at INT NOT NULL, history_to INT NOT NULL, audit_to INT NOT NULL, changes INT NOT NULL,
    notes INT NOT NULL, latest INT NOT NULL, previous BYTES NOT NULL, hash BYTES NOT NULL, links BYTES NOT NULL);
CREATE INDEX audit_blocks_history ON audit_blocks (history_to);
CREATE INDEX audit_blocks_audit ON audit_blocks (audit_to);
CREATE INDEX audit_blocks_latest ON audit_blocks (latest);
CREATE TABLE audit_salts (block INT PRIMARY KEY, salts BYTES NOT NULL);
CREATE TABLE audit_checkpoints (
    number INT PRIMARY KEY, at INT NOT NULL, block INT NOT NULL, entries INT NOT NULL, head STR NOT NULL,
    key STR NOT NULL, signature STR NOT NULL);
";
