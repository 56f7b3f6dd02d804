//! What the comparison's rows gain: a Chinese name, an owner, and three orders a customer, all by the same seed.

use serde_json::{Value, json};

use crate::seeded::{Dice, Row, Rows};

/// Owners, ten in each department.
pub const OWNERS: usize = 100;
/// Departments.
pub const DEPARTMENTS: usize = 10;
/// Orders of each customer.
pub const ORDERS: usize = 3;

const SEED: u32 = 42;
const SURNAMES: &str = "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 冯 邓 曹 彭 曾 肖 田 董 袁 潘 于 蒋 蔡 余 杜 叶 程 苏 魏 吕 丁 任 沈 姚 卢 姜 崔 钟 谭 陆 汪 范 金";
const GIVEN: &str = "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀 霞 平 刚 桂 英 华 玉 兰 红 梅 建 国 志 文 斌 宇 浩 凯 鑫 飞 鹏 龙 雪 婷 欣 怡 佳 琪 晨 阳 思 雨 子 涵 梓 轩 一 诺 博 睿 晓 东";

/// A customer as it is sent, and the number of its owner.
#[derive(Debug)]
pub struct Customer {
    pub fields: Value,
    pub owner: usize,
}

/// Customers in their order.
pub struct Customers {
    rows: Rows,
    dice: Dice,
    surnames: Vec<&'static str>,
    given: Vec<&'static str>,
}

impl Customers {
    /// The rows that are loaded first.
    pub fn loaded() -> Self {
        Self::new(SEED, 0)
    }

    /// Rows of another seed, named from a number on, for what is created while it is measured.
    pub fn new(seed: u32, start: u64) -> Self {
        let words = |text: &'static str| text.split_whitespace().collect();
        let dice = Dice::new(seed.wrapping_add(1_000_000));
        Self { rows: Rows::new(seed, start), dice, surnames: words(SURNAMES), given: words(GIVEN) }
    }
}

impl Iterator for Customers {
    type Item = Customer;

    fn next(&mut self) -> Option<Customer> {
        let row = self.rows.next()?;
        let dice = &mut self.dice;
        let given: String = (0..dice.between(1, 2)).map(|_| dice.one(&self.given)).collect();
        let person = format!("{}{given}", dice.one(&self.surnames));
        Some(Customer { fields: fields(&row, &person), owner: dice.below(OWNERS as u32) as usize })
    }
}

/// A customer's fields; the amount as a decimal string.
fn fields(row: &Row, person: &str) -> Value {
    json!({
        "name": row.name, "person": person, "phone": row.phone, "industry": row.industry, "region": row.region,
        "amount": row.amount, "score": row.score, "grade": row.grade, "birthday": row.birthday, "status": row.status,
        "notes": row.notes,
    })
}

/// The `nth` order of the customer with this id and number.
pub fn order(customer: &str, number: usize, nth: usize, dice: &mut Dice) -> Value {
    json!({
        "number": format!("D{number:07}-{nth}"),
        "customer": customer,
        "amount": format!("{}.{:02}", dice.below(40_000), dice.below(100)),
        "placed": format!("2026-{:02}-{:02}", dice.between(1, 10), dice.between(1, 28)),
    })
}
