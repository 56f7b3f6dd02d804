//! For tests: a folder that goes when it is dropped, and a runtime's settings over it.

use std::path::{Path, PathBuf};

use kezhi_plugin::Channels;
use kezhi_store::StoreConfig;

use crate::clock::Clock;
use crate::runtime::{RuntimeConfig, RuntimeOptions};
use crate::scripts::WorkerCommand;

/// A folder of this process alone.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("kezhi-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).expect("the temporary folder can be written");
        Self(dir)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A workspace in a folder, without scripts and channels.
pub(crate) fn settings(dir: &Path, clock: &Clock) -> RuntimeConfig {
    RuntimeConfig {
        store: StoreConfig::sqlite(dir.join("kezhi.db")),
        data_dir: dir.to_owned(),
        clock: clock.clone(),
        channels: Channels::default(),
        worker: WorkerCommand { program: "/nonexistent".into(), args: Vec::new() },
        options: RuntimeOptions::default(),
    }
}
