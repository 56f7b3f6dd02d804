//! Sentences about what is stuck and waits for a person.

/// `(code, 中文, English)`; `{detail}` is what the engine wrote down.
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "channel.failed",
        "发送渠道“{channel}”不通：{detail}",
        "The channel “{channel}” does not work: {detail}",
    ),
    (
        "derive.failed",
        "一条记录的计算值算不出来：{detail}",
        "Values of a record could not be computed: {detail}",
    ),
    ("event.failed", "一次变化没有处理成：{detail}", "An event could not be dispatched: {detail}"),
    ("loop.failed", "后台工作“{work}”出错：{detail}", "The background work “{work}” fails: {detail}"),
    (
        "schedule.failed",
        "定时流程没有启动：{detail}",
        "A workflow could not be started by its schedule: {detail}",
    ),
    ("message.failed", "消息没有送出：{detail}", "A message was not delivered: {detail}"),
    (
        "message.no_address",
        "“{person}”没有邮箱地址，消息没有送出",
        "“{person}” has no e-mail address, so the message was not sent",
    ),
    (
        "message.template",
        "消息“{message}”写不出来：{error}",
        "The message “{message}” could not be written: {error}",
    ),
    ("message.unknown", "没有“{message}”这条消息", "There is no message “{message}”"),
    (
        "run.expression",
        "“{field}”的值算不出来：{error}",
        "The value of “{field}” could not be computed: {error}",
    ),
    ("run.failed_step", "流程走不下去：{error}", "A step of the run failed: {error}"),
    ("run.no_such_node", "流程里没有“{node}”这一步了", "The workflow has no node “{node}” any more"),
    ("run.nobody", "这一步没有人可以处理", "There is nobody who could do this step"),
    ("run.refused", "流程要写的内容不符合规则", "What the workflow wanted to write was refused"),
    ("run.stuck", "流程停住了，什么也没有在等", "The run stands still and waits for nothing"),
    (
        "run.too_long",
        "流程走了 {steps} 步还没有结束",
        "The run has taken {steps} steps without coming to an end",
    ),
    (
        "workflow.too_deep",
        "流程一个接一个互相触发，已停下",
        "Workflows set each other off too many times in a row and were stopped",
    ),
];
