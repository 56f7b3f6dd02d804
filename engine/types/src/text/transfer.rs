//! Sentences about many records at once: batches, imports, jobs.

/// `(code, 中文, English)`
pub(super) const SENTENCES: &[(&str, &str, &str)] = &[
    (
        "export.too_many",
        "一小时内最多导出 {max} 次，请 {seconds} 秒后再试",
        "At most {max} exports within an hour; try again in {seconds} seconds",
    ),
    ("file.not_found", "没有这个文件", "There is no such file"),
    ("file.unreadable", "文件读不了：{why}", "The file cannot be read: {why}"),
    ("batch.failed", "批量操作没有执行", "Nothing of the batch was done"),
    (
        "batch.key",
        "“{field}”不是唯一字段，不能用来对照",
        "“{field}” is not a unique field, so records cannot be matched by it",
    ),
    ("batch.too_large", "一次最多 {max} 项", "At most {max} operations in one request"),
    (
        "update.too_many",
        "条件选中的记录超过 {max} 条，请缩小范围",
        "The condition finds more than {max} records; narrow it",
    ),
    (
        "import.not_a_workbook",
        "“{file}”不是 Excel 工作簿，也不是 CSV 文本",
        "“{file}” is neither an Excel workbook nor a CSV text",
    ),
    (
        "import.broken_workbook",
        "“{file}”打不开，文件可能已损坏：{why}",
        "“{file}” cannot be opened, it may be damaged: {why}",
    ),
    (
        "import.encoding",
        "“{file}”既不是 UTF-8 也不是 GB18030 文本：第 {at} 字节读不懂",
        "“{file}” is a text in neither UTF-8 nor GB18030: byte {at} cannot be read",
    ),
    (
        "import.too_large_inside",
        "“{file}”里的“{part}”展开后太大，请拆分，或另存为 CSV 再导入",
        "“{part}” inside “{file}” is too large when unpacked; split the file or save it as CSV",
    ),
    (
        "import.too_wide",
        "“{file}”第 {row} 行的列数超过 16,384",
        "Row {row} of “{file}” has more than 16,384 columns",
    ),
    (
        "import.row_too_long",
        "“{file}”从第 {row} 行起有一行长得没有尽头，可能少了一个引号",
        "A row of “{file}” from line {row} on does not end; a quotation mark may be missing",
    ),
    ("import.no_sheet", "“{file}”里没有工作表“{sheet}”", "There is no sheet “{sheet}” in “{file}”"),
    ("import.map_column", "文件里没有“{column}”这一列", "The file has no column “{column}”"),
    (
        "import.key_missing",
        "更新已有记录时要指明按哪个字段对照",
        "To change records, say by which field they are matched",
    ),
    ("import.key_empty", "对照字段是空的，不知道是哪条记录", "The key is empty, so no record is meant"),
    (
        "import.key_repeated",
        "这条记录在第 {row} 行已经出现过",
        "Row {row} of the file means the same record already",
    ),
    ("import.no_match", "没有这样的记录可以更新", "There is no such record to change"),
    ("import.reason", "未导入原因", "Why it was not imported"),
    (
        "import.changed_since",
        "导入之后有人改过，保持现状",
        "Somebody has changed it since the import, so it stays as it is",
    ),
    ("import.gone_since", "这条记录已经不在了", "This record is no longer there"),
    ("import.running", "导入还在进行，请先停止", "The import is still under way; stop it first"),
    ("import.undone", "这次导入已经撤销过", "This import has been taken back already"),
    (
        "import.nothing_to_undo",
        "这次导入没有写入任何数据",
        "This import has stored nothing that could be taken back",
    ),
    ("job.not_found", "没有这项后台任务", "There is no such job"),
    ("import.empty", "“{file}”里没有数据", "There is nothing in “{file}”"),
    (
        "import.no_header",
        "“{file}”里找不到表头：没有一行写着“{entity}”的字段名",
        "No header was found in “{file}”: no row names fields of “{entity}”",
    ),
    (
        "import.map",
        "对应关系里的字段“{field}”不存在或不能填写",
        "The mapping names a field “{field}” that does not exist or may not be written",
    ),
    (
        "import.key",
        "“{field}”不是表里有的唯一字段，不能用来对照已有记录",
        "“{field}” is not a unique field among the columns, so records cannot be matched by it",
    ),
    ("import.owner", "没有登录名为“{value}”的人", "Nobody signs in as “{value}”"),
    ("import.cell_error", "单元格是错误值 {value}", "The cell holds the error {value}"),
    (
        "import.digits_lost",
        "“{field}”在 Excel 里存成了数字，只保留了 15 位，请把这一列设为文本再填",
        "“{field}” was stored as a number, of which Excel keeps 15 digits; format the column as text and fill it in again",
    ),
    (
        "import.unknown_person",
        "“{field}”：没有叫“{value}”的人",
        "“{field}”: there is nobody called “{value}”",
    ),
    (
        "import.several_people",
        "“{field}”：有不止一位“{value}”，请填登录名",
        "“{field}”: more than one person is called “{value}”; give the login",
    ),
    ("import.unknown_record", "“{field}”：找不到“{value}”", "“{field}”: nothing is called “{value}”"),
    (
        "import.several_records",
        "“{field}”：有不止一条“{value}”，请填唯一的编码",
        "“{field}”: more than one record is called “{value}”; give a unique value",
    ),
    (
        "import.unknown_file",
        "“{field}”：您最近一天没有上传过“{value}”",
        "“{field}”: you have sent no file called “{value}” within a day",
    ),
    (
        "import.several_files",
        "“{field}”：有不止一个“{value}”，请填文件的 id",
        "“{field}”: more than one file is called “{value}”; give its id",
    ),
    ("import.not_permitted", "没有权限保存这样的记录", "You may not save such a record"),
    ("import.conflict", "这条记录现在不能修改", "This record cannot be changed now"),
];
