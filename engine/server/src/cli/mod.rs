//! The commands. Exit codes: 0 done, 1 the input is wrong, 2 usage, 3 the environment.

/// A sentence in the language of the command line: `told!("中文 {x}", "English {x}")`.
macro_rules! told {
    ($($said:tt)*) => {
        ::kezhi_types::said!($($said)*).to($crate::cli::language()).to_owned()
    };
}

/// The audit, and proofs.
mod audit;
/// Commands over a folder of definitions: `check`, `test`, `schema`.
mod folder;
/// Files of rows.
mod import;
/// How a command speaks to a workspace: through the operator's socket, or by opening it itself.
mod operator;
/// People: links, lists from files.
mod people;
/// `kezhi serve`.
mod serve;
/// Commands about rights: `token`, `access`.
mod tokens;
/// Commands over a workspace: `plan`, `apply`, `export`, `template`, `user`, `import`, `sample`.
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use kezhi_types::text::Language;

/// How a command ended.
#[derive(Debug)]
pub enum Failure {
    /// What was given is wrong; exit code 1.
    Input(String),
    /// The machine does not allow it: a port that is taken, a database that does not answer; exit code 3.
    Environment(String),
}

#[derive(Debug, Parser)]
#[command(
    name = "kezhi",
    version,
    about = "Kezhi 客制: a low-code CRM engine",
    disable_help_subcommand = true
)]
struct Arguments {
    /// Folder of the workspace's database, files and socket.
    #[arg(long, global = true, env = "KEZHI_DATA_DIR", default_value = "data")]
    data_dir: PathBuf,
    /// postgres://user@host/database instead of SQLite in the data folder.
    #[arg(long, global = true)]
    database: Option<String>,
    /// The workspace; there is one so far, called default.
    #[arg(long, global = true, default_value = "default")]
    workspace: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the interface and the API.
    Serve {
        /// Address and port; 127.0.0.1:8080 when absent.
        #[arg(long)]
        listen: Option<String>,
        /// Installs the retail template with sample data into an empty workspace; demo accounts, movable clock.
        #[arg(long)]
        demo: bool,
    },
    /// Compiles a folder of definitions and prints every finding.
    Check {
        /// The folder.
        dir: PathBuf,
        /// As JSON, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Runs the cases and scenarios of a template under a virtual clock.
    Test {
        /// The folder.
        dir: PathBuf,
    },
    /// Shows what making the app equal to a folder would change.
    Plan {
        /// The folder.
        dir: PathBuf,
    },
    /// Makes the app equal to a folder, atomically.
    Apply {
        /// The folder.
        dir: PathBuf,
        /// Why.
        #[arg(long, default_value = "apply a folder")]
        note: String,
        /// Confirms the steps that lose something.
        #[arg(long)]
        confirm: bool,
    },
    /// Writes the app as files.
    Export {
        /// The folder; made if it is not there.
        dir: PathBuf,
    },
    /// Templates.
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Departments.
    #[command(subcommand)]
    Department(DepartmentCommand),
    /// Tokens of the API.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Why a person may do something with a record, or what they lack.
    Access {
        /// Key of the entity.
        entity: String,
        /// Id of the record.
        record: String,
        /// Login of the person.
        #[arg(long)]
        person: String,
        /// What they would do, such as read; everything when absent.
        #[arg(long)]
        action: Option<String>,
        /// A field of the record.
        #[arg(long)]
        field: Option<String>,
    },
    /// Sample data.
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Creates or changes records from a CSV or XLSX file.
    Import(Box<import::ImportArguments>),
    /// Proves promoted columns, search words and rollups against the records, and the audit's chain; exit code 1 where
    /// something differs.
    Verify {
        /// Writes anew what differs; never the audit.
        #[arg(long)]
        repair: bool,
        /// Checkpoints of the audit that were kept elsewhere, one a line.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// The audit: its key, its checkpoints, its entries as a file.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Writes the meta-schemas of definitions.
    Schema {
        /// Where to; templates/schema in the source tree when absent.
        #[arg(default_value = "templates/schema")]
        dir: PathBuf,
    },
    /// Judges with scripts on behalf of a server; started by it.
    #[command(hide = true)]
    ScriptWorker,
    /// Draws a small picture on behalf of a server; started by it.
    #[command(hide = true)]
    PictureWorker,
    /// Reads a workbook before 2007 on behalf of a server; started by it.
    #[command(hide = true)]
    WorkbookWorker,
}

#[derive(Debug, Subcommand)]
enum TemplateCommand {
    /// The templates in the binary.
    List,
    /// Installs a template.
    Install {
        /// Its key.
        key: String,
        /// With its people and sample records.
        #[arg(long)]
        sample: bool,
    },
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Makes an account; prints a password unless one is given on standard input.
    Create {
        /// What they sign in with.
        login: String,
        /// Their name.
        #[arg(long)]
        name: Option<String>,
        /// Where they get mail.
        #[arg(long)]
        email: Option<String>,
        /// A role; may be repeated.
        #[arg(long = "role")]
        roles: Vec<String>,
    },
    /// Gives a new password and prints it, unless it is given on standard input.
    ResetPassword {
        /// Whose.
        login: String,
    },
    /// Makes a one-time link by which somebody chooses their password; sent by mail where mail goes out, else printed.
    Link {
        /// Whose.
        login: String,
    },
    /// Makes and changes people as a CSV or XLSX file says; exit code 1 where a row is wrong.
    Import {
        /// The file; its first row names the columns.
        file: PathBuf,
        /// Checks everything and stores nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Takes all second factors from somebody who lost them; the password alone opens then.
    ResetFactors {
        /// Whose.
        login: String,
    },
    /// Every account.
    List,
}

#[derive(Debug, Subcommand)]
enum DepartmentCommand {
    /// Makes and changes departments as a CSV or XLSX file says; exit code 1 where a row is wrong.
    Import {
        /// The file; its first row names the columns.
        file: PathBuf,
        /// Checks everything and stores nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Makes a token and prints it this once.
    Create {
        /// A role that it keeps of its owner's; may be repeated, all of them when absent.
        #[arg(long = "role")]
        roles: Vec<String>,
        /// Whose; the only administrator when absent.
        #[arg(long)]
        user: Option<String>,
        /// What it is called.
        #[arg(long, default_value = "command line")]
        name: String,
        /// An entity that it reaches; may be repeated, all that its roles reach when absent.
        #[arg(long = "entity")]
        entities: Vec<String>,
        /// It changes nothing.
        #[arg(long)]
        read_only: bool,
        /// When it ends, such as 2027-01-01T00:00:00Z; never when absent.
        #[arg(long)]
        expires: Option<String>,
        /// An address or network from which it is heard; may be repeated, everywhere when absent.
        #[arg(long = "network")]
        networks: Vec<String>,
    },
    /// Every token.
    List,
    /// Takes a token back.
    Revoke {
        /// Its id, as `list` tells it.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum SampleCommand {
    /// Removes every sample record, keeping definitions and everything else.
    Remove,
}

/// Reads the arguments and does what they say.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match execute(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Input(why)) => ended(&why, 1),
        Err(Failure::Environment(why)) => ended(&why, 3),
    }
}

fn ended(why: &str, code: u8) -> ExitCode {
    use std::io::Write;
    if !why.is_empty() {
        let _ = writeln!(std::io::stderr(), "kezhi: {why}");
    }
    ExitCode::from(code)
}

/// There is one workspace so far.
fn is_default(workspace: &str) -> Result<(), Failure> {
    if workspace == "default" {
        return Ok(());
    }
    Err(Failure::Input(told!(
        "没有工作区 `{workspace}`；目前只有一个，叫 default",
        "there is no workspace `{workspace}`; there is one so far, called default"
    )))
}

fn execute(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { data_dir, database, workspace, command } = arguments;
    is_default(&workspace)?;
    let child = match command {
        Command::ScriptWorker => Some(kezhi_runtime::scripts::child_main()),
        Command::PictureWorker => Some(kezhi_runtime::files::picture_worker()),
        Command::WorkbookWorker => Some(kezhi_runtime::import::workbook_worker()),
        _ => None,
    };
    if let Some(ended) = child {
        return ended.map_err(Failure::Environment);
    }
    let threads = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Environment(error.to_string()))?;
    let place = operator::Place { data_dir, database };
    threads.block_on(async {
        match command {
            Command::ScriptWorker | Command::PictureWorker | Command::WorkbookWorker => Ok(()),
            Command::Serve { listen, demo } => serve::serve(place, listen, demo).await,
            Command::Check { dir, json } => folder::check(&dir, json),
            Command::Test { dir } => folder::test(&dir).await,
            Command::Schema { dir } => folder::schema(&dir),
            Command::Plan { dir } => workspace::plan(&place, &dir).await,
            Command::Apply { dir, note, confirm } => workspace::apply(&place, &dir, (note, confirm)).await,
            Command::Export { dir } => workspace::export(&place, &dir).await,
            Command::Template(TemplateCommand::List) => workspace::list_templates(),
            Command::Template(TemplateCommand::Install { key, sample }) => {
                workspace::install(&place, &key, sample).await
            }
            Command::User(UserCommand::Create { login, name, email, roles }) => {
                workspace::create_user(&place, (login, name, email), roles).await
            }
            Command::User(UserCommand::ResetPassword { login }) => {
                workspace::reset_password(&place, &login).await
            }
            Command::User(UserCommand::Link { login }) => people::link(&place, &login).await,
            Command::User(UserCommand::Import { file, dry_run }) => {
                people::import(&place, "users", (&file, dry_run)).await
            }
            Command::Department(DepartmentCommand::Import { file, dry_run }) => {
                people::import(&place, "departments", (&file, dry_run)).await
            }
            Command::User(UserCommand::ResetFactors { login }) => {
                workspace::reset_factors(&place, &login).await
            }
            Command::User(UserCommand::List) => workspace::list_users(&place).await,
            Command::Token(command) => tokens::tokens(&place, command).await,
            Command::Access { entity, record, person, action, field } => {
                tokens::access(&place, (&entity, &record), (&person, action, field)).await
            }
            Command::Sample(SampleCommand::Remove) => workspace::remove_sample(&place).await,
            Command::Verify { repair, checkpoints } => audit::verify(&place, repair, checkpoints).await,
            Command::Audit(command) => audit::audit(&place, command).await,
            Command::Import(arguments) => import::import(&place, *arguments).await,
        }
    })
}

/// The language that commands speak: the first of `KEZHI_LANG`, `LC_ALL`, `LC_MESSAGES` and `LANG` that says anything
/// decides; 中文 where it begins with `zh`, English otherwise.
fn language() -> Language {
    let said = ["KEZHI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(std::env::var_os);
    spoken(said.map(|value| value.to_string_lossy().into_owned()))
}

fn spoken(said: impl Iterator<Item = String>) -> Language {
    let mut said = said.filter(|value| !value.is_empty());
    let chinese = said.next().is_some_and(|value| value.to_ascii_lowercase().starts_with("zh"));
    if chinese { Language::Chinese } else { Language::English }
}

/// Prints a line for people.
fn say(line: impl AsRef<str>) {
    use std::io::Write;
    // Whoever closed the pipe does not want to hear more.
    let _ = writeln!(std::io::stdout(), "{}", line.as_ref());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_anything_decides_the_language() {
        let spoken = |said: &[&str]| spoken(said.iter().map(|value| (*value).to_owned()));
        assert_eq!(spoken(&["", "zh_CN.UTF-8", "en_US.UTF-8"]), Language::Chinese);
        assert_eq!(spoken(&["en", "zh_CN.UTF-8"]), Language::English);
        assert_eq!(spoken(&["C.UTF-8"]), Language::English);
        assert_eq!(spoken(&[]), Language::English);
    }
}
