//! What a column that holds no field might be: the kind of field that its cells would fit, for whoever wants to add
//! one.

use kezhi_types::def::entity::FieldKind;

use super::cell::{amount, date, plain};
use super::sheet::{Cell, Row};

/// The most different texts of a column that looks like a choice.
const OPTIONS: usize = 12;
/// From so many characters on a text is a long one.
const LONG: usize = 80;

/// The kind that every cell of a column fits; text where nothing else does.
pub(super) fn kind(rows: &[Row], column: usize) -> FieldKind {
    let cells: Vec<&Cell> =
        rows.iter().filter_map(|row| row.cells.get(column)).filter(|cell| **cell != Cell::Empty).collect();
    let all = |fits: fn(&Cell) -> bool| !cells.is_empty() && cells.iter().all(|cell| fits(cell));
    if all(|cell| matches!(cell, Cell::Boolean(_)) || matches!(plain(cell).as_str(), "是" | "否")) {
        return FieldKind::Boolean;
    }
    if all(|cell| matches!(cell, Cell::Moment(_)) || matches!(cell, Cell::Text(_)) && date(cell).is_some()) {
        let timed = |cell: &&&Cell| plain(cell).contains(':');
        return if cells.iter().any(|cell| timed(&cell)) { FieldKind::Datetime } else { FieldKind::Date };
    }
    if all(is_mobile) {
        return FieldKind::Phone;
    }
    if all(|cell| amount(cell).is_some()) {
        let whole = cells.iter().all(|cell| amount(cell).is_some_and(|number| number.fract().is_zero()));
        return if whole { FieldKind::Integer } else { FieldKind::Decimal };
    }
    if all(|cell| is_address(&plain(cell))) {
        return FieldKind::Email;
    }
    if all(|cell| plain(cell).starts_with("http")) {
        return FieldKind::Url;
    }
    let texts: std::collections::BTreeSet<String> = cells.iter().map(|cell| plain(cell)).collect();
    if !texts.is_empty() && texts.len() <= OPTIONS && cells.len() >= texts.len() * 3 {
        return FieldKind::Choice;
    }
    if texts.iter().any(|text| text.chars().count() > LONG) { FieldKind::LongText } else { FieldKind::Text }
}

fn is_mobile(cell: &Cell) -> bool {
    let text = plain(cell);
    text.len() == 11 && text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !text.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_what_all_its_cells_fit() {
        let guess = |cells: &[&str]| {
            let rows: Vec<Row> = cells
                .iter()
                .map(|text| Row { number: 1, cells: vec![super::super::sheet::trimmed(text)] })
                .collect();
            kind(&rows, 0)
        };
        assert_eq!(guess(&["2024-03-05", "2024/3/6", ""]), FieldKind::Date);
        assert_eq!(guess(&["2024-03-05 08:30", "2024/3/6"]), FieldKind::Datetime);
        assert_eq!(guess(&["13900000001", "13900000002"]), FieldKind::Phone);
        assert_eq!(guess(&["12", "1,300"]), FieldKind::Integer);
        assert_eq!(guess(&["12.5", "¥3"]), FieldKind::Decimal);
        assert_eq!(guess(&["a@b.cn"]), FieldKind::Email);
        assert_eq!(guess(&["是", "否", "是"]), FieldKind::Boolean);
        assert_eq!(guess(&["零售", "零售", "餐饮", "零售", "餐饮", "零售"]), FieldKind::Choice);
        assert_eq!(guess(&["甲", "乙"]), FieldKind::Text);
        assert_eq!(guess(&[""]), FieldKind::Text);
    }
}
