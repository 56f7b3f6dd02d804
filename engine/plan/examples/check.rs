//! `cargo run -q -p kezhi-plan --example check -- DIR`: compiles a folder of definitions and prints what is wrong.

use std::path::Path;
use std::process::ExitCode;

use kezhi_plan::compile::compile;
use kezhi_types::Severity;
use kezhi_types::def::files::Folder;

#[allow(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> ExitCode {
    let Some(root) = std::env::args().nth(1) else {
        println!("usage: check DIR");
        return ExitCode::from(2);
    };
    let mut folder = Folder::default();
    if let Err(error) = read(Path::new(&root), "", &mut folder) {
        println!("{root}: {error}");
        return ExitCode::from(3);
    }
    let compiled = compile(&folder, 0);
    for found in &compiled.diagnostics {
        let severity = format!("{:?}", found.severity).to_lowercase();
        let place = format!("{}:{}:{}", found.path, found.line, found.column);
        println!("{place}: {severity}[{}]: {}", found.code, found.message.en);
        if !found.help.is_empty() {
            println!("  help: {}", found.help.en);
        }
    }
    let errors = compiled.diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    println!(
        "{} files, {errors} errors, {} other findings",
        folder.0.len(),
        compiled.diagnostics.len() - errors
    );
    for result in compiled.plan.iter().flat_map(kezhi_plan::cases::run) {
        for failure in &result.failures {
            println!("{}: case “{}”: {failure}", result.path, result.name);
        }
    }
    ExitCode::from(u8::from(errors > 0))
}

fn read(folder: &Path, prefix: &str, into: &mut Folder) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &format!("{path}/"), into)?;
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            into.0.insert(path, text);
        }
    }
    Ok(())
}
