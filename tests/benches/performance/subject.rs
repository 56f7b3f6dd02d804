//! The engine that is measured: its process, how long it takes to be ready, what memory it holds.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kezhi_tests::folder::Folder;
use kezhi_tests::server::binary;

use crate::caller::Connection;

/// The longest a start may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two questions whether it is ready.
const PAUSE: Duration = Duration::from_millis(1);
/// Between two looks at its memory.
const LOOK: Duration = Duration::from_millis(100);

/// Where the engine keeps its data and listens.
pub struct Place {
    /// The data folder.
    pub folder: PathBuf,
    /// Goes with this value, unless the folder is to be kept.
    _temporary: Option<Folder>,
    /// `postgres://…`, an empty database; SQLite in the folder when absent.
    pub postgres: Option<String>,
    /// The port on the loopback.
    pub port: u16,
}

/// A running engine; killed with its value.
pub struct Subject {
    child: Child,
    /// From the start of the process to the first answer that it is ready.
    pub ready_after: Duration,
}

impl Place {
    /// A free port and a new folder, or one that is kept and may hold the workspace already.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new(postgres: Option<String>, kept: Option<PathBuf>) -> Self {
        let temporary = kept.is_none().then(|| Folder::new("bench"));
        let folder = kept.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned()));
        let folder = folder.expect("one of the two is there");
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        Self { folder, _temporary: temporary, postgres, port: free_port() }
    }

    /// `127.0.0.1:41234`
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Subject {
    /// Starts the release binary and waits until `/readyz` says yes.
    ///
    /// # Panics
    /// When it cannot be started or does not become ready.
    pub async fn start(place: &Place) -> Self {
        let log = File::create(place.folder.join("stderr.log")).expect("a log can be written");
        let address = place.address();
        let mut command = Command::new(binary());
        command.arg("--data-dir").arg(&place.folder);
        if let Some(url) = &place.postgres {
            command.arg("--database").arg(url);
        }
        command.args(["serve", "--listen", &address]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KEZHI_")) {
            command.env_remove(name);
        }
        let begun = Instant::now();
        let child = command.spawn().expect("the binary can be started");
        let mut subject = Self { child, ready_after: Duration::ZERO };
        while !is_ready(&address).await {
            assert!(begun.elapsed() < PATIENCE, "it did not become ready; see stderr.log in its folder");
            tokio::time::sleep(PAUSE).await;
        }
        subject.ready_after = begun.elapsed();
        subject
    }

    /// Resident memory of the process and its children (the scripts' worker, when there is one), in MiB.
    pub fn memory(&self) -> f64 {
        memory(self.child.id())
    }

    /// Asks it to end and waits.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn stop(mut self) {
        let process = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.is_ok_and(|status| status.success()), "our own process can be told to end");
        self.child.wait().expect("our own process can be waited for");
    }
}

/// The highest memory of an engine while this value lives, looked at ten times a second.
pub struct Memory {
    highest: Arc<AtomicU64>,
    watch: tokio::task::JoinHandle<()>,
}

impl Memory {
    /// Begins to look.
    pub fn watch(subject: &Subject) -> Self {
        let highest = Arc::new(AtomicU64::new(0));
        let (process, seen) = (subject.child.id(), highest.clone());
        let watch = tokio::spawn(async move {
            loop {
                seen.fetch_max(memory(process).to_bits(), Ordering::Relaxed);
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { highest, watch }
    }

    /// In MiB; ends the looking.
    pub fn highest(self) -> f64 {
        self.watch.abort();
        // The bits of positive numbers are ordered as the numbers are.
        f64::from_bits(self.highest.load(Ordering::Relaxed))
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of the loopback that nobody listens on.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

async fn is_ready(address: &str) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    let question = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.send(question.as_bytes()).await.is_ok_and(|status| status == 200)
}

fn memory(process: u32) -> f64 {
    let children = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let children = children.unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    children.chain([process]).map(resident).sum::<f64>() / 1_024.0
}

/// `VmRSS` of a process in KiB; 0 when it is gone.
fn resident(process: u32) -> f64 {
    let path = PathBuf::from(format!("/proc/{process}/status"));
    let status = std::fs::read_to_string(path).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next())
        .and_then(|size| size.parse().ok())
        .unwrap_or_default()
}
