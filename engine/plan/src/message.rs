//! Messages: subject and text from a record, by MiniJinja with fuel and a limit on the output.

use std::collections::BTreeSet;
use std::io::{self, Write};

use kezhi_types::def::screen::MessageDef;
use kezhi_types::said;
use minijinja::value::Serde;
use serde_json::Value;

use crate::problem::Problem;
use crate::template::{Refused, environment, refused};

/// Most bytes that a rendering gives.
const LARGEST: usize = 256 * 1024;
/// Most bytes of a line.
const LONGEST_LINE: usize = 1_000;
/// Most bytes of a template.
const LARGEST_TEMPLATE: usize = 64 * 1024;

/// A message, compiled.
#[derive(Debug)]
pub struct MessagePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: MessageDef,
    template: String,
    reads: BTreeSet<String>,
}

/// A message ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line without control characters.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

impl MessagePlan {
    /// Compiles the subject and the `.j2` beside it.
    ///
    /// # Errors
    /// Syntax errors: of the subject at pointer `/subject`, of the template with line and column.
    pub fn compile(key: &str, def: &MessageDef, template: &str) -> Result<Self, Vec<Problem>> {
        let subject = check(&def.subject).map_err(|mut problem| {
            problem.position = None;
            problem.under("/subject")
        });
        match (subject, check(template)) {
            (Ok(mut reads), Ok(more)) => {
                reads.extend(more);
                Ok(Self { key: key.to_owned(), def: def.clone(), template: template.to_owned(), reads })
            }
            (subject, text) => Err(subject.err().into_iter().chain(text.err()).collect()),
        }
    }

    /// Fills it from `{"record": …, …}`. Absent values are empty; nothing in a value is ever taken for a template.
    ///
    /// # Errors
    /// One sentence: what failed.
    pub fn render(&self, context: &Value) -> Result<Rendered, String> {
        let subject = render_line(&self.def.subject, context)?;
        Ok(Rendered { subject, text: render(&self.template, context, LARGEST)? })
    }

    /// Dotted names it uses: `record.name`.
    pub fn reads(&self) -> &BTreeSet<String> {
        &self.reads
    }
}

/// Checks a template of one line, such as a task's title; gives the dotted names it uses.
///
/// # Errors
/// What is wrong with its syntax.
pub fn check_line(template: &str) -> Result<BTreeSet<String>, Problem> {
    check(template).map_err(|mut problem| {
        problem.position = None;
        problem
    })
}

/// Fills a template of one line: `请审批 {{ record.name }}`. Control characters become blanks, so that the line stays one.
///
/// # Errors
/// One sentence: what failed.
pub fn render_line(template: &str, context: &Value) -> Result<String, String> {
    let line = render(template, context, LONGEST_LINE)?;
    let plain: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    Ok(plain.trim().to_owned())
}

fn check(template: &str) -> Result<BTreeSet<String>, Problem> {
    if template.len() > LARGEST_TEMPLATE {
        let message =
            said!("模板最多 {LARGEST_TEMPLATE} 字节", "a template has at most {LARGEST_TEMPLATE} bytes");
        return Err(Problem::error("message.too_long", "", message));
    }
    if let Some(Refused { position, code, message, help }) = refused(template) {
        let mut problem = Problem::error(code, "", message);
        problem.position = Some(position);
        return Err(problem.help(help));
    }
    let environment = environment();
    match environment.template_from_str(template) {
        Ok(template) => Ok(template.undeclared_variables(true).into_iter().collect()),
        Err(error) => {
            let said = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
            let problem = Problem::error("message.syntax", "", said!("模板写法不对：{said}", "{said}"));
            let mut problem = problem.help(said!(
                "字段写成 `{{{{ record.name }}}}`；`{{% if %}}` 和 `{{% for %}}` 要有对应的 `{{% endif %}}` 和 `{{% endfor %}}`。",
                "A field is written `{{{{ record.name }}}}`; `{{% if %}}` and `{{% for %}}` end with `{{% endif %}}` and `{{% endfor %}}`."
            ));
            problem.position = error.line().and_then(|line| Some((u32::try_from(line).ok()?, 1)));
            Err(problem)
        }
    }
}

fn render(template: &str, context: &Value, limit: usize) -> Result<String, String> {
    let environment = environment();
    let said = |error: minijinja::Error| match (error.detail(), error.line()) {
        (Some(detail), Some(line)) => format!("{}: {detail} (line {line})", error.kind()),
        _ => error.kind().to_string(),
    };
    let mut output = Limited { bytes: Vec::new(), limit, is_over: false };
    let template = environment.template_from_str(template).map_err(said)?;
    let rendered = template.render_captured_to(Serde(context), &mut output).map(drop);
    if output.is_over {
        return Err(format!("the text is longer than {limit} bytes"));
    }
    rendered.map_err(said)?;
    String::from_utf8(output.bytes).map_err(|_| "the text is no text".to_owned())
}

/// Takes so many bytes and no more.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
    is_over: bool,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.is_over = true;
            return Err(io::Error::other("the text is too long"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(subject: &str, template: &str) -> Result<MessagePlan, Vec<Problem>> {
        let def = json!({"title": "生日", "channels": ["email"], "subject": subject});
        MessagePlan::compile("birthday", &serde_json::from_value(def).expect("a message"), template)
    }

    #[allow(clippy::needless_pass_by_value, reason = "json! reads better in the call")]
    fn text(template: &str, record: Value) -> Result<String, String> {
        let plan = message("s", template).unwrap_or_else(|problems| panic!("{template}: {problems:?}"));
        plan.render(&json!({"record": record})).map(|rendered| rendered.text)
    }

    #[test]
    fn a_message_is_filled_from_the_record() {
        let plan = message(
            "{{ record.name }}，生日快乐",
            "{% for line in record.lines %}{{ line.qty }};{% endfor %}{{ sender }}",
        )
        .expect("fine");
        let rendered = plan.render(
            &json!({"record": {"name": "王\r\nBcc: x", "lines": [{"qty": 1}, {"qty": 2}]}, "sender": "客服"}),
        );
        assert_eq!(
            rendered,
            Ok(Rendered { subject: "王  Bcc: x，生日快乐".into(), text: "1;2;客服".into() })
        );
        let reads: Vec<_> = plan.reads().iter().map(String::as_str).collect();
        assert_eq!(reads, ["record.lines", "record.name", "sender"]);
    }

    #[test]
    fn what_is_absent_is_empty_and_values_are_never_code() {
        assert_eq!(
            text("[{{ record.a }}{{ record.b.c }}{{ record.none }}]", json!({"none": null})),
            Ok("[]".into())
        );
        assert_eq!(text("{{ record.name }}", json!({"name": "{{ 1 + 1 }}<b>"})), Ok("{{ 1 + 1 }}<b>".into()));
        assert_eq!(text("{{ record.name | default('无') }}", json!({})), Ok("无".into()));
    }

    #[test]
    fn a_wrong_template_says_where() {
        let problem = message("s", "a\n{{ record.name").expect_err("wrong").remove(0);
        assert_eq!((problem.code, problem.position), ("message.syntax", Some((2, 1))));
        let problem = message("{% if %}", "a").expect_err("wrong").remove(0);
        assert_eq!(
            (problem.code, problem.pointer.as_str(), problem.position),
            ("message.syntax", "/subject", None)
        );
        let problem = message("s", "a * b {{ '*' }}\n{{ 'a' * 9 }}").expect_err("wrong").remove(0);
        assert_eq!((problem.code, problem.position), ("message.multiplication", Some((2, 8))));
        assert!(check_line("{{ record.name }} *").is_ok());
        assert_eq!(message("s", "{% include 'x' %}").expect_err("wrong")[0].code, "message.syntax");
    }

    #[test]
    fn work_and_output_are_limited() {
        assert!(
            text("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", json!({}))
                .is_err()
        );
        let long = "x".repeat(10_000);
        let error = text("{% for a in range(100) %}{{ record.name }}{% endfor %}", json!({"name": long}));
        assert_eq!(error, Err("the text is longer than 262144 bytes".into()));
        assert!(render_line("{{ record.name }}", &json!({"record": {"name": long}})).is_err());
    }

    #[test]
    fn no_filter_makes_much_of_little() {
        let long = json!({"name": "a".repeat(60_000), "tags": vec!["b".repeat(1_000); 1_000]});
        for greedy in [
            "{{ record.name | replace('a', record.name) | length }}",
            "{{ record.name | replace('', record.name) | length }}",
            "{{ record.tags | join(record.name) | length }}",
            "{{ record.tags | join | length }}",
            "{{ range(100000) | join(record.name) | length }}",
            "{{ record.tags | map('replace', 'b', record.name) | list | length }}",
            "{{ record.tags | string | length }}",
            "{% for i in range(9999) %}{% if record.name | list | sort | length %}{% endif %}{% endfor %}",
            "{{ record.name | e | replace('a', '&') | e | e | e | e | length }}",
        ] {
            assert!(text(greedy, long.clone()).is_err(), "{greedy}");
        }
        for (fine, said) in [
            ("{{ record.tags | length }}", "1000"),
            ("{{ 'a,b' | split(',') | join('-') | upper }}", "A-B"),
            ("{{ 'x' | replace('x', 'y') }}{{ [3, 1, 2] | sort | first }}", "y1"),
            ("{{ [1, 2] | join(', ') }}{{ '2.50' | float | round(1) }}", "1, 22.5"),
        ] {
            assert_eq!(text(fine, long.clone()), Ok(said.into()), "{fine}");
        }
        for gone in
            ["{{ 'a' | indent(1000000) }}", "{{ [1] | batch(100000000, 'x') }}", "{{ '%99s' | format('a') }}"]
        {
            assert!(message("s", gone).is_err() || text(gone, json!({})).is_err(), "{gone}");
        }
    }
}
