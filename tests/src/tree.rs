//! The source tree, for tests about the code itself.

use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository").to_owned()
}

/// Every file below `folder` (relative to the top) whose name ends with `ending`, in order; never what was built.
///
/// # Panics
/// When a folder cannot be read.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    found.sort();
    found
}

/// A path as people write it: relative to the top, with forward slashes.
pub fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a source folder can be read") {
        let path = entry.expect("a source folder can be read").path();
        let built =
            path.file_name().is_some_and(|name| name == "target" || name == "node_modules" || name == "dist");
        if path.is_dir() && !built {
            walk(&path, ending, found);
        } else if path.is_file() && path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}
