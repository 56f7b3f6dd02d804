//! Power cuts: the real binary on a real file, killed at random instants while sixteen callers work.

mod evolution;
mod handover;
mod import;
/// What must hold afterwards.
mod check;
mod kill;
mod merge;
/// Everything at once, without a power cut.
mod mixed;
/// Two processes over one PostgreSQL.
mod nodes;
