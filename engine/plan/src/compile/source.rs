//! The text of one file, read strictly, with the place of every value.
//!
//! JSON only: no comments, no trailing commas, no duplicate keys, at most [`DEPTH`] levels. Places are
//! one-based lines and columns in characters.

use std::collections::BTreeMap;

use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};
use kezhi_types::said;
use serde_json::Value;

use crate::problem::Problem;

/// How deeply values may be nested.
pub const DEPTH: usize = 64;

/// A line and a column, both from 1.
pub type Place = (u32, u32);

/// One JSON file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its path within the folder.
    pub path: String,
    /// What it says; null where it could not be read.
    pub value: Value,
    spots: BTreeMap<String, Spot>,
}

#[derive(Debug, Clone, Copy)]
struct Spot {
    key: Option<Place>,
    value: Place,
    container: bool,
}

impl Source {
    /// Reads `text`. The problems are those of the JSON itself; with an error among them the value is null.
    pub fn read(path: &str, text: &str) -> (Self, Vec<Problem>) {
        let mut source = Self { path: path.to_owned(), value: Value::Null, spots: BTreeMap::new() };
        let lines = Lines::new(text);
        if let Some(at) = too_deep(text) {
            let problem = Problem::error(
                "json.too_deep",
                "",
                said!("内容嵌套超过 {DEPTH} 层。", "Values are nested more than {DEPTH} levels deep."),
            )
            .help(said!(
                "请拆分定义，或者把里面的部分改写成脚本。",
                "Split the definition, or turn the inner part into a script."
            ));
            return (source, vec![positioned(problem, lines.place(at))]);
        }
        let tree = match parse_to_ast(text, &COLLECT, &STRICT) {
            Ok(parsed) => parsed.value,
            Err(error) => {
                let problem = Problem::error(
                    "json.syntax",
                    "",
                    said!("这不是 JSON：{}。", "This is not JSON: {}.", error.kind()),
                )
                .help(said!(
                    "只接受标准 JSON：用双引号，各项之间用逗号，没有注释。",
                    "Only plain JSON is read: double quotes, commas between items, no comments."
                ));
                return (source, vec![positioned(problem, lines.place(error.range().start))]);
            }
        };
        let mut walk = Walk { lines: &lines, spots: BTreeMap::new(), problems: Vec::new() };
        if let Some(tree) = &tree {
            walk.value(tree, None, &mut String::new());
        }
        let Walk { spots, problems, .. } = walk;
        source.spots = spots;
        match serde_json::from_str(text) {
            Ok(value) => source.value = value,
            Err(error) => {
                let (line, column) = (error.line().max(1), error.column().max(1));
                let place = (u32::try_from(line).unwrap_or(1), lines.characters(line, column));
                let problem = Problem::error(
                    "json.syntax",
                    "",
                    said!("这不是 JSON：{}。", "This is not JSON: {}.", plain(&error)),
                )
                .help(said!(
                    "只接受标准 JSON：用双引号，各项之间用逗号，没有注释。",
                    "Only plain JSON is read: double quotes, commas between items, no comments."
                ));
                return (source, vec![positioned(problem, place)]);
            }
        }
        (source, problems)
    }

    /// Where the value at `pointer` stands: the key of an object or list, else the value itself. A pointer to
    /// nothing gives the place of what it would lie in.
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            match self.spots.get(pointer) {
                Some(Spot { key: Some(key), container: true, .. }) => return *key,
                Some(spot) => return spot.value,
                None if pointer.is_empty() => return (1, 1),
                None => pointer = parent(pointer),
            }
        }
    }

    /// Where the key of the member at `pointer` stands.
    pub fn key_place(&self, pointer: &str) -> Place {
        match self.spots.get(pointer) {
            Some(Spot { key: Some(key), .. }) => *key,
            _ => self.place(pointer),
        }
    }
}

const COLLECT: CollectOptions = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// A key as it stands in a JSON pointer.
pub fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// The part of a pointer before its last key.
pub fn parent(pointer: &str) -> &str {
    pointer.rfind('/').map_or("", |at| &pointer[..at])
}

/// The last key of a pointer, as written in the file.
pub fn last(pointer: &str) -> String {
    let key = pointer.rsplit('/').next().unwrap_or_default();
    key.replace("~1", "/").replace("~0", "~")
}

fn positioned(mut problem: Problem, place: Place) -> Problem {
    problem.position = Some(place);
    problem
}

/// The message of a JSON error without its own place.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |at| text[..at].to_owned())
}

/// Notes the place of every value, and keys that stand twice.
struct Walk<'a, 't> {
    lines: &'a Lines<'t>,
    spots: BTreeMap<String, Spot>,
    problems: Vec<Problem>,
}

impl Walk<'_, '_> {
    fn value(&mut self, node: &ast::Value<'_>, key: Option<Place>, pointer: &mut String) {
        let container = matches!(node, ast::Value::Object(_) | ast::Value::Array(_));
        self.spots.insert(pointer.clone(), Spot { key, value: self.lines.place(node.start()), container });
        let depth = pointer.len();
        match node {
            ast::Value::Object(object) => {
                for property in &object.properties {
                    self.property(property, pointer);
                    pointer.truncate(depth);
                }
            }
            ast::Value::Array(array) => {
                for (index, element) in array.elements.iter().enumerate() {
                    pointer.push_str(&format!("/{index}"));
                    self.value(element, None, pointer);
                    pointer.truncate(depth);
                }
            }
            _ => {}
        }
    }

    fn property(&mut self, property: &ast::ObjectProp<'_>, pointer: &mut String) {
        let name = match &property.name {
            ObjectPropName::String(text) => text.value.as_ref(),
            ObjectPropName::Word(word) => word.value,
        };
        pointer.push('/');
        pointer.push_str(&escape(name));
        let at = self.lines.place(property.name.start());
        if self.spots.contains_key(pointer.as_str()) {
            let message = said!("`{name}` 出现了两次。", "The key `{name}` stands here twice.");
            let problem = Problem::error("json.duplicate_key", pointer.clone(), message);
            self.problems
                .push(positioned(problem.help(said!("删去其中一个。", "Remove one of the two.")), at));
        }
        self.value(&property.value, Some(at), pointer);
    }
}

/// The byte at which the nesting passes the limit.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                if depth > DEPTH {
                    return Some(at);
                }
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Turns byte offsets into places.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        (u32::try_from(line).unwrap_or(u32::MAX), self.characters(line, offset - self.starts[line - 1] + 1))
    }

    /// The column in characters of the one-based byte `column` of a line.
    fn characters(&self, line: usize, column: usize) -> u32 {
        let start = self.starts.get(line - 1).copied().unwrap_or(0);
        let bytes = self.text.as_bytes().get(start..start + column.saturating_sub(1)).unwrap_or_default();
        let characters = bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count();
        u32::try_from(characters + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters_and_a_container_stands_at_its_key() {
        let (source, problems) = Source::read("x.json", "{\n  \"标题\": \"客户\", \"a\": {\"b\": [1, 2]}\n}");
        assert!(problems.is_empty());
        assert_eq!(source.place("/标题"), (2, 9));
        assert_eq!(source.key_place("/标题"), (2, 3));
        assert_eq!(source.place("/a"), (2, 15));
        assert_eq!(source.place("/a/b/1"), (2, 30));
        assert_eq!(source.place("/a/missing/deep"), (2, 15));
    }

    #[test]
    fn what_is_not_plain_json_is_refused_with_its_place() {
        for (text, code) in [
            ("{\"a\": 1,}", "json.syntax"),
            ("{// x\n}", "json.syntax"),
            ("", "json.syntax"),
            ("{\"a\": 1, \"a\": 2}", "json.duplicate_key"),
            (&"[".repeat(100_000), "json.too_deep"),
        ] {
            let (_, problems) = Source::read("x.json", text);
            assert_eq!(
                problems.first().map(|problem| problem.code),
                Some(code),
                "{}",
                &text[..text.len().min(20)]
            );
        }
    }
}
