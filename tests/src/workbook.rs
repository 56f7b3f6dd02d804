//! A workbook laid out like the customer list that 用友 U8 exports: a title above the header, codes and phones that
//! Excel took for numbers, dates as serial numbers, columns that nobody asked for; 2,000 rows, 40 of them wrong in
//! fourteen ways. The same bytes' worth of rows at every call: nothing is random.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

/// Rows of data.
pub const ROWS: u32 = 2_000;
/// Of which so many are wrong.
pub const BROKEN: u32 = 40;
/// Rows above the data: title, filters, header.
const ABOVE: u32 = 3;
/// One row in so many is wrong.
const EVERY: u32 = ROWS / BROKEN;

/// The header.
const HEADER: [&str; 14] = [
    "客户编码",
    "客户名称",
    "客户简称",
    "所属分类",
    "所属地区",
    "电话",
    "手机",
    "Email地址",
    "地址",
    "信用额度",
    "发展日期",
    "专管业务员名称",
    "税号",
    "停用日期",
];
/// Columns of the header that the retail template has no field for.
pub const UNMAPPED: [&str; 2] = ["税号", "停用日期"];

const CODE: usize = 0;
const NAME: usize = 1;
const SHORT: usize = 2;
const CATEGORY: usize = 3;
const REGION: usize = 4;
const LANDLINE: usize = 5;
const PHONE: usize = 6;
const EMAIL: usize = 7;
const ADDRESS: usize = 8;
const CREDIT: usize = 9;
const SINCE: usize = 10;
const CLERK: usize = 11;
const TAX: usize = 12;

const SURNAMES: [&str; 10] = ["赵", "钱", "孙", "李", "周", "吴", "郑", "王", "冯", "陈"];
const GIVEN: [&str; 12] =
    ["敏", "婷", "国强", "海燕", "佳怡", "晓雯", "建军", "秀英", "志远", "丽华", "子涵", "思远"];
const TRADES: [&str; 6] = ["商贸", "酒店", "食品", "美容", "物业", "教育"];
const REGIONS: [&str; 7] = ["华东", "华南", "华北", "华中", "西南", "西北", "东北"];
/// Whom the rows name as the person in charge, in turn.
pub const CLERKS: [&str; 2] = ["李婷", "陈露"];

/// What is wrong with a wrong row: `(column, code)` of each problem, in the order of the columns.
type Sort = (fn(&mut Row, u32), &'static [(&'static str, &'static str)]);

const SORTS: [Sort; 14] = [
    (|row, _| row.clear(NAME), &[("B", "record.required")]),
    (|row, at| row.text(CODE, code(at - 1)), &[("A", "record.not_unique")]),
    (|row, at| row.text(PHONE, spaced(&phone(at - 1))), &[("G", "record.not_unique")]),
    (|row, _| row.text(PHONE, spaced(&phone(0))), &[("G", "record.not_unique")]),
    (|row, _| row.text(SINCE, "2024-13-45"), &[("K", "record.format")]),
    (|row, _| row.text(SINCE, "去年中秋"), &[("K", "record.format")]),
    (|row, _| row.text(CREDIT, "面议"), &[("J", "record.wrong_type")]),
    (|row, _| row.number(CREDIT, -5_000.0), &[("J", "record.too_small")]),
    (|row, _| row.number(CREDIT, 1_000.125), &[("J", "record.scale")]),
    (|row, _| row.text(PHONE, "1390000abcd"), &[("G", "record.format")]),
    (|row, _| row.text(PHONE, "139000000011390000000113"), &[("G", "record.format")]),
    (|row, _| row.text(CATEGORY, "经销商"), &[("D", "record.not_an_option")]),
    (|row, _| row.text(CLERK, "查无此人"), &[("L", "import.unknown_person")]),
    (
        |row, _| {
            row.clear(NAME);
            row.text(REGION, "海外");
            row.text(EMAIL, "没有");
            row.text(CREDIT, "十万");
        },
        &[
            ("B", "record.required"),
            ("E", "record.not_an_option"),
            ("H", "record.format"),
            ("J", "record.wrong_type"),
        ],
    ),
];

/// What a cell holds.
#[derive(Clone, Default)]
enum Cell {
    #[default]
    Empty,
    Text(String),
    Number(f64),
    Day(f64),
}

#[derive(Default)]
struct Row([Cell; HEADER.len()]);

impl Row {
    fn text(&mut self, column: usize, text: impl Into<String>) {
        self.0[column] = Cell::Text(text.into());
    }

    fn number(&mut self, column: usize, number: f64) {
        self.0[column] = Cell::Number(number);
    }

    fn clear(&mut self, column: usize) {
        self.0[column] = Cell::Empty;
    }
}

/// The rows that are wrong: number as a spreadsheet shows it, and `(column, code)` of each problem.
pub fn broken() -> Vec<(u32, &'static [(&'static str, &'static str)])> {
    (0..ROWS).filter_map(|at| sort(at).map(|(_, problems)| (at + ABOVE + 1, *problems))).collect()
}

/// The workbook as a file.
///
/// # Panics
/// Never: the sheet is small and its texts are short.
pub fn bytes() -> Vec<u8> {
    written().expect("a small workbook can be written")
}

fn written() -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = workbook.add_worksheet().set_name("客户档案")?;
    sheet.write_string(0, 0, "客户档案")?;
    sheet.write_string(1, 0, "分类：全部")?;
    for (column, header) in (0..).zip(HEADER) {
        sheet.write_string(ABOVE - 1, column, header)?;
    }
    for at in 0..ROWS {
        let mut row = right(at);
        if let Some((spoil, _)) = sort(at) {
            spoil(&mut row, at);
        }
        write(sheet, at + ABOVE, &row, &day)?;
    }
    workbook.save_to_buffer()
}

fn write(sheet: &mut Worksheet, at: u32, row: &Row, day: &Format) -> Result<(), XlsxError> {
    for (column, cell) in (0..).zip(&row.0) {
        match cell {
            Cell::Empty => continue,
            Cell::Text(text) => sheet.write_string(at, column, text)?,
            Cell::Number(number) => sheet.write_number(at, column, *number)?,
            Cell::Day(serial) => sheet.write_number_with_format(at, column, *serial, day)?,
        };
    }
    Ok(())
}

/// How a row is wrong, if it is.
fn sort(at: u32) -> Option<&'static Sort> {
    (at % EVERY == EVERY / 2).then(|| &SORTS[(at / EVERY) as usize % SORTS.len()])
}

/// A row as it should be: people and, one in four, companies.
fn right(at: u32) -> Row {
    let mut row = Row::default();
    let pick = |of: &[&'static str], step: u32| of[(at / step) as usize % of.len()];
    let is_company = at % 4 == 3;
    if at.is_multiple_of(2) {
        row.number(CODE, f64::from(600_000 + at));
    } else {
        row.text(CODE, code(at));
    }
    if is_company {
        let name = format!("{}{}{}有限公司", pick(&SURNAMES, 1), pick(&GIVEN, 3), pick(&TRADES, 7));
        row.text(SHORT, name.chars().take(4).collect::<String>());
        row.text(NAME, name);
        row.text(CATEGORY, "企业团购");
        row.number(CREDIT, f64::from(at % 90 + 10) * 1_000.0 + 0.5);
        row.text(TAX, format!("91320100MA1{at:07}"));
    } else {
        row.text(NAME, format!("{}{}", pick(&SURNAMES, 1), pick(&GIVEN, 11)));
        row.text(CATEGORY, "个人会员");
    }
    row.text(REGION, pick(&REGIONS, 1));
    row.text(LANDLINE, format!("025-8{at:07}"));
    if at.is_multiple_of(3) {
        row.text(PHONE, phone(at));
    } else {
        row.number(PHONE, 13_900_000_000.0 + f64::from(at));
    }
    if at.is_multiple_of(5) {
        row.text(EMAIL, format!("kehu{at}@example.com"));
    }
    row.text(ADDRESS, format!("　中山路 {} 号 ", at % 400 + 1));
    match at % 7 {
        0 => row.text(SINCE, format!("{}/{}/{}", 2018 + at % 8, at % 12 + 1, at % 28 + 1)),
        1 => row.text(SINCE, format!("{}年{}月{}日", 2018 + at % 8, at % 12 + 1, at % 28 + 1)),
        _ => row.0[SINCE] = Cell::Day(f64::from(43_101 + at)),
    }
    row.text(CLERK, pick(&CLERKS, 1));
    row
}

/// The code of a row, as a text.
fn code(at: u32) -> String {
    (600_000 + at).to_string()
}

/// The phone of a row.
fn phone(at: u32) -> String {
    (13_900_000_000_u64 + u64::from(at)).to_string()
}

/// As people write it.
fn spaced(phone: &str) -> String {
    format!("{} {}-{}", &phone[..3], &phone[3..7], &phone[7..])
}
