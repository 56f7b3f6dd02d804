//! The real binary on a free port.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::Backend;
use crate::client::Client;
use crate::folder::Folder;
use crate::image;
use crate::postgres::Database;

/// The longest a server may take until it says where it is.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the server says once it can be reached, before its address.
const SAID: &str = "is at ";

/// A server of the test's own; killed, and its data removed, with the value.
#[derive(Debug)]
pub struct TestServer {
    child: Child,
    base: String,
    http: reqwest::Client,
    place: Place,
}

/// The data of a server, which may outlive one process.
#[derive(Debug)]
pub struct Place {
    /// The data folder.
    pub folder: Folder,
    /// The database on PostgreSQL.
    pub database: Option<Database>,
}

impl Place {
    /// Nothing at all.
    pub fn empty(backend: Backend) -> Self {
        let database = (backend == Backend::Postgres).then(|| Database::new(None));
        Self { folder: Folder::new("data"), database }
    }

    /// A copy, while no server runs on it.
    #[must_use]
    pub fn copy(&self) -> Self {
        let folder = Folder::new("data");
        folder.fill_from(self.folder.path());
        Self { folder, database: self.database.as_ref().map(|database| Database::new(Some(database))) }
    }

    /// Changes the database behind the engine's back, while no server runs on it.
    ///
    /// # Panics
    /// When the statement is refused.
    pub fn alter(&self, statement: &str) {
        if let Some(database) = &self.database {
            database.ask(&format!("SET search_path = kezhi_default; {statement}"));
            return;
        }
        let program =
            "import sqlite3,sys; c=sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()";
        let file = self.folder.path().join("workspaces/default.sqlite");
        let done =
            std::process::Command::new("python3").args(["-c", program]).arg(file).arg(statement).status();
        assert!(done.is_ok_and(|status| status.success()), "{statement}");
    }

    /// One value of the database, behind the engine's back, while no server runs on it.
    ///
    /// # Panics
    /// When the question is refused.
    pub fn read(&self, question: &str) -> String {
        if let Some(database) = &self.database {
            let told = database.ask(&format!("SET search_path = kezhi_default; {question}"));
            return told.trim().trim_start_matches("SET").trim().to_owned();
        }
        let program =
            "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])";
        let file = self.folder.path().join("workspaces/default.sqlite");
        let done =
            std::process::Command::new("python3").args(["-c", program]).arg(file).arg(question).output();
        let done = done.expect("python3 can be started");
        assert!(done.status.success(), "{question}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// A command of the binary on this data.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("--data-dir").arg(self.folder.path());
        if let Some(database) = &self.database {
            command.arg("--database").arg(database.url());
        }
        command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("KEZHI_")) {
            command.env_remove(name);
        }
        command.env("KEZHI_LANG", "en");
        command
    }
}

impl TestServer {
    /// A server with the small app of `fixtures/app` and its people; the clock can be moved.
    pub async fn start(backend: Backend) -> Self {
        Self::on(image::of(backend).await.copy()).await
    }

    /// A second server on this one's database on PostgreSQL, with a folder of its own.
    ///
    /// # Panics
    /// When this one is on SQLite, or the second does not come up.
    pub async fn beside(&self) -> Self {
        let database = self.place.database.as_ref().expect("two servers share PostgreSQL only").lend();
        Self::on(Place { folder: Folder::new("data"), database: Some(database) }).await
    }

    /// A server on an empty workspace.
    pub async fn empty(backend: Backend) -> Self {
        Self::plain(Place::empty(backend)).await
    }

    /// A server on data that is there, without the demo's accounts and clock.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn plain(place: Place) -> Self {
        started(Self::launch(place, &[]).await)
    }

    /// A server on data that is there.
    ///
    /// # Panics
    /// When it does not come up.
    pub async fn on(place: Place) -> Self {
        started(Self::launch(place, &["--demo"]).await)
    }

    /// A server on data that is there, unless it refuses; `arguments` follow `serve`.
    ///
    /// # Errors
    /// What it wrote, and the data.
    ///
    /// # Panics
    /// When the binary cannot be started.
    pub async fn launch(place: Place, arguments: &[&str]) -> Result<Self, (String, Place)> {
        Self::launch_in(place, arguments, &[]).await
    }

    /// The same with variables in its environment.
    ///
    /// # Errors
    /// What it wrote, and the data.
    ///
    /// # Panics
    /// When the binary cannot be started.
    pub async fn launch_in(
        place: Place,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self, (String, Place)> {
        let log = place.folder.path().join("stderr.log");
        let errors =
            std::fs::OpenOptions::new().create(true).append(true).open(&log).expect("a log can be written");
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.args(arguments).envs(environment.iter().copied());
        let mut child =
            command.stdout(Stdio::piped()).stderr(errors).spawn().expect("the binary can be started");
        let output = child.stdout.take().expect("the output is ours to read");
        let mut lines = BufReader::new(output).lines();
        let address = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, address)) = line.split_once(SAID) {
                    return Some(address.trim().replace("localhost", "127.0.0.1"));
                }
            }
            None
        };
        let address = tokio::time::timeout(PATIENCE, address).await.ok().flatten();
        let Some(base) = address else {
            let _ = child.kill().await;
            return Err((std::fs::read_to_string(log).unwrap_or_default(), place));
        };
        // Whatever else it says must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let http = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        Ok(Self { child, base, http, place })
    }

    /// Where it is: `http://127.0.0.1:41234`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its process.
    ///
    /// # Panics
    /// When it has ended.
    pub fn process(&self) -> u32 {
        self.child.id().expect("the server is running")
    }

    /// How much memory its process has had at most, in MiB.
    ///
    /// # Panics
    /// When it has ended.
    pub fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux tells");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
    }

    /// Its data.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What it wrote to its standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.place.folder.path().join("stderr.log")).unwrap_or_default()
    }

    /// Somebody who has not signed in.
    pub fn unknown(&self) -> Client {
        Client::unknown(self.http.clone(), &self.base)
    }

    /// One of the people of the small app, signed in.
    pub async fn sign_in(&self, login: &str) -> Client {
        self.unknown().sign_in(login, image::PASSWORD).await
    }

    /// Ends it as `kill -9` does; the data stays.
    ///
    /// # Panics
    /// When the process cannot be killed.
    pub async fn kill(mut self) -> Place {
        self.child.kill().await.expect("our own process can be killed");
        self.place
    }

    /// Asks it to end (`SIGTERM`) and waits; gives how it ended and the data.
    ///
    /// # Panics
    /// When it does not end.
    pub async fn stop(mut self) -> (ExitStatus, Place) {
        let process = self.process().to_string();
        let told = std::process::Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.is_ok_and(|status| status.success()), "our own process can be told to end");
        let ended = tokio::time::timeout(Duration::from_secs(30), self.child.wait()).await;
        (ended.expect("it ends within its farewell").expect("it can be waited for"), self.place)
    }
}

#[track_caller]
fn started(server: Result<TestServer, (String, Place)>) -> TestServer {
    server.unwrap_or_else(|(why, _)| panic!("the server did not start: {why}"))
}

/// Runs a command of the binary without a workspace of its own, such as `check`.
///
/// # Panics
/// When the binary cannot be started.
pub async fn kezhi(arguments: &[&str]) -> Output {
    let folder = Folder::new("none");
    let place = Place { folder, database: None };
    place.command(arguments).output().await.expect("the binary can be started")
}

/// The binary that was built with the tests, or the one named by `KEZHI_BINARY`.
///
/// # Panics
/// When it has not been built.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("KEZHI_BINARY") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a test knows its own path");
    let profile = test.parent().and_then(Path::parent).expect("tests lie in target/<profile>/deps");
    let binary = profile.join("kezhi");
    assert!(binary.exists(), "{} is missing: cargo build -p kezhi-server", binary.display());
    binary
}
