//! Signing in: what belongs to a session, second factors, passkeys, accounts elsewhere, and steps that are half done.

#![allow(elided_lifetimes_in_paths, reason = "the trait is declared so")]

use sea_orm_migration::prelude::*;

/// The step.
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "m20261122_000014_signin"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        crate::statements::run(manager, TABLES).await
    }

    async fn down(&self, _: &SchemaManager) -> Result<(), DbErr> {
        Err(DbErr::Migration("second factors are not undone; restore a backup".into()))
    }
}

/// Sessions from before stay, as ones that nobody has proved lately.
const TABLES: &str = "
ALTER TABLE sessions ADD COLUMN proved_at INT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN way STR NOT NULL DEFAULT 'password';
ALTER TABLE sessions ADD COLUMN half INT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN strong INT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN network STR NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN agent STR NOT NULL DEFAULT '';
CREATE TABLE totp (
    person ID PRIMARY KEY, secret STR NOT NULL, confirmed INT NOT NULL, step INT NOT NULL, created_at INT NOT NULL);
CREATE TABLE recovery_codes (
    person ID NOT NULL, code_hash STR NOT NULL, PRIMARY KEY (person, code_hash))COMPACT;
CREATE TABLE passkeys (
    id STR PRIMARY KEY, person ID NOT NULL, title STR NOT NULL, credential STR NOT NULL, created_at INT NOT NULL,
    used_at INT);
CREATE INDEX passkeys_person ON passkeys (person);
CREATE TABLE identities (
    issuer STR NOT NULL, subject STR NOT NULL, person ID NOT NULL, provider STR NOT NULL, name STR NOT NULL,
    created_at INT NOT NULL, used_at INT, PRIMARY KEY (issuer, subject))COMPACT;
CREATE INDEX identities_person ON identities (person);
CREATE TABLE sign_in_steps (
    token_hash STR PRIMARY KEY, kind STR NOT NULL, person ID, data STR NOT NULL, expires_at INT NOT NULL)COMPACT;
CREATE INDEX sign_in_steps_expiry ON sign_in_steps (expires_at);
";
