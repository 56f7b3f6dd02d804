//! What kinds of fields and of definitions are called in both languages, for findings.

use kezhi_types::def::entity::FieldKind;
use kezhi_types::def::files::Kind;
use kezhi_types::{Said, said};

use super::entity::keywords;

/// A kind of field, as the builder calls it and as it is authored: 金额（`money`）.
pub fn field(kind: FieldKind) -> Said {
    let name = keywords::name(kind);
    match chinese(name) {
        "" => said!("`{name}` ", "{name}"),
        chinese => said!("{chinese}（`{name}`）", "{name}"),
    }
}

/// A kind of definition: 实体.
pub fn definition(kind: Kind) -> Said {
    let zh = match kind {
        Kind::Manifest => "应用信息",
        Kind::Entity => "实体",
        Kind::Form => "表单",
        Kind::View => "视图",
        Kind::Rule => "规则",
        Kind::Grade => "等级",
        Kind::Workflow => "流程",
        Kind::Message => "消息",
        Kind::Role => "角色",
        Kind::Menu => "菜单",
        Kind::Calendar => "工作日历",
        Kind::Share => "共享规则",
    };
    Said { zh: zh.to_owned(), en: kind.name().to_owned() }
}

/// The builder's word for a kind of field; empty where it has none.
fn chinese(name: &str) -> &'static str {
    match name {
        "text" => "文本",
        "long_text" => "多行文本",
        "rich_text" => "富文本",
        "integer" => "整数",
        "decimal" => "小数",
        "percent" => "百分比",
        "money" => "金额",
        "rating" => "评分",
        "boolean" => "是/否",
        "choice" => "单选",
        "choices" => "多选",
        "tags" => "标签",
        "cascade" => "级联选择",
        "date" => "日期",
        "datetime" => "日期时间",
        "time" => "时刻",
        "lunar_date" => "农历日期",
        "duration" => "时长",
        "phone" => "电话",
        "email" => "邮箱",
        "url" => "网址",
        "id_card" => "身份证号",
        "company_code" => "统一社会信用代码",
        "barcode" => "条码",
        "color" => "颜色",
        "serial" => "自动编号",
        "secret" => "密文",
        "person" => "人员",
        "people" => "多个人员",
        "department" => "部门",
        "departments" => "多个部门",
        "relation" => "关联",
        "relations" => "多个关联",
        "lookup" => "引用",
        "address" => "地址",
        "location" => "位置",
        "attachment" => "附件",
        "image" => "图片",
        "signature" => "签名",
        "table" => "子表",
        "computed" => "计算",
        "rollup" => "汇总",
        "grade" => "等级",
        _ => "",
    }
}
