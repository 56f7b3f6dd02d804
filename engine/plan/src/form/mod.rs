//! Forms: what is visible, required and offered while somebody types, and what a form narrows when it is sent.

mod evaluate;
mod generate;

pub use self::evaluate::{FormState, evaluate, submission};
pub use self::generate::{generated_form, generated_view};

#[cfg(test)]
mod tests;
