//! The schema of a workspace's own tables, one file a step. Tables of entities are made by the store.

mod statements;

mod m20261122_000001_workspace;
mod m20261122_000003_durable;
mod m20261122_000004_mail;
mod m20261122_000006_reveals;
mod m20261122_000007_layout;
mod m20261122_000008_jobs;
mod m20261122_000009_files;
mod m20261122_000010_merges;
mod m20261122_000011_evolve;
mod m20261122_000012_batches;
mod m20261122_000013_people;
mod m20261122_000014_signin;
mod m20261122_000015_audit;
mod m20261122_000016_rights;
mod m20261122_000018_events;

use sea_orm_migration::MigrationTrait;
pub use sea_orm_migration::MigratorTrait;

/// Every step, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_workspace::Migration),
            Box::new(m20261122_000003_durable::Migration),
            Box::new(m20261122_000004_mail::Migration),
            Box::new(m20261122_000006_reveals::Migration),
            Box::new(m20261122_000007_layout::Migration),
            Box::new(m20261122_000008_jobs::Migration),
            Box::new(m20261122_000009_files::Migration),
            Box::new(m20261122_000010_merges::Migration),
            Box::new(m20261122_000011_evolve::Migration),
            Box::new(m20261122_000012_batches::Migration),
            Box::new(m20261122_000013_people::Migration),
            Box::new(m20261122_000014_signin::Migration),
            Box::new(m20261122_000015_audit::Migration),
            Box::new(m20261122_000016_rights::Migration),
            Box::new(m20261122_000018_events::Migration),
        ]
    }
}
