//! What must hold for anything that is generated, asked of the whole engine. What only `plan` decides is held beside it.

mod judged;
mod lists;
