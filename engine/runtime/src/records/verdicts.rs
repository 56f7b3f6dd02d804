//! Scripts judge outside of the transaction. Inside, a question that has no answer yet ends the transaction; it is put to
//! a child, and the write is tried again with the answer. The question holds everything that the judgement looks at, so
//! an answer counts only while the facts gathered under the locks are still those that were asked about.

use std::sync::Arc;

use parking_lot::Mutex;

use super::change::WriteContext;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::scripts::{Answer, Question};

/// How many questions are put outside before the rest is judged with the locks held.
const OUTSIDE: usize = 4;

/// Answers that were given outside of the transaction.
#[derive(Debug, Clone, Default)]
pub struct Verdicts(Arc<Mutex<Asked>>);

#[derive(Debug, Default)]
struct Asked {
    answered: Vec<(Question, Answer)>,
    /// What ended the last attempt.
    open: Option<Question>,
}

impl Verdicts {
    /// The answer; none where the question is to be put while the transaction waits.
    ///
    /// # Errors
    /// [`Error::Unjudged`] where it is to be put outside.
    fn to(&self, question: &Question) -> Result<Option<Answer>, Error> {
        let mut asked = self.0.lock();
        if let Some((_, answer)) = asked.answered.iter().find(|(known, _)| known == question) {
            return Ok(Some(answer.clone()));
        }
        if asked.answered.len() >= OUTSIDE {
            return Ok(None);
        }
        asked.open = Some(question.clone());
        Err(Error::Unjudged)
    }
}

impl Runtime {
    /// A script's judgement for a write that is under way.
    ///
    /// # Errors
    /// [`Error::Unjudged`] when it shall be asked for outside; the script's failure.
    pub(crate) async fn judge_by_script(
        &self,
        context: &WriteContext,
        question: Question,
    ) -> Result<Answer, Error> {
        if let Some(verdicts) = &context.verdicts
            && let Some(answer) = verdicts.to(&question)?
        {
            return Ok(answer);
        }
        self.0.scripts.ask(&context.plan, &question).await
    }

    /// Puts the question that ended a transaction; the same write may then be tried again under the same context.
    ///
    /// # Errors
    /// The script's failure.
    pub(super) async fn judge_outside(&self, context: &WriteContext) -> Result<(), Error> {
        let Some(verdicts) = &context.verdicts else { return Ok(()) };
        let Some(question) = verdicts.0.lock().open.take() else { return Ok(()) };
        let answer = self.0.scripts.ask(&context.plan, &question).await?;
        verdicts.0.lock().answered.push((question, answer));
        Ok(())
    }
}
