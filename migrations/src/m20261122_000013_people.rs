//! People: positions, teams, deputies, who left to whom; one-time links; tokens of directories.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000013_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, CHANGES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("teams and positions would be lost; restore a backup".into()))
    }
}

const CHANGES: &str = "
ALTER TABLE users ADD COLUMN position ID;
ALTER TABLE users ADD COLUMN external_id STR;
ALTER TABLE users ADD COLUMN successor ID;
ALTER TABLE users ADD COLUMN left_at INT;
CREATE UNIQUE INDEX users_external ON users (external_id) WHERE external_id IS NOT NULL;
ALTER TABLE departments ADD COLUMN deputies STR NOT NULL DEFAULT '[]';
CREATE TABLE positions (id ID PRIMARY KEY, key STR NOT NULL UNIQUE, title STR NOT NULL);
CREATE TABLE teams (id ID PRIMARY KEY, key STR NOT NULL UNIQUE, title STR NOT NULL, leader ID, external_id STR);
CREATE TABLE team_members (team ID NOT NULL, person ID NOT NULL, PRIMARY KEY (team, person))COMPACT;
CREATE INDEX team_members_person ON team_members (person);
CREATE TABLE account_links (
    token_hash STR PRIMARY KEY, person ID NOT NULL, purpose STR NOT NULL, created_by ID NOT NULL,
    created_at INT NOT NULL, expires_at INT NOT NULL)COMPACT;
CREATE INDEX account_links_person ON account_links (person);
CREATE INDEX account_links_expiry ON account_links (expires_at);
CREATE TABLE directory_tokens (
    id ID PRIMARY KEY, name STR NOT NULL, token_hash STR NOT NULL UNIQUE, roles STR NOT NULL,
    created_by ID NOT NULL, created_at INT NOT NULL, expires_at INT, used_at INT);
CREATE INDEX tasks_waiting ON tasks (assignee) WHERE state = 'waiting';
";
