//! Which row is the header, and which column holds which field.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use kezhi_plan::access::FieldRights;
use kezhi_plan::app::{EntityPlan, FieldPlan};
use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::role::FieldRight;
use kezhi_types::{Violation, Violations};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::sheet::{Cell, Row, letters};

/// How far down a header is looked for: exports put a title and filters above it.
const HEADER_WITHIN: usize = 20;
/// The longest header, in characters; it is told with every cell that is wrong below it, so what is longer is none.
const LONGEST: usize = 500;
/// The key under which a column of owners is mapped.
pub(super) const OWNER: &str = "owner";
/// The key under which a column of ids is mapped.
pub(super) const ID: &str = "id";

/// Names by which spreadsheets of other systems call the same thing. A header finds the field whose title stands
/// in the same line.
const SYNONYMS: &[&[&str]] = &[
    &["客户名称", "会员名称", "公司名称", "单位名称", "客户全称", "名称", "姓名", "客户姓名"],
    &["客户编码", "客户编号", "客户代码", "会员编号", "编码", "编号"],
    &["简称", "客户简称"],
    &["所属分类", "客户分类", "所属分类名称", "客户类别", "分类", "类别"],
    &["地区", "所属地区", "地区名称", "所属地区名称", "大区", "区域"],
    &["手机", "手机号", "手机号码", "移动电话", "联系手机"],
    &["电话", "固定电话", "座机", "办公电话", "联系电话", "电话号码"],
    &["电子邮件", "邮箱", "电子邮箱", "email", "e-mail", "email地址", "邮件地址"],
    &["地址", "联系地址", "客户地址", "详细地址", "通讯地址"],
    &["信用额度", "授信额度"],
    &["发展日期", "建档日期", "入会日期", "建立日期", "开户日期"],
    &["行业", "所属行业"],
    &["备注", "说明"],
    &["主页", "网址", "网站", "公司网址"],
];
/// What a column of owners is called.
const OWNERS: &[&str] = &["owner", "负责人", "专管业务员", "专管业务员名称", "业务员", "客户经理"];

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    /// The number of its row; data stands below.
    pub(super) row: u64,
    /// What stands in it, from column A.
    pub(super) titles: Vec<String>,
    /// Columns that hold a field.
    pub(super) columns: Vec<Column>,
}

/// One column that holds a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Column {
    /// Its place, from 0.
    pub(super) index: usize,
    /// What stands above it.
    pub(super) header: String,
    /// Key of the field, [`OWNER`], [`ID`], or `lines.product` for a column of a sub-table.
    pub(super) field: String,
}

impl Column {
    /// `F`
    pub(super) fn letters(&self) -> String {
        letters(self.index)
    }

    /// Sub-table and column, for a column of a sub-table.
    pub(super) fn of_table(&self) -> Option<(&str, &str)> {
        self.field.split_once('.')
    }
}

impl Header {
    /// Columns that hold no field, with what stands above them.
    pub(super) fn unmapped(&self) -> impl Iterator<Item = (usize, &str)> {
        let taken: BTreeSet<usize> = self.columns.iter().map(|column| column.index).collect();
        let named = self.titles.iter().enumerate().filter(|(_, title)| !title.is_empty());
        named.filter(move |(index, _)| !taken.contains(index)).map(|(index, title)| (index, title.as_str()))
    }

    /// What is the same for files that are laid out alike.
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(self.titles.iter().cloned())
    }
}

/// What a column may hold: the fields that the caller may fill.
pub(super) struct Fillable<'a> {
    pub(super) entity: &'a EntityPlan,
    pub(super) rights: &'a FieldRights,
    /// Header to field, as the caller says.
    pub(super) map: &'a IndexMap<String, String>,
    /// By which fields a row names the record that it means.
    pub(super) keys: &'a [String],
}

impl Fillable<'_> {
    /// Refuses a mapping that names what cannot be filled.
    pub(super) fn check(&self) -> Result<(), Violations> {
        let mut violations = Violations::default();
        for field in self.map.values().filter(|field| !field.is_empty() && !self.may_fill(field)) {
            violations.push(Violation::new("import.map", "/map").with("field", field.clone()));
        }
        violations.into_result()
    }

    /// Refuses a mapping of columns that the file does not have.
    pub(super) fn check_columns(&self, header: &Header) -> Result<(), Violations> {
        let mut violations = Violations::default();
        let is_there = |said: &String| header.titles.iter().any(|title| plain(title) == plain(said));
        for column in self.map.keys().filter(|column| !is_there(column)) {
            violations.push(Violation::new("import.map_column", "/map").with("column", column.clone()));
        }
        violations.into_result()
    }

    /// The first row that names two fields or more, else the first that names one; none is not a file for this entity.
    pub(super) fn header(&self, rows: &[Row]) -> Option<Header> {
        let rows = &rows[..rows.len().min(HEADER_WITHIN)];
        let named = |row: &Row| self.columns(row).len();
        let found = rows
            .iter()
            .position(|row| named(row) > 1)
            .or_else(|| rows.iter().position(|row| named(row) == 1))?;
        let row = &rows[found];
        Some(Header {
            row: row.number,
            titles: row.cells.iter().map(title).collect(),
            columns: self.columns(row),
        })
    }

    /// Fingerprints of the rows that may be the header.
    pub(super) fn candidates(&self, rows: &[Row]) -> Vec<String> {
        let rows = rows.iter().take(HEADER_WITHIN);
        rows.map(|row| fingerprint(row.cells.iter().map(title))).collect()
    }

    fn columns(&self, row: &Row) -> Vec<Column> {
        let mut taken = BTreeSet::new();
        let mut columns = Vec::new();
        for way in [Self::said, Self::named, Self::alike] {
            for (index, header) in headers(row) {
                let is_free = columns.iter().all(|column: &Column| column.index != index);
                let field = if is_free { way(self, header) } else { None };
                if let Some(field) = field.filter(|field| field.is_empty() || taken.insert(field.clone())) {
                    columns.push(Column { index, header: header.to_owned(), field });
                }
            }
        }
        columns.retain(|column| !column.field.is_empty());
        columns.sort_by_key(|column| column.index);
        columns
    }

    /// As the caller's map says; an empty field leaves the column out.
    fn said(&self, header: &str) -> Option<String> {
        self.map.iter().find(|(said, _)| plain(said) == plain(header)).map(|(_, field)| field.clone())
    }

    fn named(&self, header: &str) -> Option<String> {
        if plain(header) == ID && self.is_key(ID) {
            return Some(ID.to_owned());
        }
        if let Some(field) = field_called(self.fields(), header) {
            return Some(field.key.clone());
        }
        let (table, column) = header.split_once(['.', '/'])?;
        let table = field_called(self.entity.fields.values(), table)?;
        let column = field_called(table.columns.values(), column)?;
        Some(format!("{}.{}", table.key, column.key)).filter(|field| self.may_fill(field))
    }

    fn alike(&self, header: &str) -> Option<String> {
        let header = plain(header);
        if OWNERS.contains(&header.as_str()) && self.may_fill(OWNER) {
            return Some(OWNER.to_owned());
        }
        let group = SYNONYMS.iter().find(|group| group.contains(&header.as_str()))?;
        self.fields()
            .find(|field| group.contains(&plain(&field.title).as_str()))
            .map(|field| field.key.clone())
    }

    fn fields(&self) -> impl Iterator<Item = &FieldPlan> + Clone {
        self.entity.fields.values().filter(|field| self.may_fill(&field.key))
    }

    /// Whether a column may hold the field of this key.
    pub(super) fn may_fill(&self, key: &str) -> bool {
        let by_hand = |field: &FieldPlan| !field.is_derived() && field.lookup.is_none();
        if let Some((table, column)) = key.split_once('.') {
            let column = self.entity.fields.get(table).and_then(|table| table.columns.get(column));
            return self.may_fill(table) && column.is_some_and(by_hand);
        }
        match self.entity.fields.get(key) {
            Some(field) => {
                // A serial number that nobody may fill says all the same which record is meant.
                let means = field.kind == FieldKind::Serial && self.is_key(key) && self.rights.may_read(key);
                by_hand(field) && self.rights.of(key) == FieldRight::Write || means
            }
            None => key == OWNER && self.entity.owner || key == ID && self.is_key(ID),
        }
    }

    fn is_key(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }
}

/// By key, else by title.
fn field_called<'f>(
    mut fields: impl Iterator<Item = &'f FieldPlan> + Clone,
    name: &str,
) -> Option<&'f FieldPlan> {
    let name = plain(name);
    let by_key = fields.clone().find(|field| field.key == name);
    by_key.or_else(|| fields.find(|field| plain(&field.title) == name))
}

/// What is the same for headers that differ in case, blanks and marks only.
fn fingerprint(titles: impl Iterator<Item = String>) -> String {
    use std::fmt::Write;
    let plain: Vec<String> = titles.map(|title| plain(&title)).collect();
    Sha256::digest(plain.join("\n").as_bytes()).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn headers(row: &Row) -> impl Iterator<Item = (usize, &str)> {
    row.cells.iter().enumerate().filter_map(|(index, cell)| Some((index, heading(cell)?)))
}

/// What a cell of the header says.
fn heading(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) if text.chars().nth(LONGEST).is_none() => Some(text),
        _ => None,
    }
}

fn title(cell: &Cell) -> String {
    heading(cell).unwrap_or_default().to_owned()
}

/// A header without what people add to it: marks of what is required, units in brackets, blanks.
fn plain(header: &str) -> String {
    let end = header.find(['(', '（']).filter(|at| *at > 0).unwrap_or(header.len());
    let kept = header[..end]
        .chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '*' | '＊' | ':' | '：'));
    kept.collect::<String>().to_lowercase()
}
