//! Two databases to run the same cases on: a SQLite file and a schema of a private PostgreSQL cluster.
//!
//! The cluster is that of all tests: `kezhi_tests::postgres`.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use kezhi_store::{Store, StoreConfig};
use kezhi_tests::postgres as cluster;

static COUNTER: AtomicU32 = AtomicU32::new(0);

fn number() -> u32 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

/// A folder that is removed with its value.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("kezhi-store-{}-{}", std::process::id(), number()));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A fresh store and what must live as long as it.
pub struct TestStore {
    pub store: Store,
    pub config: StoreConfig,
    pub _folder: Option<Folder>,
}

pub async fn sqlite() -> TestStore {
    let folder = Folder::new();
    let config = StoreConfig::sqlite(folder.0.join("kezhi.db"));
    let store = Store::open(&config).await.expect("a fresh SQLite file opens");
    TestStore { store, config, _folder: Some(folder) }
}

pub async fn postgres() -> TestStore {
    let url = format!("{}/postgres", cluster::cluster());
    let schema = format!("test_{}_{}", std::process::id(), number());
    let config = StoreConfig::postgres(url, Some(schema));
    let store = Store::open(&config).await.expect("a fresh schema opens");
    TestStore { store, config, _folder: None }
}

/// Runs one case on both databases, each under a name of its own.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;
