//! The first step: every table of a workspace.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000001_workspace"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("a workspace's first step is not undone; restore a backup".into()))
    }
}

const TABLES: &str = "
CREATE TABLE live_release (one INT PRIMARY KEY CHECK (one = 1), number INT NOT NULL);
INSERT INTO live_release (one, number) VALUES (1, 0);
CREATE TABLE releases (
    number INT PRIMARY KEY, at INT NOT NULL, person ID NOT NULL, note STR NOT NULL, restored_from INT,
    files STR NOT NULL);
CREATE TABLE draft_files (
    path STR PRIMARY KEY, text STR, base_etag STR, base_release INT NOT NULL, etag STR NOT NULL,
    person ID NOT NULL, at INT NOT NULL);

CREATE TABLE users (
    id ID PRIMARY KEY, login STR NOT NULL, login_key STR NOT NULL UNIQUE, name STR NOT NULL, password STR,
    must_change INT NOT NULL, roles STR NOT NULL, department ID, manager ID, language STR,
    active INT NOT NULL, demo INT NOT NULL, created_at INT NOT NULL);
CREATE TABLE departments (
    id ID PRIMARY KEY, key STR NOT NULL UNIQUE, title STR NOT NULL, parent ID, head ID, demo INT NOT NULL);
CREATE TABLE sessions (
    token_hash STR PRIMARY KEY, csrf STR NOT NULL, person ID NOT NULL, created_at INT NOT NULL,
    seen_at INT NOT NULL, expires_at INT NOT NULL)COMPACT;
CREATE INDEX sessions_person ON sessions (person);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE TABLE settings (key STR PRIMARY KEY, value STR NOT NULL);
CREATE TABLE idempotency (
    caller ID NOT NULL, route STR NOT NULL, key STR NOT NULL, request_hash STR NOT NULL, status INT,
    response STR NOT NULL, at INT NOT NULL, PRIMARY KEY (caller, route, key));
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE history (
    seq SEQUENCE, entity STR NOT NULL, record ID NOT NULL, version INT NOT NULL, at INT NOT NULL,
    person ID NOT NULL, person_name STR NOT NULL, entrance STR NOT NULL, release INT NOT NULL, depth INT NOT NULL,
    kind STR NOT NULL, run ID, changes STR NOT NULL);
CREATE INDEX history_record ON history (record, entity, seq);
CREATE TABLE comments (
    id ID PRIMARY KEY, entity STR NOT NULL, record ID NOT NULL, at INT NOT NULL, person ID NOT NULL,
    text STR NOT NULL);
CREATE INDEX comments_record ON comments (record);
CREATE TABLE events (
    id ID PRIMARY KEY, kind STR NOT NULL, at INT NOT NULL, entity STR NOT NULL, record ID NOT NULL,
    changed STR NOT NULL, before STR NOT NULL, after STR NOT NULL, person ID NOT NULL, entrance STR NOT NULL,
    release INT NOT NULL, depth INT NOT NULL, workflows INT NOT NULL, state STR NOT NULL)COMPACT;
CREATE INDEX events_new ON events (id) WHERE state = 'new';
CREATE INDEX events_at ON events (at);
CREATE TABLE stale (
    entity STR NOT NULL, record ID NOT NULL, field STR NOT NULL, since INT NOT NULL, depth INT NOT NULL,
    PRIMARY KEY (entity, record, field))COMPACT;
CREATE INDEX stale_since ON stale (since, record);
CREATE TABLE serials (name STR NOT NULL, scope STR NOT NULL, value INT NOT NULL, PRIMARY KEY (name, scope));
CREATE TABLE sample (entity STR NOT NULL, record ID NOT NULL, PRIMARY KEY (entity, record))COMPACT;

CREATE TABLE runs (
    id ID PRIMARY KEY, workflow STR NOT NULL, release INT NOT NULL, entity STR NOT NULL, record ID NOT NULL,
    state STR NOT NULL, initiator ID NOT NULL, trigger_key STR NOT NULL, depth INT NOT NULL, vars STR NOT NULL,
    revision INT NOT NULL, steps INT NOT NULL, started_at INT NOT NULL, ended_at INT, locks INT NOT NULL,
    UNIQUE (workflow, trigger_key));
CREATE INDEX runs_record ON runs (record);
CREATE INDEX runs_initiator ON runs (initiator);
CREATE INDEX runs_live ON runs (workflow) WHERE state IN ('running', 'suspended', 'returned');
CREATE INDEX runs_ended ON runs (ended_at) WHERE ended_at IS NOT NULL;
CREATE TABLE visits (
    run ID NOT NULL, number INT NOT NULL, node STR NOT NULL, entered_at INT NOT NULL, left_at INT, outcome STR,
    reason STR NOT NULL, PRIMARY KEY (run, number))COMPACT;
CREATE TABLE tasks (
    id ID PRIMARY KEY, run ID NOT NULL, visit INT NOT NULL, node STR NOT NULL, kind STR NOT NULL,
    title STR NOT NULL, assignee ID NOT NULL, slot INT NOT NULL, weight INT NOT NULL, state STR NOT NULL,
    state_reason STR, comment STR, outcome STR, fields STR NOT NULL, revision INT NOT NULL, opened_at INT,
    due_at INT, decided_at INT, decided_by ID, UNIQUE (run, visit, slot, assignee));
CREATE INDEX tasks_open ON tasks (assignee, due_at) WHERE state = 'open';
CREATE INDEX tasks_decided ON tasks (COALESCE(decided_by, assignee), decided_at)
    WHERE state IN ('approved', 'rejected', 'completed');
CREATE TABLE timers (
    id ID PRIMARY KEY, run ID NOT NULL, visit INT NOT NULL, task ID, kind STR NOT NULL, due_at INT NOT NULL,
    state STR NOT NULL);
CREATE INDEX timers_due ON timers (due_at, id) WHERE state = 'armed';
CREATE INDEX timers_run ON timers (run);
CREATE INDEX timers_task ON timers (task) WHERE state = 'armed';
CREATE TABLE outbox (
    id ID PRIMARY KEY, idem_key STR NOT NULL UNIQUE, channel STR NOT NULL, run ID, node STR, entity STR,
    record ID, payload STR NOT NULL, state STR NOT NULL, attempts INT NOT NULL, lease_epoch INT NOT NULL,
    next_at INT NOT NULL, created_at INT NOT NULL, finished_at INT, answer STR);
CREATE INDEX outbox_next ON outbox (next_at, id) WHERE state IN ('pending', 'leased');
CREATE INDEX outbox_record ON outbox (record);
CREATE INDEX outbox_run ON outbox (run);
CREATE TABLE incidents (
    id ID PRIMARY KEY, code STR NOT NULL, subject STR NOT NULL, detail STR NOT NULL, run ID, node STR, entity STR,
    record ID, context STR NOT NULL, opened_at INT NOT NULL, seen_at INT NOT NULL, times INT NOT NULL,
    resolved_at INT, resolved_by ID, resolution STR);
CREATE UNIQUE INDEX incidents_open ON incidents (code, subject) WHERE resolved_at IS NULL;
CREATE INDEX incidents_run ON incidents (run);
CREATE TABLE schedules (workflow STR PRIMARY KEY, rule STR NOT NULL, next_at INT NOT NULL);
CREATE TABLE date_triggers (
    workflow STR NOT NULL, record ID NOT NULL, entity STR NOT NULL, due_at INT NOT NULL, occurrence STR NOT NULL,
    PRIMARY KEY (workflow, record))COMPACT;
CREATE INDEX date_triggers_due ON date_triggers (due_at);
CREATE INDEX date_triggers_record ON date_triggers (record);

CREATE TABLE entity_tables (
    entity STR PRIMARY KEY, table_name STR NOT NULL, searched STR NOT NULL, words STR NOT NULL, cursor ID);
CREATE TABLE promotions (
    entity STR NOT NULL, name STR NOT NULL, sort_name STR, definition STR NOT NULL, storage STR NOT NULL,
    is_unique INT NOT NULL, state STR NOT NULL, PRIMARY KEY (entity, name));
CREATE TABLE entity_indexes (name STR PRIMARY KEY, entity STR NOT NULL, columns STR NOT NULL);
";
