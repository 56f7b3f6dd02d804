//! Two databases to run the same cases on: a SQLite file and a schema of a private PostgreSQL cluster.
//!
//! The cluster is started once a test process from `/usr/lib/postgresql/15/bin` (or `KEZHI_POSTGRES_BIN`) on a free
//! port in a temporary folder, and stopped when the process ends; `KEZHI_TEST_POSTGRES=postgres://…` uses another.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use kezhi_store::{Store, StoreConfig};

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
    let url = cluster().to_owned();
    let schema = format!("test_{}_{}", std::process::id(), number());
    let config = StoreConfig::postgres(url, Some(schema));
    let store = Store::open(&config).await.expect("a fresh schema opens");
    TestStore { store, config, _folder: None }
}

/// The address of the cluster, started at the first call.
fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("KEZHI_TEST_POSTGRES").unwrap_or_else(|_| start()))
}

#[allow(clippy::zombie_processes, reason = "it runs as long as we do, and a watcher ends it")]
fn start() -> String {
    let folder = std::env::temp_dir().join(format!("kezhi-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let data = folder.join("data");
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(&folder));
    }
    run(tool("initdb", &folder)
        .args(["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-N", "-D"])
        .arg(&data));
    let port = free_port();
    let server = tool("postgres", &folder)
        .arg("-D")
        .arg(&data)
        .args([
            "-p",
            &port.to_string(),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=400",
        ])
        .arg("-k")
        .arg(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the PostgreSQL server starts");
    stop_with_us(server.id(), &folder);
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() && ready(&folder, port) {
            return url;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the PostgreSQL server did not become ready within ten seconds");
}

fn ready(folder: &Path, port: u16) -> bool {
    let mut command = tool("pg_isready", folder);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn tool(name: &str, folder: &Path) -> Command {
    let bin = std::env::var("KEZHI_POSTGRES_BIN").unwrap_or_else(|_| "/usr/lib/postgresql/15/bin".into());
    let path = Path::new(&bin).join(name);
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]).arg(path);
        command
    } else {
        Command::new(path)
    };
    command.current_dir(folder);
    command
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command can be started");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a loopback port is free");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// A watcher that ends the server and removes its folder when this process is gone, however it ends.
#[allow(clippy::zombie_processes, reason = "it outlives us")]
fn stop_with_us(server: u32, folder: &Path) {
    let us = std::process::id();
    let script = format!(
        "while kill -0 {us} 2>/dev/null; do sleep 0.5; done; kill -INT {server}; sleep 1; rm -rf '{}'",
        folder.display()
    );
    Command::new("sh")
        .args(["-c", &script])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the watcher starts");
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
