//! Whole stories, named as sentences. See `all.rs`.

/// A customer list from another system goes in.
mod import;
