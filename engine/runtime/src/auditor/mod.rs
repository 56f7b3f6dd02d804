//! What auditors see and do: the entries, the state of the chain, checkpoints, proofs and exports. Nothing here changes an
//! entry; nobody can.

/// Signed states of the chain.
mod checkpoints;
/// Proofs and exports, which take longer than a request.
pub(crate) mod jobs;
/// Entries, page by page.
mod list;
/// The chain against the rows and the checkpoints.
mod prove;
/// Who may audit.
mod rights;
/// The loop that seals.
mod sealer;

pub use checkpoints::SignedCheckpoint;
pub use jobs::ExportFormat;
pub use list::AuditQuestion;
pub use prove::AuditProof;
