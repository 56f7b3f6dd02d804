//! Whole stories, named as sentences.

mod small_shop;
/// A customer list from another system goes in.
mod import;
