//! Whole stories, named as sentences.

/// A customer list from another system goes in.
mod import;
mod small_shop;
