//! What handlers share.

use std::sync::Arc;

use kezhi_runtime::Runtime;

use crate::config::Settings;

/// The state of the server; clones share it.
#[derive(Debug, Clone)]
pub struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    runtime: Runtime,
    settings: Settings,
    /// Allows the first set-up from elsewhere than this machine; printed once at the start.
    setup_token: String,
}

impl App {
    /// A server over one workspace.
    pub fn new(runtime: Runtime, settings: Settings, setup_token: String) -> Self {
        Self(Arc::new(Shared { runtime, settings, setup_token }))
    }

    /// The workspace.
    pub fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    /// The settings of the process.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Allows the first set-up.
    pub fn setup_token(&self) -> &str {
        &self.0.setup_token
    }
}
