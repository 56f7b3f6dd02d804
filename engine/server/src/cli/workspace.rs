//! Commands over a workspace, all of them through the API.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use kezhi_types::def::files::Folder;
use rand::Rng;
use reqwest::Method;
use serde_json::{Value, json};

use super::folder::read;
use super::operator::{Operator, Place, text};
use super::{Failure, say};

/// Between two looks at a job.
const LOOK: Duration = Duration::from_millis(150);

/// `kezhi plan DIR`.
pub async fn plan(place: &Place, dir: &Path) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    stage(&operator, dir).await?;
    let checked = operator.send(operator.request(Method::POST, "/api/draft/check")).await?;
    let plan = operator.send(operator.request(Method::POST, "/api/draft/plan")).await?;
    operator.send(operator.request(Method::POST, "/api/draft/discard")).await?;
    let errors = checked["diagnostics"].as_array().into_iter().flatten();
    let errors = errors.filter(|found| found["severity"] == "error").count();
    if errors > 0 {
        let dir = dir.display();
        return Err(Failure::Input(told!(
            "有 {errors} 个错误，不能应用；请看 `kezhi check {dir}`",
            "{errors} error(s): it cannot be applied; see `kezhi check {dir}`"
        )));
    }
    let changes = plan["changes"].as_array().cloned().unwrap_or_default();
    for change in &changes {
        let mark = if change["destructive"].is_null() { " " } else { "!" };
        say(format!("{mark} {}: {}", text(change, "path"), text(change, "text")));
    }
    let told = |step: &&Value| changes.iter().any(|change| change["destructive"] == step["id"]);
    for step in plan["destructive"].as_array().into_iter().flatten().filter(|step| !told(step)) {
        say(format!("! {}", text(step, "text")));
    }
    for evolved in plan["evolution"].as_array().into_iter().flatten() {
        tell_evolution(evolved);
    }
    let affected = &plan["affected"];
    say(told!(
        "{} 处改动；涉及 {} 条记录、{} 个流程实例",
        "{} change(s); {} record(s), {} run(s) affected",
        changes.len(),
        affected["records"],
        affected["runs"]
    ));
    Ok(())
}

/// `kezhi apply DIR`.
pub async fn apply(place: &Place, dir: &Path, (note, confirm): (String, bool)) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    if stage(&operator, dir).await? == 0 {
        say(told!("没有要改的", "nothing to change"));
        return Ok(());
    }
    let plan = operator.send(operator.request(Method::POST, "/api/draft/plan")).await?;
    let destructive = plan["destructive"].as_array().into_iter().flatten();
    let steps: Vec<&Value> = destructive.map(|step| &step["id"]).filter(|_| confirm).collect();
    let body = json!({ "note": note, "confirm": steps });
    let published = operator.send(operator.request(Method::POST, "/api/draft/publish").json(&body)).await;
    if published.is_err() {
        operator.send(operator.request(Method::POST, "/api/draft/discard")).await?;
    }
    let published = published?;
    let release =
        if published["job"].is_null() { published } else { followed(&operator, &published["job"]).await? };
    say(told!("版本 {}", "release {}", release["number"]));
    Ok(())
}

/// What becomes of the values of one field, with some of those that are refused.
fn tell_evolution(evolved: &Value) {
    let (entity, field, title) = (text(evolved, "entity"), text(evolved, "field"), text(evolved, "title"));
    let (total, converts, refused) = (&evolved["total"], &evolved["converts"], &evolved["refused"]);
    say(if evolved["change"] == "drop" {
        told!(
            "  {entity}.{field}（{title}）：删除 {total} 个值",
            "  {entity}.{field} ({title}): {total} value(s) go"
        )
    } else {
        told!(
            "  {entity}.{field}（{title}）：{total} 个值，换算 {converts} 个，无法换算 {refused} 个",
            "  {entity}.{field} ({title}): {total} value(s), {converts} converted, {refused} refused"
        )
    });
    for example in evolved["examples"].as_array().into_iter().flatten() {
        let (title, reason) = (text(example, "title"), text(example, "reason"));
        say(told!("    {title}：{reason}", "    {title}: {reason}"));
    }
    if evolved["complete"] == json!(false) {
        say(told!("    只看了前 100,000 条记录", "    only the first 100,000 records were looked at"));
    }
}

/// Waits for a job that publishes and says how far it is; its result is the release.
async fn followed(operator: &Operator, job: &Value) -> Result<Value, Failure> {
    let path = format!("/api/jobs/{}", text(job, "id"));
    let mut told = None;
    loop {
        let job = operator.send(operator.request(Method::GET, &path)).await?;
        let (done, total) = (job["done"].as_i64().unwrap_or(0), job["total"].as_i64().unwrap_or(0));
        // A line for every tenth of the way.
        let tenth = done * 10 / total.max(1);
        if told != Some(tenth) {
            say(told!("{done} / {total} 条记录", "{done} of {total} record(s)"));
            told = Some(tenth);
        }
        match text(&job, "state") {
            "done" => return Ok(job["result"].clone()),
            "queued" | "running" => tokio::time::sleep(LOOK).await,
            "cancelled" => {
                return Err(Failure::Input(told!("发布已停止", "the publication was stopped")));
            }
            _ => return Err(Failure::Input(text(&job["result"]["failure"], "message").to_owned())),
        }
    }
}

/// Makes the draft equal to the folder; answers how many files differ. A draft that somebody has begun is in the way.
async fn stage(operator: &Operator, dir: &Path) -> Result<usize, Failure> {
    let wanted = read(dir)?;
    let draft = operator.send(operator.request(Method::GET, "/api/draft?all=1")).await?;
    let items = draft["items"].as_array().cloned().unwrap_or_default();
    if items.iter().any(|item| text(item, "state") != "same") {
        return Err(Failure::Input(told!(
            "草稿里有未发布的修改，请先发布或放弃",
            "the draft holds edits; publish or discard them first"
        )));
    }
    let definitions =
        wanted.0.iter().filter(|(path, _)| !path.starts_with("data/") && !path.ends_with(".md"));
    let mut changed = 0;
    for (path, content) in definitions.clone() {
        let Some(route) = route(path) else { continue };
        operator.send(operator.request(Method::PUT, &route).body(content.clone())).await?;
    }
    for item in items.iter().filter(|item| !wanted.0.contains_key(text(item, "path"))) {
        let Some(route) = route(text(item, "path")) else { continue };
        operator.send(operator.request(Method::DELETE, &route)).await?;
    }
    let draft = operator.send(operator.request(Method::GET, "/api/draft")).await?;
    changed += draft["items"].as_array().map_or(0, Vec::len);
    Ok(changed)
}

/// The draft's route of a file.
fn route(path: &str) -> Option<String> {
    match Folder::definition(path) {
        Some((kind, key)) => Some(format!("/api/draft/{}/{key}", kind.folder())),
        None => path.split_once('/').map(|(folder, file)| format!("/api/draft/{folder}/{file}")),
    }
}

/// `kezhi export DIR`.
pub async fn export(place: &Place, dir: &Path) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let releases = operator.send(operator.request(Method::GET, "/api/releases")).await?;
    let live =
        releases["items"].as_array().into_iter().flatten().find(|release| release["live"] == json!(true));
    let number =
        live.ok_or_else(|| Failure::Input(told!("还没有发布任何定义", "nothing has been published yet")))?["number"].clone();
    let release = operator.send(operator.request(Method::GET, &format!("/api/releases/{number}"))).await?;
    let files = release["files"].as_object().cloned().unwrap_or_default();
    for (path, content) in &files {
        let target = dir.join(path);
        let broken = |error: std::io::Error| Failure::Environment(format!("{}: {error}", target.display()));
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder).map_err(broken)?;
        }
        std::fs::write(&target, content.as_str().unwrap_or_default()).map_err(broken)?;
    }
    say(told!(
        "版本 {number} 的 {} 个文件已写入 {}",
        "{} file(s) of release {number} written to {}",
        files.len(),
        dir.display()
    ));
    Ok(())
}

/// `kezhi template list`.
pub fn list_templates() -> Result<(), Failure> {
    for template in crate::assets::templates() {
        say(format!(
            "{} {}  {}",
            text(&template, "key"),
            text(&template, "version"),
            text(&template, "title")
        ));
    }
    Ok(())
}

/// `kezhi template install KEY`.
pub async fn install(place: &Place, key: &str, sample: bool) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let request = operator.request(Method::POST, &format!("/api/templates/{key}/install"));
    let installed = operator.send(request.json(&json!({ "sample": sample }))).await?;
    say(told!(
        "版本 {}，{} 条记录，{} 个账号",
        "release {}, {} record(s), {} account(s)",
        installed["release"],
        installed["records"],
        installed["users"]
    ));
    for line in installed["refused"].as_array().into_iter().flatten() {
        say(told!("  没有收下：{}", "  refused: {}", line.as_str().unwrap_or_default()));
    }
    Ok(())
}

/// `kezhi user create LOGIN`.
pub async fn create_user(
    place: &Place,
    (login, name, email): (String, Option<String>, Option<String>),
    roles: Vec<String>,
) -> Result<(), Failure> {
    let given = given_password()?;
    let operator = Operator::reach(place).await?;
    let chosen = given.clone().unwrap_or_else(password);
    let body = json!({
        "login": login, "name": name, "email": email, "roles": roles, "password": chosen,
        "must_change": given.is_none(),
    });
    operator.send(operator.request(Method::POST, "/api/users").json(&body)).await?;
    say(match given {
        Some(_) => {
            told!("{login} 可以用给定的密码登录", "{login} may sign in with the password that was given")
        }
        None => told!("{login} 可以用密码 {chosen} 登录", "{login} may sign in with the password {chosen}"),
    });
    Ok(())
}

/// `kezhi user reset-password LOGIN`.
pub async fn reset_password(place: &Place, login: &str) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let id = super::people::id_of(&operator, login).await?;
    let given = given_password()?;
    let chosen = given.clone().unwrap_or_else(password);
    let body = json!({ "password": chosen, "must_change": given.is_none() });
    operator.send(operator.request(Method::PATCH, &format!("/api/users/{id}")).json(&body)).await?;
    say(match given {
        Some(_) => {
            told!("{login} 可以用给定的密码登录", "{login} may sign in with the password that was given")
        }
        None => told!("{login} 可以用密码 {chosen} 登录", "{login} may sign in with the password {chosen}"),
    });
    Ok(())
}

/// `kezhi user reset-factors`.
pub async fn reset_factors(place: &Place, login: &str) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let id = super::people::id_of(&operator, login).await?;
    operator.send(operator.request(Method::DELETE, &format!("/api/users/{id}/factors"))).await?;
    say(told!("{login} 现在只用密码就能登录", "{login} may sign in with the password alone now"));
    Ok(())
}

/// `kezhi user list`.
pub async fn list_users(place: &Place) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    for user in &super::people::everybody(&operator).await? {
        let roles: Vec<&str> =
            user["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        say(format!("{}  {}  {}", text(user, "login"), text(user, "name"), roles.join(", ")));
    }
    Ok(())
}

/// `kezhi sample remove`.
pub async fn remove_sample(place: &Place) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let removed = operator.send(operator.request(Method::DELETE, "/api/sample")).await?;
    say(told!(
        "已删除 {} 条示例记录；定义和其他记录都在，其他记录里指向示例的内容已清空，历史里可以看到",
        "{} sample record(s) removed; definitions stay, and so do other records: what pointed at a sample record is cleared, as their history tells",
        removed["removed"]
    ));
    Ok(())
}

/// The first line of standard input, when something is piped into the command.
fn given_password() -> Result<Option<String>, Failure> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    input
        .read_line(&mut line)
        .map_err(|error| Failure::Input(told!("标准输入：{error}", "standard input: {error}")))?;
    let line = line.trim_end_matches(['\r', '\n']);
    Ok((!line.is_empty()).then(|| line.to_owned()))
}

/// A password that can be read over the telephone.
fn password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    let letters: Vec<u8> = (0..16).map(|_| LETTERS[random.random_range(0..LETTERS.len())]).collect();
    letters.chunks(4).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>().join("-")
}
