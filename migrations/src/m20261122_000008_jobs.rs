//! Jobs: work that takes longer than a request, row by row accountable; and what imports remember.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000008_jobs"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("jobs are not undone; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE jobs (
    id ID PRIMARY KEY, kind STR NOT NULL, entity STR NOT NULL, caller ID NOT NULL, state STR NOT NULL,
    done INT NOT NULL, total INT, errors INT NOT NULL, spec STR NOT NULL, checkpoint STR NOT NULL,
    result STR NOT NULL, created_at INT NOT NULL, ended_at INT);
CREATE INDEX jobs_open ON jobs (id) WHERE state IN ('queued', 'running');
CREATE INDEX jobs_caller ON jobs (caller, id);
CREATE INDEX jobs_ended ON jobs (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE job_rows (
    job ID NOT NULL, row INT NOT NULL, fate STR NOT NULL, record ID, version INT, note STR NOT NULL,
    PRIMARY KEY (job, row))COMPACT;
CREATE INDEX job_rows_refused ON job_rows (job, row) WHERE fate = 'refused';
CREATE TABLE job_keys (job ID NOT NULL, key STR NOT NULL, row INT NOT NULL, PRIMARY KEY (job, key))COMPACT;
CREATE TABLE import_maps (
    person ID NOT NULL, entity STR NOT NULL, header STR NOT NULL, map STR NOT NULL, at INT NOT NULL,
    PRIMARY KEY (person, entity, header));
";
