//! Sentences about requests: bodies, parameters, questions.

/// Code, Chinese, English.
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "body.not_json",
        "第 {line} 行第 {column} 列不是有效的 JSON",
        "Line {line}, column {column} is not valid JSON",
    ),
    (
        "body.wrong_shape",
        "第 {line} 行第 {column} 列的内容不对：{why}",
        "Line {line}, column {column} is not what belongs there: {why}",
    ),
    ("body.too_deep", "JSON 最多嵌套 {max} 层", "JSON may nest at most {max} levels deep"),
    ("body.too_large", "内容最多 {max} 字节", "A body may have at most {max} bytes"),
    ("body.media_type", "请把内容作为 application/json 提交", "Send the body as application/json"),
    ("body.unreadable", "读不到提交的内容", "The body could not be read"),
    (
        "query.parameter",
        "不认识参数“{key}”，或读不懂它的值；可以用 {known}",
        "The parameter “{key}” is unknown, or its value cannot be read; there are {known}",
    ),
    ("query.repeated", "参数“{key}”出现了两次", "The parameter “{key}” stands twice"),
    (
        "body.repeated_key",
        "“{key}”出现了两次（第 {line} 行第 {column} 列）",
        "The key “{key}” stands twice (line {line}, column {column})",
    ),
    ("query.unknown_field", "没有“{field}”这个字段", "There is no field “{field}”"),
    ("query.condition", "查询条件不对：{error}", "The condition is wrong: {error}"),
    ("query.too_many_leaves", "查询条件最多 {max} 项", "A condition may have at most {max} comparisons"),
    ("query.sort", "最多按 {max} 个字段排序", "A list may be sorted by at most {max} fields"),
    ("query.not_sortable", "不能按“{field}”排序", "A list cannot be sorted by “{field}”"),
    (
        "query.group",
        "不能按 {group} 分组；最多三个字段，只有日期和时间能按 year、quarter、month、week、day",
        "Records cannot be grouped by {group}; at most three fields, and only dates and instants have a year, quarter, month, week or day",
    ),
    (
        "query.measure",
        "不能统计 {measure}；写一个函数和一个合适的字段，例如 sum 和金额字段；最多 20 项",
        "{measure} is no measure that fits its field; give one function and one field, such as sum and a money field; at most 20",
    ),
    (
        "query.name",
        "“{name}”出现了两次，请用 as 另取名字",
        "“{name}” stands twice; give one another name with as",
    ),
    ("query.having", "统计结果的条件不对：{error}", "The condition over the measures is wrong: {error}"),
    (
        "query.too_large",
        "合计太大，超出能精确表示的范围，请缩小范围",
        "A sum is too large to be told exactly; ask for fewer records",
    ),
    (
        "query.too_slow",
        "这个查询对数据库要求太高，已中止；请缩小条件的范围，或少用几个排序和统计",
        "This asks too much of the database and was given up: narrow the condition, or sort and measure by less",
    ),
    (
        "query.too_many_rows",
        "查询里最多 {max} 个 some、every、count，最多嵌套 {depth} 层",
        "A question holds at most {max} of some, every and count, at most {depth} deep",
    ),
    ("query.too_many_values", "查询条件里最多列出 {max} 个值", "A condition lists at most {max} values"),
    ("query.too_many_names", "最多 {max} 个字段或关联", "At most {max} fields or relations are asked for"),
    ("query.include", "“{path}”不是可以展开的关联", "“{path}” is not a relation that can be included"),
    ("query.limit", "每页 1 到 {max} 条", "A page holds 1 to {max} records"),
    ("query.words", "请写 1 到 {max} 个字的搜索词", "A search has 1 to {max} characters"),
    (
        "query.cursor",
        "翻页位置已失效，请从第一页重新开始",
        "This cursor belongs to another list; start from the first page",
    ),
    (
        "request.unreadable",
        "请求的地址或参数读不懂：{why}",
        "The address or a parameter of the request cannot be read: {why}",
    ),
    (
        "request.text",
        "文字里有不能保存的字符（U+0000），请删去",
        "A text holds a character that cannot be stored or looked for (U+0000); leave it out",
    ),
    (
        "outbound.url",
        "网址不对：以 http:// 或 https:// 开头，不带用户名、空格和反斜杠",
        "This is no address to call: it begins with http:// or https:// and has no user, blanks or backslashes",
    ),
    ("outbound.header", "“{name}”不能作为方法或请求头", "“{name}” is no method or header that may be sent"),
    (
        "outbound.port",
        "不能访问 {host} 的端口 {port}；请管理员在“外部访问”中加入它",
        "Port {port} of {host} may not be called; an administrator can allow it",
    ),
    (
        "outbound.inside",
        "{host} 在内部网络里，没有获准访问；请管理员在“外部访问”中加入它",
        "{host} lies inside the network and may not be called; an administrator can allow it",
    ),
    ("outbound.unresolved", "找不到 {host}", "{host} cannot be found"),
    ("outbound.unreachable", "{host} 没有正确应答：{why}", "{host} gave no proper answer: {why}"),
    ("outbound.timeout", "{host} 太久没有应答", "{host} took too long to answer"),
    ("outbound.too_large", "收发的内容最多 {max} 字节", "At most {max} bytes are sent or taken"),
    (
        "outbound.too_often",
        "一分钟内最多试 {max} 次，请 {seconds} 秒后再试",
        "At most {max} calls are tried within a minute; try again in {seconds} seconds",
    ),
    (
        "outbound.entry",
        "“{entry}”不是可以放行的地址；写成 erp.corp、10.1.2.3:9000 或 10.1.0.0/16，最多 100 个，不能是本机",
        "“{entry}” is no place that may be allowed; write erp.corp, 10.1.2.3:9000 or 10.1.0.0/16, at most 100, and nothing of this machine",
    ),
    (
        "request.wrong_method",
        "这个地址不接受 {method}；可以用 {allowed}",
        "This address does not take {method}; there are {allowed}",
    ),
];
