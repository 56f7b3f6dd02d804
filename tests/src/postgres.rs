//! A private PostgreSQL cluster, with a fresh database for each test.
//!
//! The cluster is started once a test process from `/usr/lib/postgresql/15/bin` (or `KEZHI_POSTGRES_BIN`) on a free
//! port in a temporary folder, and stopped when the process ends; `KEZHI_TEST_POSTGRES=postgres://…` (without a
//! database) uses another. Nothing survives, so it does not wait for the disk; crash tests kill our process, not this.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::folder;

/// A database that is dropped with its value.
#[derive(Debug)]
pub struct Database {
    name: String,
    /// Whether this value is another way to a database that somebody else drops.
    lent: bool,
}

impl Database {
    /// An empty database, or a copy of another one that nobody is connected to.
    ///
    /// # Panics
    /// When the cluster cannot be started or refuses.
    pub fn new(copy_of: Option<&Database>) -> Self {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = format!("kezhi_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let template = copy_of.map_or_else(|| "template0".to_owned(), |other| other.name.clone());
        sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self { name, lent: false }
    }

    /// The same database once more, for a second server; the first value must outlive it.
    #[must_use]
    pub fn lend(&self) -> Self {
        Self { name: self.name.clone(), lent: true }
    }

    /// Its address, for `--database`.
    pub fn url(&self) -> String {
        format!("{}/{}", cluster(), self.name)
    }

    /// Asks it with `psql`; rows as lines, values between `|`.
    ///
    /// # Panics
    /// When it refuses.
    pub fn ask(&self, query: &str) -> String {
        psql(&self.url(), query)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if self.lent {
            return;
        }
        sql(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn sql(statement: &str) {
    psql(&format!("{}/postgres", cluster()), statement);
}

fn psql(url: &str, statement: &str) -> String {
    let mut command = Command::new("psql");
    command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, url]);
    let output = command.output().expect("psql can be started");
    assert!(output.status.success(), "{statement}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The address of the cluster without a database, started at the first call.
///
/// # Panics
/// When it cannot be started.
pub fn cluster() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("KEZHI_TEST_POSTGRES").unwrap_or_else(|_| start()))
}

#[allow(clippy::zombie_processes, reason = "it runs as long as we do, and a watcher ends it")]
fn start() -> String {
    let folder = std::env::temp_dir().join(format!("kezhi-cluster-{}", std::process::id()));
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
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
        .args(["-c", "max_connections=400"])
        .arg("-k")
        .arg(&folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the PostgreSQL server starts");
    folder::after_us(&format!("kill -INT {}; sleep 1; rm -rf '{}'", server.id(), folder.display()));
    for _ in 0..400 {
        if ready(&folder, port) {
            return format!("postgres://postgres@127.0.0.1:{port}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the PostgreSQL server did not become ready within twenty seconds");
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
