//! A template read word by word, before it is compiled: what would build values out of values is not taken.

use kezhi_types::{Said, said};

/// Something in a template that is not taken: its place, its code, and what to do instead.
pub(crate) struct Refused {
    /// Line and column, from 1.
    pub position: (u32, u32),
    pub code: &'static str,
    pub message: Said,
    pub help: Said,
}

/// The first thing that a template may not say.
pub(crate) fn refused(template: &str) -> Option<Refused> {
    let mut reader = Reader { letters: template.chars().peekable(), line: 1, column: 0 };
    while let Some(code) = reader.next_code() {
        if let Some(found) = judged(&code) {
            return Some(found);
        }
    }
    None
}

/// A piece of code: `{{ … }}` or `{% … %}`.
struct Code {
    is_tag: bool,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    kind: Kind,
    position: (u32, u32),
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Word(String),
    Number,
    Text,
    Sign(char),
}

fn judged(code: &Code) -> Option<Refused> {
    let kinds: Vec<&Kind> = code.tokens.iter().map(|token| &token.kind).collect();
    let word = |at: usize| match kinds.get(at) {
        Some(Kind::Word(word)) => Some(word.as_str()),
        _ => None,
    };
    let place = |at: usize| code.tokens.get(at).map_or((1, 1), |token| token.position);
    if code.is_tag {
        let is_block = matches!(word(0), Some("filter" | "endfilter" | "endset" | "macro" | "call"));
        let at = kinds.iter().position(|kind| matches!(kind, Kind::Word(word) if word == "recursive"));
        let again = at.filter(|_| word(0) == Some("for"));
        if let Some(at) = again.or(is_block.then_some(0)) {
            return Some(building(place(at)));
        }
    }
    for (at, kind) in kinds.iter().enumerate() {
        let Kind::Sign(sign) = kind else { continue };
        let follows_value = at > 0
            && match kinds[at - 1] {
                Kind::Word(word) => !is_keyword(word),
                Kind::Number | Kind::Text | Kind::Sign(')' | ']' | '}') => true,
                Kind::Sign(_) => false,
            };
        match sign {
            '*' => return Some(multiplying(place(at))),
            '~' => return Some(joining(place(at))),
            '+' if follows_value && kinds.get(at + 1) != Some(&&Kind::Number) => {
                return Some(joining(place(at)));
            }
            '[' | '{' if !follows_value && !is_constant(&kinds[at..]) => return Some(building(place(at))),
            '(' if !follows_value && has_comma(&kinds[at..]) => return Some(building(place(at))),
            _ => {}
        }
    }
    None
}

/// Words behind which a value begins.
fn is_keyword(word: &str) -> bool {
    ["in", "and", "or", "not", "is", "if", "elif", "else", "for", "set", "with", "do"].contains(&word)
}

/// Whether a list or a map is made of literals alone.
fn is_constant(kinds: &[&Kind]) -> bool {
    let mut depth = 0_usize;
    for kind in kinds {
        match kind {
            Kind::Sign('[' | '{') => depth += 1,
            Kind::Sign(']' | '}') => {
                depth -= 1;
                if depth == 0 {
                    return true;
                }
            }
            Kind::Sign(',' | '-' | ':') | Kind::Number | Kind::Text => {}
            Kind::Word(word)
                if ["true", "false", "none", "True", "False", "None"].contains(&word.as_str()) => {}
            _ => return false,
        }
    }
    false
}

/// Whether a comma stands between these brackets and no others.
fn has_comma(kinds: &[&Kind]) -> bool {
    let mut depth = 0_usize;
    for kind in kinds {
        match kind {
            Kind::Sign('(' | '[' | '{') => depth += 1,
            Kind::Sign(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return false;
                }
            }
            Kind::Sign(',') if depth == 1 => return true,
            _ => {}
        }
    }
    false
}

fn multiplying(position: (u32, u32)) -> Refused {
    Refused {
        position,
        code: "message.multiplication",
        message: said!("模板里不能做乘法", "a template does not multiply"),
        help: said!("请做一个计算字段，在这里引用它", "write a computed field and name it here"),
    }
}

fn joining(position: (u32, u32)) -> Refused {
    Refused {
        position,
        code: "message.joining",
        message: said!("模板里不能拼接文字或列表", "a template does not join texts or lists"),
        help: said!(
            "把它们一个接一个地写：`{{{{ record.a }}}}{{{{ record.b }}}}`；要相加请做一个计算字段",
            "write them one behind the other: `{{{{ record.a }}}}{{{{ record.b }}}}`; for a sum write a computed field"
        ),
    }
}

fn building(position: (u32, u32)) -> Refused {
    Refused {
        position,
        code: "message.building",
        message: said!(
            "模板里不能由变量构造列表、表或文字块，也不能递归",
            "a template builds no lists, maps or blocks of variables, and does not recur"
        ),
        help: said!("直接写出要显示的字段", "show the fields where they are wanted"),
    }
}

/// Reads a template letter by letter and finds its code.
struct Reader<'a> {
    letters: std::iter::Peekable<std::str::Chars<'a>>,
    line: u32,
    column: u32,
}

impl Reader<'_> {
    fn step(&mut self) -> Option<char> {
        let letter = self.letters.next()?;
        if letter == '\n' {
            (self.line, self.column) = (self.line + 1, 0);
        } else {
            self.column += 1;
        }
        Some(letter)
    }

    /// The next piece of code; comments and raw text hold none.
    fn next_code(&mut self) -> Option<Code> {
        loop {
            if self.step()? != '{' {
                continue;
            }
            match self.letters.peek() {
                Some('{') => return Some(Code { is_tag: false, tokens: self.tokens('}') }),
                Some('%') => {
                    let tokens = self.tokens('%');
                    let is_raw =
                        matches!(tokens.first(), Some(Token { kind: Kind::Word(word), .. }) if word == "raw");
                    if is_raw {
                        self.skip_raw();
                        continue;
                    }
                    return Some(Code { is_tag: true, tokens });
                }
                Some('#') => {
                    let mut before = ' ';
                    while let Some(letter) = self.step() {
                        if before == '#' && letter == '}' {
                            break;
                        }
                        before = letter;
                    }
                }
                _ => {}
            }
        }
    }

    /// Goes behind `{% endraw %}`.
    fn skip_raw(&mut self) {
        while let Some(letter) = self.step() {
            if letter == '{' && self.letters.peek() == Some(&'%') {
                let tokens = self.tokens('%');
                let ends =
                    matches!(tokens.first(), Some(Token { kind: Kind::Word(word), .. }) if word == "endraw");
                if ends {
                    return;
                }
            }
        }
    }

    /// The tokens to the end of this code: to `}}`, or to `%}`.
    fn tokens(&mut self, end: char) -> Vec<Token> {
        self.step();
        // A dash or a plus there and before the end is about blanks.
        if matches!(self.letters.peek(), Some('-' | '+')) {
            self.step();
        }
        let mut tokens: Vec<Token> = Vec::new();
        let mut open = 0_usize;
        while let Some(letter) = self.step() {
            let position = (self.line, self.column);
            let kind = match letter {
                _ if letter == end && open == 0 && self.letters.peek() == Some(&'}') => {
                    self.step();
                    if matches!(tokens.last(), Some(Token { kind: Kind::Sign('-' | '+'), .. })) {
                        tokens.pop();
                    }
                    return tokens;
                }
                '"' | '\'' => {
                    self.skip_text(letter);
                    Kind::Text
                }
                _ if letter.is_ascii_digit() => {
                    while self.letters.peek().is_some_and(|next| next.is_ascii_alphanumeric() || *next == '_')
                    {
                        self.step();
                    }
                    Kind::Number
                }
                _ if letter.is_alphanumeric() || letter == '_' => Kind::Word(self.word(letter)),
                _ if letter.is_whitespace() => continue,
                sign => {
                    match sign {
                        '{' => open += 1,
                        '}' => open = open.saturating_sub(1),
                        _ => {}
                    }
                    Kind::Sign(sign)
                }
            };
            tokens.push(Token { kind, position });
        }
        tokens
    }

    fn word(&mut self, first: char) -> String {
        let mut word = String::from(first);
        while let Some(next) =
            self.letters.peek().copied().filter(|next| next.is_alphanumeric() || *next == '_')
        {
            word.push(next);
            self.step();
        }
        word
    }

    fn skip_text(&mut self, quote: char) {
        while let Some(letter) = self.step() {
            match letter {
                '\\' => _ = self.step(),
                _ if letter == quote => return,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_template_may_say() {
        for taken in [
            "a * b ~ c + d [e, f]",
            "{{ record.name }}{{ record.lines[0].qty }}",
            "{{ loop.index + 1 }}{{ +1 }}{{- record.a -}}{{ record.a | default('*~+') }}",
            "{% if record.status in [\"a\", \"b\"] and not (record.x or record.y) %}x{% endif %}",
            "{% for line in record.lines | sort(attribute='qty') -%}{{ line.qty | round(2) }}{%+ endfor %}",
            "{# a ~ b #}{% raw %}{{ a ~ b * c }}{% endraw %}{{ record.a }}",
            "{% set a = record.name %}{% with b = a %}{{ b }}{% endwith %}",
            "{{ {'a': 1}['a'] }}",
        ] {
            assert!(refused(taken).is_none(), "{taken}");
        }
        for (code, position, wrong) in [
            ("message.multiplication", (2, 8), "a\n{{ 'a' * 9 }}"),
            ("message.multiplication", (1, 6), "{{ 2 ** 9 }}"),
            ("message.joining", (1, 6), "{{ a ~ b }}"),
            ("message.joining", (1, 16), "{% if b == 'x' + b %}"),
            ("message.joining", (1, 6), "{{ a + b }}"),
            ("message.joining", (1, 31), "{% raw %}x{% endraw %}{{ '}}' ~ a }}"),
            ("message.building", (1, 12), "{% set a = [a, a] %}"),
            ("message.building", (1, 12), "{% set a = (a, a) %}"),
            ("message.building", (1, 12), "{% set a = {'x': a} %}"),
            ("message.building", (1, 13), "{% for b in [a] %}"),
            ("message.building", (1, 22), "{% set a %}{{ a }}{% endset %}"),
            ("message.building", (1, 4), "{% filter upper %}x{% endfilter %}"),
            ("message.building", (1, 15), "{% for a in b recursive %}"),
        ] {
            let found = refused(wrong).unwrap_or_else(|| panic!("{wrong}"));
            assert_eq!((found.code, found.position), (code, position), "{wrong}");
        }
    }
}
