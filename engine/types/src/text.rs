//! Sentences for codes, in the languages of the interface. One place, so that no two floors phrase
//! the same refusal differently.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Fields;

mod audit;
mod door;
mod duplicates;
mod evolution;
mod incidents;
mod kept;
mod kinds;
mod past;
mod people;
mod requests;
mod rights;
mod transfer;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Language {
    /// 简体中文, the default.
    #[default]
    #[serde(rename = "zh-CN")]
    Chinese,
    /// English.
    #[serde(rename = "en")]
    English,
}

impl Language {
    /// The first language of an `Accept-Language` header that the interface speaks.
    pub fn from_header(header: &str) -> Self {
        header
            .split(',')
            .find_map(|part| {
                let tag = part.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
                if tag.starts_with("zh") {
                    return Some(Self::Chinese);
                }
                tag.starts_with("en").then_some(Self::English)
            })
            .unwrap_or_default()
    }
}

/// The sentence for `code` with `{name}` replaced from `args`; the code itself where none is known.
pub fn sentence(language: Language, code: &str, args: &Fields) -> String {
    let Some((_, chinese, english)) = sentences().find(|(known, _, _)| *known == code) else {
        return code.to_owned();
    };
    let pattern = match language {
        Language::Chinese => chinese,
        Language::English => english,
    };
    args.iter().fold((*pattern).to_owned(), |text, (name, value)| {
        let value = in_language(language, value);
        let value = if name == "expected" { word(language, &plain(value)) } else { plain(value) };
        text.replace(&format!("{{{name}}}"), &value)
    })
}

/// A word for what a field takes, in the language; the key itself where none is known.
fn word(language: Language, key: &str) -> String {
    let known = WORDS.iter().chain(kinds::WORDS).find(|(known, _, _)| *known == key);
    known
        .map_or(key, |(_, chinese, english)| if language == Language::Chinese { chinese } else { english })
        .to_owned()
}

/// Whether a sentence exists for `code`; a test holds that every code used has one.
pub fn is_known(code: &str) -> bool {
    sentences().any(|(known, _, _)| *known == code)
}

/// Every code that has a sentence.
pub fn codes() -> impl Iterator<Item = &'static str> {
    sentences().map(|(code, _, _)| *code)
}

fn sentences() -> impl Iterator<Item = &'static (&'static str, &'static str, &'static str)> {
    SENTENCES
        .iter()
        .chain(audit::SENTENCES)
        .chain(door::SENTENCES)
        .chain(duplicates::SENTENCES)
        .chain(evolution::SENTENCES)
        .chain(incidents::SENTENCES)
        .chain(kept::SENTENCES)
        .chain(kinds::SENTENCES)
        .chain(past::SENTENCES)
        .chain(people::SENTENCES)
        .chain(requests::SENTENCES)
        .chain(rights::SENTENCES)
        .chain(transfer::SENTENCES)
}

/// The side of an argument that says itself in both languages; any other as it is.
fn in_language(language: Language, value: &Value) -> &Value {
    let side = if language == Language::Chinese { "zh-CN" } else { "en" };
    value.as_object().filter(|sides| sides.len() == 2).and_then(|sides| sides.get(side)).unwrap_or(value)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `(code, 中文, English)`. `{field}` is the field's title where a pointer names one.
const SENTENCES: &[(&str, &str, &str)] = &[
    ("record.required", "请填写“{field}”", "“{field}” is required"),
    ("record.unknown_field", "没有“{field}”这个字段", "There is no field “{field}”"),
    ("record.read_only", "“{field}”不能修改", "“{field}” cannot be changed"),
    ("record.wrong_type", "“{field}”应为{expected}", "“{field}” must be {expected}"),
    ("record.too_long", "“{field}”最多 {max} 个字", "“{field}” may have at most {max} characters"),
    ("record.too_short", "“{field}”至少 {min} 个字", "“{field}” must have at least {min} characters"),
    ("record.too_small", "“{field}”不能小于 {min}", "“{field}” must be at least {min}"),
    ("record.too_large", "“{field}”不能大于 {max}", "“{field}” must be at most {max}"),
    ("record.scale", "“{field}”最多 {scale} 位小数", "“{field}” may have at most {scale} decimals"),
    ("record.pattern", "“{field}”的格式不对", "“{field}” has the wrong format"),
    ("record.format", "“{field}”不是有效的{expected}", "“{field}” is not a valid {expected}"),
    ("record.not_an_option", "“{field}”没有“{value}”这个选项", "“{value}” is not an option of “{field}”"),
    ("record.duplicate_item", "“{field}”里有重复的“{value}”", "“{field}” contains “{value}” twice"),
    ("record.not_unique", "“{field}”已被使用", "“{field}” is already in use"),
    (
        "record.unknown_reference",
        "“{field}”指向的记录或文件不存在",
        "The record or file that “{field}” names does not exist",
    ),
    ("record.text", "“{field}”含有不允许的字符", "“{field}” contains characters that are not allowed"),
    ("record.too_many", "“{field}”最多 {max} 项", "“{field}” may have at most {max} items"),
    ("record.too_few", "“{field}”至少 {min} 项", "“{field}” must have at least {min} items"),
    ("record.too_many_digits", "“{field}”最多 {max} 位数字", "“{field}” may have at most {max} digits"),
    (
        "record.hidden_dropped",
        "“{field}”现在不显示，填写的内容没有保存",
        "“{field}” is not shown now; what was sent for it was not saved",
    ),
    (
        "record.masked_ignored",
        "“{field}”是打码显示的，没有修改",
        "“{field}” is shown masked and was left as it is",
    ),
    ("record.compute_failed", "“{field}”算不出来：{error}", "“{field}” could not be computed: {error}"),
    ("record.not_offered", "“{field}”不能选这条记录", "“{field}” does not offer this record"),
    ("record.invalid", "填写的内容有 {count} 处不对", "{count} thing(s) are wrong with this record"),
    ("record.not_found", "没有这条记录", "There is no such record"),
    (
        "record.stale",
        "这条记录刚刚被改过，请对照后再保存",
        "This record was changed in between; compare before saving again",
    ),
    ("record.etag", "If-Match 的版本“{value}”不是数字", "The version “{value}” in If-Match is not a number"),
    (
        "record.if_match",
        "修改前请用 If-Match 说明依据的版本",
        "Say in If-Match which version the change is made to",
    ),
    (
        "record.in_approval",
        "这条记录正在审批，暂时不能修改",
        "This record is in approval and cannot be changed now",
    ),
    (
        "record.referenced",
        "还有别的记录指向它，不能删除",
        "Other records still point to it; it cannot be deleted",
    ),
    ("entity.not_found", "没有“{entity}”这种记录", "There are no records called “{entity}”"),
    ("access.denied", "没有权限：{action} {subject}", "You may not {action} {subject}"),
    ("host.unknown", "这里没有“{host}”这个站点", "There is no site called “{host}” here"),
    ("page.not_found", "没有这个页面", "There is no such page"),
    ("box.not_found", "没有这个任务箱", "There is no such box of tasks"),
    ("form.not_found", "没有这张表单", "There is no such form"),
    ("grade.not_found", "没有这个等级", "There is no such grade"),
    ("incident.not_found", "没有这个事故", "There is no such incident"),
    ("release.not_found", "没有这个版本", "There is no such release"),
    ("release.superseded", "刚刚发布了新版本，请再试一次", "Another release has just become live; try again"),
    ("run.not_found", "没有这个流程实例", "There is no such run"),
    ("task.not_found", "没有这项工作", "There is no such task"),
    ("task.unknown", "没有这项工作", "There is no such task"),
    ("task.wrong_kind", "这项工作不能这样处理", "This cannot be done with this task"),
    ("template.not_found", "没有“{key}”这个模板", "There is no template “{key}”"),
    ("template.overlap", "已有同名的定义，不能安装", "Definitions of the same name are there already"),
    ("password.length", "密码至少 {min} 个字", "A password has at least {min} characters"),
    ("password.same", "新密码不能和现在的一样", "The new password must differ from the present one"),
    ("comment.length", "请写 1 到 {max} 个字", "A comment has 1 to {max} characters"),
    ("user.not_found", "没有这个人", "There is no such person"),
    ("user.last_administrator", "至少要留一位管理员", "At least one administrator must remain"),
    (
        "user.login",
        "登录名由 1 到 64 个字母、数字或 . _ - @ + 组成",
        "A login is 1 to 64 letters, digits and . _ - @ +",
    ),
    ("user.email", "“{value}”不是有效的邮箱地址", "“{value}” is not a valid e-mail address"),
    ("user.login_taken", "登录名已被使用", "The login is taken"),
    ("user.unknown_role", "没有“{value}”这个角色", "There is no role “{value}”"),
    ("user.unknown_department", "没有“{value}”这个部门", "There is no department “{value}”"),
    ("user.unknown_person", "没有“{value}”这个人", "There is nobody called “{value}”"),
    ("department.not_found", "没有这个部门", "There is no such department"),
    ("department.key", "部门的标识不合规或已被使用", "The department's key is not allowed or taken"),
    ("department.cycle", "部门不能在自己下面", "A department cannot lie below itself"),
    ("workspace.empty", "还没有发布任何定义", "Nothing has been published yet"),
    ("session.required", "请先登录", "Please sign in"),
    ("session.must_change", "请先设置新密码", "Choose a new password first"),
    ("session.wrong_password", "登录名或密码不对", "Login and password do not belong together"),
    (
        "session.too_many",
        "尝试次数太多，请 {seconds} 秒后再试",
        "Too many attempts; try again in {seconds} seconds",
    ),
    (
        "session.csrf",
        "请求缺少本次登录的令牌，请刷新页面",
        "The request lacks the token of this session; load the page again",
    ),
    ("session.origin", "请求来自别的网站，已拒绝", "The request comes from another site and was refused"),
    ("idempotency.key", "Idempotency-Key 最多 {max} 字节", "An Idempotency-Key may have at most {max} bytes"),
    (
        "idempotency.mismatch",
        "这个 Idempotency-Key 已用于另一次提交",
        "This Idempotency-Key was used with another body",
    ),
    ("idempotency.in_flight", "同一次提交正在处理", "The same request is being worked on"),
    ("clock.duration", "“{value}”不是时长，例如 7d", "“{value}” is not a duration such as 7d"),
    ("draft.invalid", "定义有 {count} 处需要看", "The definitions have {count} finding(s)"),
    ("draft.stale", "这个文件刚刚被别人改过", "Somebody else has just changed this file"),
    (
        "draft.lacking",
        "“{field}”改为必填，有 {count} 条记录还没有填写，以后修改时必须补上",
        "“{field}” becomes required; {count} record(s) lack it and must be completed when they are next changed",
    ),
    (
        "draft.not_unique",
        "有的记录值相同，字段不能改为唯一",
        "Records share a value, so the field cannot become unique",
    ),
    ("draft.empty", "没有要发布的修改", "There is nothing to publish"),
    ("draft.conflict", "别的版本改了同样的文件", "Another release changed the same files"),
    (
        "draft.overtaken",
        "刚刚发布了别的版本，请再看一遍",
        "Another release was published meanwhile; look again",
    ),
    (
        "draft.needs_confirm",
        "有些改动会丢失数据，请逐项确认",
        "Some steps lose something; confirm each of them",
    ),
    ("script.failed", "脚本出错：{error}", "A script failed: {error}"),
    (
        "script.unavailable",
        "脚本暂时无法运行，请稍后再试",
        "No script can run at present; try again in a moment",
    ),
    ("store.full", "磁盘已满", "The disk is full"),
    ("server.failed", "服务器出错了，原因在日志里", "The server failed; its log says why"),
    ("grade.failed", "“{field}”无法评级：{error}", "“{field}” could not be graded: {error}"),
    ("task.closed", "这项工作已经结束", "This task is already closed"),
    ("task.revision", "这项工作刚刚有变化，请刷新后再试", "This task has just changed; load it again"),
    ("task.outcome_missing", "请选择一个结果", "Please choose an outcome"),
    ("task.unknown_outcome", "没有这个结果", "There is no such outcome"),
    ("task.unknown_person", "没有这个人，或此人已停用", "There is no such active person"),
    ("task.duplicate_signer", "此人在这一步已有任务", "This person already has a task here"),
    ("task.own_request", "不能审批自己发起的申请", "Nobody decides about their own request here"),
    ("task.comment_missing", "请填写意见", "Please write a comment"),
    ("run.too_late", "已经不能撤回", "It can no longer be withdrawn"),
    ("actor.workflow", "流程“{title}”", "the workflow “{title}”"),
    ("actor.template", "模板", "the template"),
    ("actor.operator", "运维人员", "the operator"),
    ("actor.engine", "系统", "the system"),
    ("mail.reminder", "待办提醒：{title}", "Reminder: {title}"),
    ("mail.reminder_text", "“{title}”还没有完成。截止时间：{due}", "“{title}” is not done yet. Due: {due}"),
    ("mail.escalation", "待办逾期：{title}", "Late: {title}"),
    (
        "mail.escalation_text",
        "{assignee} 的“{title}”还没有完成。截止时间：{due}",
        "“{title}” of {assignee} is not done yet. Due: {due}",
    ),
    ("rule.refused", "不符合规则“{title}”", "The rule “{title}” does not hold"),
    ("rule.confirm", "请确认：{title}", "Please confirm: {title}"),
    ("rule.warn", "请注意：{title}", "Please note: {title}"),
    ("rule.failed", "规则“{title}”的脚本出错：{error}", "The script of rule “{title}” failed: {error}"),
];

/// `(key, 中文, English)`: what `{expected}` in a sentence may say.
const WORDS: &[(&str, &str, &str)] = &[
    ("text", "文本", "a text"),
    ("texts", "文本列表", "a list of texts"),
    ("boolean", "是或否", "true or false"),
    ("integer", "整数", "a whole number"),
    ("decimal", "数字（如 12.50）", "a decimal such as \"12.50\""),
    ("id", "记录编号", "the id of a record"),
    ("row", "一行数据", "an object"),
    ("rows", "明细行列表", "a list of rows"),
    ("address", "地址（region 和 detail）", "an address of region and detail"),
    ("date", "日期（如 2026-03-01）", "date such as 2026-03-01"),
    ("datetime", "时间（如 2026-03-01T08:00:00+08:00）", "instant such as 2026-03-01T08:00:00+08:00"),
    ("lunar_date", "农历日期（如 1990-05-15）", "lunar date such as 1990-05-15"),
    ("phone", "电话号码（至少 5 位数字）", "phone number (five digits at least)"),
    ("email", "邮箱地址", "e-mail address"),
    ("url", "网址", "web address"),
];
