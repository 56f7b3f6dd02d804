//! Power cuts: the real binary on a real file, killed at random instants while sixteen callers work.

mod import;
/// What must hold afterwards.
mod check;
mod kill;
/// Two processes over one PostgreSQL.
mod nodes;
