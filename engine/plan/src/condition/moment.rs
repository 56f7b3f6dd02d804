//! Checking what a leaf says about time: durations, and whether it may depend on the instant.

use kezhi_types::condition::Op;
use kezhi_types::said;
use serde_json::Value;

use super::check::Checker;
use super::fit::name;
use super::leaf::value_at;
use super::literal::Left;
use super::node::Test;
use super::value::Class;
use crate::calendar::Duration;
use crate::problem::Problem;

impl Checker<'_> {
    pub(super) fn within(&mut self, value: &Value, left: &Left<'_>) -> Option<Test> {
        let is_date = left.class == Class::Date;
        let duration = self.duration(value, is_date, &value_at(left))?;
        if duration.amount <= 0 {
            self.fail(
                "condition.duration",
                &value_at(left),
                said!("`{}` 需要大于零的时长", "`{}` wants a duration above zero", name(left.op)),
            );
            return None;
        }
        if is_date {
            self.reads.today = true;
        } else {
            self.read_now(left)?;
        }
        Some(Test::Within(if left.op == Op::WithinLast { duration.negated() } else { duration }))
    }

    pub(super) fn read_now(&mut self, left: &Left<'_>) -> Option<()> {
        if self.scope.stored {
            let message = said!("存下来的值不能取决于此刻", "a stored value cannot depend on the instant");
            let help = said!(
                "请与 {{\"ref\": \"today\", \"plus\": \"-30d\"}} 比较，它一天变一次",
                "compare with {{\"ref\": \"today\", \"plus\": \"-30d\"}}, which changes once a day"
            );
            self.problems.push(Problem::error("condition.now_stored", value_at(left), message).help(help));
            return None;
        }
        self.reads.now = true;
        Some(())
    }

    /// Reads a duration; of dates it must count days or more.
    pub(super) fn duration(&mut self, value: &Value, of_date: bool, at: &str) -> Option<Duration> {
        let parsed = value
            .as_str()
            .ok_or_else(|| said!("时长写成文本，例如 \"30d\"", "a duration is a text such as \"30d\""));
        let message = match parsed.and_then(Duration::parse) {
            Ok(duration) if of_date && !duration.is_calendar() => {
                said!("日期只能按 d、w、month、y 移动", "a date moves by d, w, month or y only")
            }
            Ok(duration) => return Some(duration),
            Err(message) => message,
        };
        self.fail("condition.duration", at, message);
        None
    }

    pub(super) fn plus(&mut self, plus: &str, class: &Class, at: &str) -> Option<Duration> {
        if !matches!(class, Class::Date | Class::Instant) {
            self.fail(
                "condition.duration",
                at,
                said!("`plus` 只能移动日期和时间", "`plus` moves dates and instants only"),
            );
            return None;
        }
        self.duration(&Value::String(plus.to_owned()), *class == Class::Date, at)
    }
}
