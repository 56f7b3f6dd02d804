//! Files: sent by people, held by fields of records, read by whoever may read such a field.

/// What a file is, by its first bytes and its name.
mod media;
/// Small pictures of pictures.
mod picture;
/// Who draws them.
mod draw;
/// Whether those that records name are there.
mod prove;
/// Sending one.
mod receive;
/// Reading one.
mod serve;
/// What nobody holds is removed.
mod sweep;

pub use draw::picture_worker;
pub use receive::Received;
pub use serve::{FileRead, Part};
