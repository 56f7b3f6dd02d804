//! Input that means harm, at every entrance: answered clearly, the memory of the real process watched.

/// More than anybody takes, announced or sent without end.
mod floods;
/// Numbers, keys and letters that are none.
mod words;
