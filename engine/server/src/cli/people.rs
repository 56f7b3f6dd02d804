//! Commands over people that are more than one account: finding one, one-time links, lists from files.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::operator::{Operator, Place, text};
use super::{Failure, say};

/// Everybody, however many pages that takes.
pub async fn everybody(operator: &Operator) -> Result<Vec<Value>, Failure> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let request =
            operator.request(Method::GET, "/api/users").query(&[("limit", "500"), ("after", after.as_str())]);
        let page = operator.send(request).await?;
        all.extend(page["items"].as_array().cloned().unwrap_or_default());
        let Some(next) = page["next"].as_str() else { return Ok(all) };
        next.clone_into(&mut after);
    }
}

/// The id of the person with this login.
pub async fn id_of(operator: &Operator, login: &str) -> Result<String, Failure> {
    let all = everybody(operator).await?;
    let found = all.iter().find(|user| text(user, "login").to_lowercase() == login.to_lowercase());
    let unknown = || Failure::Input(told!("没有登录名为 `{login}` 的人", "nobody signs in as `{login}`"));
    Ok(text(found.ok_or_else(unknown)?, "id").to_owned())
}

/// `kezhi user link LOGIN`.
pub async fn link(place: &Place, login: &str) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let id = id_of(&operator, login).await?;
    let made = operator.send(operator.request(Method::POST, &format!("/api/users/{id}/link"))).await?;
    let until = text(&made, "expires_at");
    say(match made["link"].as_str() {
        Some(link) => told!(
            "{link}\n把它接在系统地址后面交给 {login}；只能用一次，{until} 前有效",
            "{link}\nput it behind the address of the workspace and hand it to {login}; it works once, until {until}"
        ),
        None => {
            let address = text(&made, "sent_to");
            told!(
                "链接已发到 {address}，{until} 前有效",
                "a link is on its way to {address}; it works until {until}"
            )
        }
    });
    Ok(())
}

/// `kezhi user import FILE` and `kezhi department import FILE`.
pub async fn import(place: &Place, kind: &str, (file, dry_run): (&Path, bool)) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|error| {
        let file = file.display();
        Failure::Input(told!("{file} 读不了：{error}", "{file} cannot be read: {error}"))
    })?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let operator = Operator::reach(place).await?;
    let request = operator.request(Method::POST, &format!("/api/{kind}/import"));
    let request = request.query(&[("dry_run", dry_run.to_string()), ("name", name)]).body(bytes);
    let report = operator.send(request).await?;
    for row in report["refused"].as_array().into_iter().flatten() {
        for problem in row["problems"].as_array().into_iter().flatten() {
            let (row, column, message) = (&row["row"], text(problem, "column"), text(problem, "message"));
            say(told!("第 {row} 行 {column}：{message}", "row {row} {column}: {message}"));
        }
    }
    let counts = ["created", "updated", "unchanged", "errors"].map(|name| report[name].clone());
    let [created, updated, unchanged, errors] = counts;
    say(told!(
        "新增 {created}，修改 {updated}，不变 {unchanged}，有问题 {errors}",
        "{created} new, {updated} changed, {unchanged} unchanged, {errors} wrong"
    ));
    if errors == json!(0) { Ok(()) } else { Err(Failure::Input(String::new())) }
}
