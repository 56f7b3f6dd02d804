//! How the process holds memory: what was freed is to be used again before more is taken.
//!
//! Set once, before any thread is started.

/// Tells the system and the C library to hold less.
///
/// No huge pages: a piece of memory of which a kilobyte is used would hold two mebibytes. And no more heaps of the C
/// library, from which SQLite takes the pages of its caches, than there are cores: it would make eight for each core, a
/// thread would keep to one, and what a long read has freed in one would be of no use in another. `MALLOC_ARENA_MAX` in
/// the environment says otherwise.
pub fn hold_little() {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if std::env::var_os("MALLOC_ARENA_MAX").is_none() {
        limit_heaps(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
    }
}

/// Whether the C library took it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[allow(unsafe_code, reason = "the C library has no other way to be told; see below")]
fn limit_heaps(most: usize) -> bool {
    let most = libc::c_int::try_from(most).unwrap_or(libc::c_int::MAX);
    // SAFETY: `mallopt` takes two numbers, keeps no pointer, holds its own lock and refuses what it does not know.
    unsafe { libc::mallopt(libc::M_ARENA_MAX, most) == 1 }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use super::*;

    #[test]
    fn the_system_and_the_library_take_what_they_are_told() {
        hold_little();
        assert!(rustix::thread::transparent_huge_pages_are_disabled().expect("the system knows them"));
        assert!(limit_heaps(2));
    }
}
