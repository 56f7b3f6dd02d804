//! `kezhi import ENTITY FILE`: sends the file, waits for the job, says what became of it.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use clap::Args;
use http_body::Frame;
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Map, Value, json};

use super::operator::{Operator, Place, text};
use super::{Failure, say};

/// Between two looks at the job.
const LOOK: Duration = Duration::from_millis(150);

/// What is imported, and how.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// Key of the entity.
    entity: String,
    /// The file: CSV or XLSX.
    file: PathBuf,
    /// Column to field, where the names do not say it: 客户编码=code, 产品=lines.product.
    #[arg(long = "map", value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// What becomes of rows whose record exists, and of those whose record does not.
    #[arg(long, value_parser = ["create", "update", "upsert"])]
    mode: Option<String>,
    /// A unique field, a serial number or `id` by which a row finds its record; may be repeated.
    #[arg(long)]
    key: Vec<String>,
    /// The sheet of a workbook; the first that holds anything when absent.
    #[arg(long)]
    sheet: Option<String>,
    /// Login of the person to whom records belong whose row names nobody.
    #[arg(long)]
    owner: Option<String>,
    /// Stores nothing.
    #[arg(long)]
    dry_run: bool,
    /// Empty cells clear their fields in records that exist.
    #[arg(long)]
    clear_empty: bool,
    /// Key of a rule that is confirmed; may be repeated.
    #[arg(long)]
    confirm: Vec<String>,
    /// Workflows do not hear of the records.
    #[arg(long)]
    no_workflows: bool,
    /// Where to write the wrong rows as a workbook.
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
}

/// Carries it out.
pub async fn import(place: &Place, arguments: ImportArguments) -> Result<(), Failure> {
    let options = options(&arguments)?;
    let file = &arguments.file;
    let broken = |error: std::io::Error| Failure::Input(format!("{}: {error}", file.display()));
    let opened = tokio::fs::File::open(file).await.map_err(broken)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let part = Part::stream(reqwest::Body::wrap(Outgoing(Mutex::new(crate::download::body_of(opened)))))
        .file_name(name);
    let form = Form::new().text("options", options.to_string()).part("file", part);
    let operator = Operator::reach(place).await?;
    let path = format!("/api/entities/{}/import", arguments.entity);
    let mut job = operator.send(operator.request(Method::POST, &path).multipart(form)).await?;
    let path = format!("/api/jobs/{}", text(&job, "id"));
    while matches!(text(&job, "state"), "queued" | "running") {
        tokio::time::sleep(LOOK).await;
        job = operator
            .send(operator.request(Method::GET, &path))
            .await
            .map_err(|failure| gone(failure, &job))?;
    }
    tell(&operator, (&path, &job)).await?;
    if let Some(target) = arguments.errors.filter(|_| job["errors"] != json!(0)) {
        save_errors(&operator, &path, &target).await?;
    }
    match text(&job, "state") {
        "done" if job["errors"] != json!(0) => {
            let (refused, total) = (&job["errors"], &job["total"]);
            Err(Failure::Input(if arguments.dry_run {
                told!("{total} 行中有 {refused} 行会被拒绝", "{refused} of {total} rows would be refused")
            } else {
                told!("{total} 行中有 {refused} 行被拒绝", "{refused} of {total} rows were refused")
            }))
        }
        "done" => Ok(()),
        "cancelled" => Err(Failure::Input(told!("导入被停止了", "the import was stopped"))),
        _ => Err(Failure::Input(text(&job["result"]["failure"], "message").to_owned())),
    }
}

/// A body that may be shared between threads, as the client wants it.
struct Outgoing(Mutex<Body>);

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let body = self.get_mut().0.get_mut().unwrap_or_else(PoisonError::into_inner);
        Pin::new(body).poll_frame(context)
    }
}

fn options(arguments: &ImportArguments) -> Result<Value, Failure> {
    let pairs: Option<Map<String, Value>> = arguments
        .map
        .iter()
        .map(|pair| pair.split_once('=').map(|(column, field)| (column.to_owned(), json!(field))))
        .collect();
    let map = pairs
        .ok_or_else(|| Failure::Input(told!("--map 的写法是 列名=字段", "--map is written COLUMN=FIELD")))?;
    Ok(json!({
        "map": map,
        "mode": arguments.mode,
        "key": arguments.key,
        "sheet": arguments.sheet,
        "owner": arguments.owner,
        "dry_run": arguments.dry_run,
        "clear_empty": arguments.clear_empty,
        "confirm": arguments.confirm,
        "workflows": !arguments.no_workflows,
    }))
}

/// Says which columns were not used, every wrong cell, and how many rows became what.
async fn tell(operator: &Operator, (path, job): (&str, &Value)) -> Result<(), Failure> {
    let result = &job["result"];
    for column in result["unmapped"].as_array().into_iter().flatten() {
        let column = column.as_str().unwrap_or_default();
        say(told!("没有用到的列：{column}", "column not used: {column}"));
    }
    let mut after = json!(0);
    while job["errors"] != json!(0) && !after.is_null() {
        let page = operator.request(Method::GET, &format!("{path}/errors?after={after}"));
        let page = operator.send(page).await?;
        for row in page["items"].as_array().into_iter().flatten() {
            for problem in row["problems"].as_array().into_iter().flatten() {
                let at = if problem["row"].is_null() { &row["row"] } else { &problem["row"] };
                let (column, header) = (text(problem, "column"), text(problem, "header"));
                let (value, message) = (text(problem, "value"), text(problem, "message"));
                say(told!(
                    "{column}{at}（{header}）“{value}”：{message}",
                    "{column}{at} ({header}) `{value}`: {message}"
                ));
            }
        }
        after = page["next"].clone();
    }
    for row in result["warnings"].as_array().into_iter().flatten() {
        for problem in row["problems"].as_array().into_iter().flatten() {
            let (row, message) = (&row["row"], text(problem, "message"));
            say(told!("{row}：{message}（仍已保存）", "{row}: {message} (stored all the same)"));
        }
    }
    let (created, updated, refused) = (&result["created"], &result["updated"], &job["errors"]);
    say(if result["dry_run"] == json!(true) {
        told!(
            "试运行：会新建 {created}，更新 {updated}，拒绝 {refused}",
            "{created} would be created, {updated} would be updated, {refused} would be refused"
        )
    } else {
        told!(
            "新建 {created}，更新 {updated}，拒绝 {refused}",
            "{created} created, {updated} updated, {refused} refused"
        )
    });
    let id = text(job, "id");
    say(told!("任务 {id}", "job {id}"));
    Ok(())
}

/// The server went away while a job was watched; the job waits for it.
fn gone(failure: Failure, job: &Value) -> Failure {
    let Failure::Environment(_) = failure else { return failure };
    let id = text(job, "id");
    Failure::Environment(told!(
        "服务停了；再启动后导入会接着做完：任务 {id}",
        "the server went away; the import goes on when it is back: job {id}"
    ))
}

async fn save_errors(operator: &Operator, path: &str, target: &Path) -> Result<(), Failure> {
    let request = operator.request(Method::GET, &format!("{path}/errors?format=xlsx"));
    let failed = |error: reqwest::Error| Failure::Environment(error.to_string());
    let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
    let bytes = answer.bytes().await.map_err(failed)?;
    std::fs::write(target, bytes)
        .map_err(|error| Failure::Environment(format!("{}: {error}", target.display())))?;
    let target = target.display();
    say(told!("有问题的行在 {target}", "the wrong rows are in {target}"));
    Ok(())
}
