//! The sentences of changes, in the languages of the interface.

use kezhi_types::Fields;
use kezhi_types::text::Language;
use serde_json::Value;

/// The sentence for a change; its code where none is known.
pub fn sentence(language: Language, code: &str, args: &Fields) -> String {
    let Some((_, chinese, english)) = SENTENCES.iter().find(|(known, _, _)| *known == code) else {
        return code.to_owned();
    };
    let pattern = match language {
        Language::Chinese => chinese,
        Language::English => english,
    };
    args.iter().fold((*pattern).to_owned(), |text, (name, value)| {
        let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let shown = match name.as_str() {
            "kind" => kind_name(language, &plain),
            "part" => part_name(language, &plain),
            _ => plain,
        };
        text.replace(&format!("{{{name}}}"), &shown)
    })
}

fn kind_name(language: Language, kind: &str) -> String {
    let known = KINDS.iter().find(|(name, _)| *name == kind);
    match (language, known) {
        (Language::Chinese, Some((_, chinese))) => (*chinese).to_owned(),
        _ => Value::from(kind).as_str().unwrap_or_default().to_owned(),
    }
}

/// What people call a part of a definition; its key where they need not.
fn part_name(language: Language, part: &str) -> String {
    let Some((_, chinese, english)) = PARTS.iter().find(|(key, _, _)| *key == part) else {
        return format!(" {part} ");
    };
    if language == Language::Chinese { (*chinese).to_owned() } else { (*english).to_owned() }
}

/// `(key, 中文, English)`.
const PARTS: &[(&str, &str, &str)] = &[
    ("layout", "布局", "layout"),
    ("fields", "字段", "fields"),
    ("columns", "列", "columns"),
    ("where", "筛选条件", "filter"),
    ("sort", "排序", "order"),
    ("type", "类型", "type"),
    ("entity", "所属实体", "entity"),
    ("when", "适用条件", "condition"),
    ("must", "要求", "demand"),
    ("on", "时机", "occasions"),
    ("level", "级别", "level"),
    ("message", "提示语", "message"),
    ("script", "脚本", "script"),
    ("method", "评分办法", "method"),
    ("bands", "分档", "bands"),
    ("override", "手工改级", "overriding"),
    ("recompute", "重算时机", "occasions to grade again"),
    ("subject", "标题行", "subject"),
    ("channels", "发送渠道", "channels"),
    ("entities", "数据权限", "rights"),
    ("may", "特别权限", "special rights"),
    ("menus", "菜单", "menus"),
    ("items", "菜单项", "items"),
    ("summary", "简介", "summary"),
    ("version", "版本号", "version"),
    ("weekly", "每周工作时间", "weekly hours"),
    ("holidays", "节假日", "holidays"),
    ("with", "共享对象", "people it is shared with"),
    ("access", "共享权限", "access"),
];

const KINDS: &[(&str, &str)] = &[
    ("manifest", "应用信息"),
    ("entity", "实体"),
    ("form", "表单"),
    ("view", "视图"),
    ("rule", "规则"),
    ("grade", "评级"),
    ("workflow", "流程"),
    ("message", "消息"),
    ("role", "角色"),
    ("menu", "菜单"),
    ("calendar", "工作日历"),
    ("share", "共享规则"),
];

/// `(code, 中文, English)`.
pub const SENTENCES: &[(&str, &str, &str)] = &[
    ("added", "新增{kind}“{title}”", "The {kind} “{title}” is added"),
    ("removed", "删除{kind}“{title}”", "The {kind} “{title}” is removed"),
    ("changed", "修改{kind}“{title}”", "The {kind} “{title}” changes"),
    ("part_changed", "修改{kind}“{title}”的{part}", "The {part} of the {kind} “{title}” changes"),
    ("retitled", "{kind}“{from}”改名为“{to}”", "The {kind} “{from}” is called “{to}” from now on"),
    (
        "entity_removed",
        "删除实体“{title}”及其全部记录",
        "The entity “{title}” is removed, with all of its records",
    ),
    ("field_added", "新增字段“{title}”", "The field “{title}” is added"),
    (
        "field_removed",
        "删除字段“{title}”，已有的值保留 30 天",
        "The field “{title}” is removed; what is stored in it is kept for 30 days",
    ),
    (
        "field_renamed",
        "字段“{title}”的键由 {from} 改为 {field}",
        "The key of “{title}” changes from {from} to {field}",
    ),
    ("field_retitled", "字段“{from}”改名为“{to}”", "The field “{from}” is called “{to}” from now on"),
    (
        "field_kind",
        "字段“{title}”的类型由 {from} 改为 {to}，已有的值随之换算",
        "The kind of “{title}” changes from {from} to {to}; stored values are converted",
    ),
    ("field_changed", "修改字段“{title}”", "The field “{title}” changes"),
    ("field_required", "“{title}”变为必填", "“{title}” becomes required"),
    ("field_optional", "“{title}”不再必填", "“{title}” is no longer required"),
    ("fields_reordered", "调整了字段的顺序", "The fields stand in another order"),
    ("option_added", "“{title}”新增选项“{label}”", "“{title}” offers “{label}” too"),
    (
        "option_removed",
        "“{title}”删除选项“{label}”，仍用它的记录须重选",
        "“{title}” no longer offers “{label}”; records that hold it must choose again",
    ),
    ("owner_added", "“{title}”的记录从此有负责人", "Records of “{title}” belong to a person from now on"),
    ("owner_removed", "“{title}”的记录不再有负责人", "Records of “{title}” belong to nobody any more"),
    ("trigger_changed", "流程“{title}”的触发条件有修改", "“{title}” is set off by something else"),
    ("start_changed", "流程的起点由 {from} 改为 {to}", "The workflow begins at {to} instead of {from}"),
    ("node_added", "流程新增节点“{node}”", "The node “{node}” is added"),
    ("node_removed", "流程删除节点“{node}”", "The node “{node}” is removed"),
    ("node_changed", "流程节点“{node}”有修改", "The node “{node}” changes"),
    ("settings_changed", "流程“{title}”的设置有修改", "The settings of “{title}” change"),
    ("file_added", "新增文件 {path}", "The file {path} is added"),
    ("file_removed", "删除文件 {path}", "The file {path} is removed"),
    ("file_changed", "修改文件 {path}", "The file {path} changes"),
];
