//! Work that is tried again: leases of requests, and rows that wait after a failure.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000003_durable"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("leases are not undone; restore a backup".into()))
    }
}

/// `until`: how long whoever carries a request out holds it. `turn`: counts who did; only the latest may write.
/// `done`: what its transaction did, where the answer itself is not there yet. `next_at`, `tries`: work that failed
/// waits until then.
const TABLES: &str = "
ALTER TABLE idempotency ADD COLUMN until INT NOT NULL DEFAULT 0;
ALTER TABLE idempotency ADD COLUMN turn INT NOT NULL DEFAULT 1;
ALTER TABLE idempotency ADD COLUMN done STR;
CREATE TABLE request_parts (
    caller ID NOT NULL, route STR NOT NULL, key STR NOT NULL, part INT NOT NULL, result STR NOT NULL,
    PRIMARY KEY (caller, route, key, part))COMPACT;
ALTER TABLE stale ADD COLUMN next_at INT NOT NULL DEFAULT 0;
ALTER TABLE stale ADD COLUMN tries INT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN next_at INT NOT NULL DEFAULT 0;
ALTER TABLE events ADD COLUMN tries INT NOT NULL DEFAULT 0;
CREATE INDEX events_postponed ON events (next_at) WHERE state = 'postponed';
ALTER TABLE timers ADD COLUMN next_at INT NOT NULL DEFAULT 0;
ALTER TABLE timers ADD COLUMN tries INT NOT NULL DEFAULT 0;
";
