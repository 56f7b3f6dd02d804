//! Whole stories, named as sentences.

/// A customer list from another system goes in.
mod import;
/// Letters over SMTP.
mod mail;
mod small_shop;
