//! Power cuts: the real binary on a real file, killed at random instants while sixteen callers work.

mod kill;
