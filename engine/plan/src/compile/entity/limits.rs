//! The keywords of one field that say nothing about other fields: type and format, options, limits,
//! patterns, serial numbers.

use kezhi_types::def::entity::{FieldDef, FieldKind};
use kezhi_types::record::SYSTEM_KEYS;
use kezhi_types::{Said, said};
use rust_decimal::Decimal;
use serde_json::Value;

use super::keywords;
use crate::compile::key;
use crate::compile::source::escape;
use crate::compile::suggest::listed;
use crate::compile::words;
use crate::kind::Pattern;
use crate::problem::Problem;

/// Most records that a field of many relations may name.
const MOST_LINKS: u32 = 1_000;

/// What is wrong with one field by itself. `at` is its pointer, `raw` the field as it stands in the file.
pub fn check(
    name: &str,
    def: &FieldDef,
    value_kind: FieldKind,
    raw: Option<&Value>,
    at: &str,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_key(name, at, &mut problems);
    check_keywords(def, raw, at, &mut problems);
    check_type(def, value_kind, at, &mut problems);
    check_options(def, at, &mut problems);
    check_numbers(def, at, &mut problems);
    check_serial(def, at, &mut problems);
    check_files(def, at, &mut problems);
    problems
}

/// The compiled pattern of a text field; a pattern that is wrong is reported.
pub fn pattern(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) -> Option<Pattern> {
    let source = def.pattern.as_ref()?;
    match Pattern::compile(source) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let message = said!("这不是正则表达式：{error}。", "This is not a regular expression: {error}.");
            problems.push(Problem::error("field.pattern", format!("{at}/pattern"), message));
            None
        }
    }
}

fn check_key(name: &str, at: &str, problems: &mut Vec<Problem>) {
    if !key::is_valid(name) {
        problems.push(key::problem(name, at));
    }
    if SYSTEM_KEYS.contains(&name) {
        let message = said!("每条记录已有 `{name}`。", "Every record carries `{name}` already.");
        problems.push(
            Problem::error("field.reserved", at, message)
                .help(said!("换一个标识；名称可以随意。", "Choose another key; the title is free.")),
        );
    }
}

fn check_keywords(def: &FieldDef, raw: Option<&Value>, at: &str, problems: &mut Vec<Problem>) {
    let present = raw.and_then(Value::as_object).into_iter().flat_map(|object| object.keys());
    for keyword in present.filter(|keyword| !keywords::takes(def.kind, keyword)) {
        let message = said!(
            "{}字段不能设置 `{keyword}`。",
            "A field of kind {} takes no `{keyword}`.";
            words::field(def.kind)
        );
        let help = match keywords::takers(keyword) {
            kinds if kinds.is_empty() => said!("请删去。", "Remove it."),
            kinds => {
                said!(
                    "请删去，或改用支持它的类型：{}。",
                    "Remove it, or choose a kind that takes it: {}.";
                    listed(kinds.iter().copied())
                )
            }
        };
        problems
            .push(Problem::error("field.keyword", format!("{at}/{}", escape(keyword)), message).help(help));
    }
    let needed = match def.kind {
        FieldKind::Choice | FieldKind::Choices if def.options.is_none() => "enum",
        FieldKind::Relation | FieldKind::Relations if def.relation.is_none() => "x-relation",
        FieldKind::Table if def.items.is_none() => "items",
        FieldKind::Computed if def.compute.is_none() => "x-compute",
        FieldKind::Rollup if def.rollup.is_none() => "x-rollup",
        FieldKind::Lookup if def.lookup.is_none() => "x-lookup",
        FieldKind::Grade if def.grade.is_none() => "x-grade",
        FieldKind::Serial if def.serial.is_none() => "x-serial",
        _ => return,
    };
    let message =
        said!("{}字段需要设置 `{needed}`。", "A field of kind {} needs `{needed}`."; words::field(def.kind));
    problems.push(
        Problem::error("field.incomplete", at, message).help(said!("请添加 `{needed}`。", "Add `{needed}`.")),
    );
}

fn check_type(def: &FieldDef, value_kind: FieldKind, at: &str, problems: &mut Vec<Problem>) {
    let (json_type, format) = keywords::json_type(value_kind);
    let kind = words::field(def.kind);
    let any = json_type.is_empty();
    let sealed = value_kind == FieldKind::Secret || crate::kind::names_files(value_kind);
    if def.result.is_some() && sealed {
        let message = said!("密文和文件不能计算得出。", "Nothing computes a secret or a file.");
        problems.push(
            Problem::error("field.type", format!("{at}/x-result"), message)
                .help(said!("请换一种类型。", "Choose another kind.")),
        );
    }
    if let Some(given) = def.json_type.as_ref().filter(|given| *given != json_type && !any) {
        let message = said!(
            "{}字段的 `type` 是 `{json_type}`，不是 `{given}`。",
            "A field of kind {} has the type `{json_type}`, not `{given}`.";
            kind
        );
        problems.push(
            Problem::error("field.type", format!("{at}/type"), message).help(said!(
                "不用写 `type`，它由字段类型决定。",
                "Leave `type` out: it follows from the kind."
            )),
        );
    }
    if let Some(given) = def.format.as_ref().filter(|given| Some(given.as_str()) != format) {
        let message = match format {
            Some(format) => said!(
                "{}字段的 `format` 是 `{format}`，不是 `{given}`。",
                "A field of kind {} has the format `{format}`, not `{given}`.";
                kind
            ),
            None => said!("{}字段没有 `format`。", "A field of kind {} has no format."; kind),
        };
        problems.push(Problem::error("field.type", format!("{at}/format"), message).help(said!(
            "不用写 `format`，它由字段类型决定。",
            "Leave `format` out: it follows from the kind."
        )));
    }
}

fn check_options(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    let Some(options) = &def.options else {
        return;
    };
    if options.is_empty() && def.kind != FieldKind::Tags {
        let message = said!("还没有选项。", "There is no option to choose.");
        problems.push(
            Problem::error("field.options", format!("{at}/enum"), message)
                .help(said!("至少添加一个。", "Name at least one.")),
        );
    }
    for (index, option) in options.iter().enumerate() {
        let place = format!("{at}/enum/{index}");
        if options[..index].contains(option) {
            let message = said!("选项 `{option}` 出现了两次。", "The option `{option}` stands here twice.");
            problems.push(
                Problem::error("field.options", place, message)
                    .help(said!("删去其中一个。", "Remove one of the two.")),
            );
        } else if option.is_empty() || option.chars().count() > 63 || option.chars().any(char::is_control) {
            let message = said!("选项应为 1 到 63 个字。", "An option has 1 to 63 characters.");
            problems.push(
                Problem::error("field.options", place, message)
                    .help(said!("显示的名称（`x-labels`）可以更长。", "`x-labels` may be longer.")),
            );
        }
    }
    for label in def.labels.keys().filter(|label| !options.contains(label)) {
        let message = said!("没有选项 `{label}`，它的名称用不上。", "`{label}` is a label of no option.");
        let place = format!("{at}/x-labels/{}", escape(label));
        let help = said!("选项有 {}。", "The options are {}."; listed(options.iter().map(String::as_str)));
        problems.push(Problem::error("field.options", place, message).help(help));
    }
}

fn check_numbers(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    if let Some(scale) = def.scale.filter(|scale| *scale > 6) {
        let message = said!("{scale} 位小数太多。", "{scale} decimals are too many.");
        problems.push(
            Problem::error("field.limit", format!("{at}/x-scale"), message)
                .help(said!("最多 6 位。", "At most 6.")),
        );
    }
    if def.best.is_some_and(|best| !(1..=10).contains(&best)) {
        let message = said!("评分的最高分应在 1 到 10 之间。", "A rating goes from 0 to between 1 and 10.");
        problems.push(
            Problem::error("field.limit", format!("{at}/x-max"), message)
                .help(said!("例如 5。", "For example 5.")),
        );
    }
    let currency = def.currency.as_ref();
    if currency.is_some_and(|code| code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase())) {
        let message = said!("币种是三个大写字母。", "A currency is three capital letters.");
        problems.push(
            Problem::error("field.limit", format!("{at}/x-currency"), message)
                .help(said!("例如 `CNY`。", "For example `CNY`.")),
        );
    }
    if def.kind == FieldKind::Relations && def.max_items.is_some_and(|most| most > MOST_LINKS) {
        let message =
            said!("一个字段最多关联 {MOST_LINKS} 条记录。", "A field names at most {MOST_LINKS} records.");
        let help = said!(
            "更多时请让那些记录关联到这里：那边放关联字段，这里用汇总或列表。",
            "For more let those records point here: a relation there, and a rollup or a list of them here."
        );
        problems.push(Problem::error("field.limit", format!("{at}/maxItems"), message).help(help));
    }
    let mut decimal = |keyword: &str, text: Option<&String>| {
        let parsed = text?.parse::<Decimal>();
        if parsed.is_err() {
            let message = said!("这不是数字。", "This is not a decimal number.");
            let problem = Problem::error("field.limit", format!("{at}/{keyword}"), message);
            problems.push(problem.help(said!("写成文本：\"0.5\"。", "Write it as text: \"0.5\".")));
        }
        parsed.ok()
    };
    let lowest = decimal("x-minimum", def.decimal_minimum.as_ref());
    let highest = decimal("x-maximum", def.decimal_maximum.as_ref());
    let mut ordered = |fine: bool, keyword: &str| {
        if !fine {
            let message = said!(
                "下限高于上限，什么值都不合适。",
                "Nothing fits: the lower limit is above the upper one."
            );
            problems.push(Problem::error("field.limit", format!("{at}/{keyword}"), message));
        }
    };
    ordered(lowest.zip(highest).is_none_or(|(low, high)| low <= high), "x-minimum");
    ordered(def.minimum.zip(def.maximum).is_none_or(|(low, high)| low <= high), "minimum");
    ordered(def.min_length.zip(def.max_length).is_none_or(|(low, high)| low <= high), "minLength");
    ordered(def.min_items.zip(def.max_items).is_none_or(|(low, high)| low <= high), "minItems");
}

fn check_files(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    if def.max_size == Some(0) {
        let message = said!(
            "什么文件都放不下：文件至少有一个字节。",
            "Nothing fits: every file has at least one byte."
        );
        problems.push(
            Problem::error("field.limit", format!("{at}/x-max-size"), message)
                .help(said!("请写字节数。", "Give a number of bytes.")),
        );
    }
    for (index, media) in def.types.iter().flatten().enumerate() {
        if !is_media(media) {
            let message = said!("`{media}` 不是媒体类型。", "`{media}` is no media type.");
            let place = format!("{at}/x-types/{index}");
            problems.push(Problem::error("field.limit", place, message).help(said!(
                "例如 `application/pdf` 或 `image/*`。",
                "For example `application/pdf` or `image/*`."
            )));
        }
    }
}

fn is_media(text: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".+-".contains(&byte))
    };
    text.split_once('/').is_some_and(|(family, kind)| plain(family) && (kind == "*" || plain(kind)))
}

fn check_serial(def: &FieldDef, at: &str, problems: &mut Vec<Problem>) {
    let Some(pattern) = &def.serial else {
        return;
    };
    if let Err(message) = serial_parts(pattern) {
        problems.push(
            Problem::error("field.serial", format!("{at}/x-serial"), message).help(
                said!(
                    "例如 `KH-{{yyyy}}{{mm}}-{{seq:5}}`：可用 {{yyyy}}、{{yy}}、{{mm}}、{{dd}}，末尾一个 {{seq}}。",
                    "For example `KH-{{yyyy}}{{mm}}-{{seq:5}}`: {{yyyy}}, {{yy}}, {{mm}}, {{dd}} and one {{seq}} at the end."
                ),
            ),
        );
    }
}

/// Checks the placeholders of a serial pattern.
fn serial_parts(pattern: &str) -> Result<(), Said> {
    let mut rest = pattern;
    let mut numbers = 0;
    while let Some(open) = rest.find('{') {
        let close = rest[open..]
            .find('}')
            .ok_or_else(|| said!("有一个花括号没有闭合。", "A brace is not closed."))?
            + open;
        match &rest[open + 1..close] {
            "yyyy" | "yy" | "mm" | "dd" => {}
            name if name == "seq" || name.strip_prefix("seq:").is_some_and(is_width) => numbers += 1,
            name => {
                return Err(said!(
                    "自动编号里不能用 `{{{name}}}`。",
                    "`{{{name}}}` is no part of a serial number."
                ));
            }
        }
        rest = &rest[close + 1..];
    }
    match numbers {
        1 => Ok(()),
        0 => Err(said!("缺少流水号 `{{seq}}`。", "The running number `{{seq}}` is missing.")),
        _ => Err(said!("`{{seq}}` 不止一个。", "There is more than one `{{seq}}`.")),
    }
}

fn is_width(text: &str) -> bool {
    text.parse::<u8>().is_ok_and(|width| (1..=12).contains(&width))
}
