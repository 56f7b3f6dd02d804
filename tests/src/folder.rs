//! Temporary folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that is removed with its value.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// An empty folder; `what` stands in its name.
    ///
    /// # Panics
    /// When the temporary folder cannot be written.
    pub fn new(what: &str) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = root().join(format!("{what}-{number}"));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it, making folders on the way.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let target = self.0.join(path);
        let parent = target.parent().expect("a file in a folder has a parent");
        std::fs::create_dir_all(parent).expect("a temporary folder can be made");
        std::fs::write(&target, content).expect("a temporary file can be written");
        target
    }

    /// Copies every file below `from` into it.
    ///
    /// # Panics
    /// When a file cannot be read or written.
    pub fn fill_from(&self, from: &Path) {
        copy(from, &self.0);
    }
}

/// The folder of this process; it goes when the process is gone, however that ends. Its path is short, because the
/// paths of Unix sockets lie in it.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let us = std::process::id();
        let path = std::env::temp_dir().join(format!("kezhi-test-{us}"));
        std::fs::create_dir_all(&path).expect("a temporary folder can be made");
        after_us(&format!("rm -rf '{}'", path.display()));
        path
    })
}

/// Runs a shell command when this process is gone.
///
/// # Panics
/// When no shell can be started.
#[allow(clippy::zombie_processes, reason = "it outlives us")]
pub fn after_us(command: &str) {
    let us = std::process::id();
    let script = format!("while kill -0 {us} 2>/dev/null; do sleep 0.5; done; {command}");
    let mut watcher = Command::new("sh");
    watcher.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    watcher.spawn().expect("the watcher starts");
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a temporary folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder to copy can be read") {
        let entry = entry.expect("the folder to copy can be read");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() {
            copy(&source, &target);
        } else if kind.is_file() {
            std::fs::copy(&source, &target).expect("a file can be copied");
        }
    }
}
