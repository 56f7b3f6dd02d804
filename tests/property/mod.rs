//! What must hold for anything that is generated, asked of the whole engine. What only `plan` decides is held beside it.

mod evolution;
mod judged;
mod lists;
mod merges;
mod rollups;
mod shared;
