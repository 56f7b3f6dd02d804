//! What every test stands on: the real binary on a real database, and somebody who asks it.
//!
//! A test starts a [`server::TestServer`] on SQLite or on PostgreSQL ([`Backend`]), signs in as one of the people of
//! the small app in `fixtures/app`, and speaks HTTP. Nothing is mocked. Folders, databases and processes go with the
//! values that own them.

/// Temporary folders.
pub mod folder;
/// A private PostgreSQL cluster, with a fresh database for each test.
pub mod postgres;
/// Somebody who speaks HTTP to a server.
pub mod client;
/// The real binary on a free port.
pub mod server;
/// The workspace that most tests start from, made once and copied.
pub mod image;
/// Waiting for what the engine does by itself.
pub mod wait;
/// Files that go to an import, and what comes of them.
pub mod files;
/// The source tree, for tests about the code itself.
pub mod tree;
/// A mail server on the loopback.
pub mod mail;
/// A bucket on the loopback.
pub mod bucket;
/// A customer list as 用友 U8 exports it, some of it wrong.
pub mod workbook;
/// Workbooks before 2007.
pub mod old_workbook;

pub use client::{Answer, Client};
pub use server::TestServer;

/// Where a test's workspace lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A SQLite file in the data folder.
    Sqlite,
    /// A database of the test run's own PostgreSQL cluster.
    Postgres,
}

/// Makes two tests of each case: one on SQLite, one on PostgreSQL.
///
/// A case is `async fn name(backend: Backend)` in the module that calls this macro.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Backend::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::Backend::Postgres).await;
            })*
        }
    };
}
