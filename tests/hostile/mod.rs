//! Input that means harm, at every entrance: answered clearly, the memory of the real process watched.

/// Archives that hold something else.
mod archives;
/// More than anybody takes, announced or sent without end.
mod floods;
/// Requests that nobody thought of.
mod generated;
/// What every answer carries.
mod headers;
/// Ways out that lead in.
mod outbound;
/// Questions that ask too much.
mod questions;
/// What no browser would send.
mod wire;
/// Numbers, keys and letters that are none.
mod words;
