//! The `kezhi` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    kezhi_server::cli::run()
}
