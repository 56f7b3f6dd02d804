//! Small pictures are drawn by a child of the same binary, one picture each: what a picture that means harm takes in memory and
//! processor time is the child's, and goes with it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Resource;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::picture;
use crate::depot::unavailable;
use crate::error::Error;
use crate::scripts::limit;

/// How long drawing may take, by the wall clock.
const WALL_LIMIT: Duration = Duration::from_secs(30);
/// Processor time, in seconds.
const PROCESSOR_LIMIT: u64 = 20;
/// Address space, in bytes.
const MEMORY_LIMIT: u64 = 512 * 1024 * 1024;
/// Open files.
const FILE_LIMIT: u64 = 16;
/// The largest small picture, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A small picture of a picture; empty where none can be made.
///
/// # Errors
/// `file.unavailable` when no child can be started.
pub(super) async fn drawn(program: &Path, picture: &[u8]) -> Result<Vec<u8>, Error> {
    let child = Command::new(program)
        .arg("picture-worker")
        .env_clear()
        // The allocator takes no room in advance, so that the limit of memory is the limit.
        .env("MIMALLOC_ARENA_RESERVE", "0")
        .env("MALLOC_ARENA_MAX", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let mut child = child.map_err(|error| unavailable(&format!("no picture can be drawn: {error}")))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(unavailable("no picture can be drawn: the child has no pipes"));
    };
    let exchange = async {
        input.write_all(picture).await?;
        drop(input);
        let mut small = Vec::new();
        output.take(LARGEST).read_to_end(&mut small).await?;
        Ok::<_, std::io::Error>(if child.wait().await?.success() { small } else { Vec::new() })
    };
    match tokio::time::timeout(WALL_LIMIT, exchange).await {
        Ok(Ok(small)) => Ok(small),
        // It was too slow or too large, or died of the picture.
        Ok(Err(_)) | Err(_) => Ok(Vec::new()),
    }
}

/// The life of the child: a picture comes in, a small one or nothing goes out.
///
/// # Errors
/// A sentence when a limit cannot be set or a pipe breaks.
pub fn picture_worker() -> Result<(), String> {
    limit(Resource::Nofile, FILE_LIMIT)?;
    limit(Resource::Core, 0)?;
    limit(Resource::As, MEMORY_LIMIT)?;
    limit(Resource::Cpu, PROCESSOR_LIMIT)?;
    // Being nice is a courtesy: failing to be is no reason to refuse work.
    let _ = rustix::process::nice(10);
    let mut picture = Vec::new();
    std::io::stdin().lock().read_to_end(&mut picture).map_err(|error| error.to_string())?;
    let small = picture::small(&picture).unwrap_or_default();
    std::io::stdout().lock().write_all(&small).map_err(|error| error.to_string())
}
