//! Commands about rights: tokens of the API, and why somebody may do something with a record.

use reqwest::Method;
use serde_json::{Value, json};

use super::operator::{Operator, Place, text};
use super::{Failure, TokenCommand, say};

/// `kezhi token create · list · revoke`.
pub async fn tokens(place: &Place, command: TokenCommand) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    match command {
        TokenCommand::Create { roles, user, name, entities, read_only, expires, networks } => {
            let mut body = json!({ "name": name, "read_only": read_only, "networks": networks });
            let lists = [("roles", json!(roles)), ("entities", json!(entities))];
            for (key, list) in lists.into_iter().filter(|(_, list)| list != &json!([])) {
                body[key] = list;
            }
            for (key, value) in [("owner", user), ("expires", expires)] {
                if let Some(value) = value {
                    body[key] = json!(value);
                }
            }
            let made = operator.send(operator.request(Method::POST, "/api/tokens").json(&body)).await?;
            say(text(&made, "token"));
        }
        TokenCommand::List => {
            let listed = operator.send(operator.request(Method::GET, "/api/tokens")).await?;
            for token in listed["items"].as_array().into_iter().flatten() {
                let roles: Vec<&str> =
                    token["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let over = if token["active"] == true { "" } else { "  -" };
                let (id, prefix, name) = (text(token, "id"), text(token, "prefix"), text(token, "name"));
                say(format!("{id}  {prefix}…  {name}  {}{over}", roles.join(", ")));
            }
        }
        TokenCommand::Revoke { id } => {
            operator.send(operator.request(Method::DELETE, &format!("/api/tokens/{id}"))).await?;
            say(told!("令牌 {id} 已收回", "the token {id} is taken back"));
        }
    }
    Ok(())
}

/// `kezhi access ENTITY RECORD --person LOGIN`.
pub async fn access(
    place: &Place,
    (entity, record): (&str, &str),
    (login, action, field): (&str, Option<String>, Option<String>),
) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    let users = operator.send(operator.request(Method::GET, "/api/users")).await?;
    let user = users["items"].as_array().into_iter().flatten().find(|user| text(user, "login") == login);
    let unknown = || Failure::Input(told!("没有登录名为 `{login}` 的人", "nobody signs in as `{login}`"));
    let person = text(user.ok_or_else(unknown)?, "id").to_owned();
    let asked =
        [("action", action), ("field", field)].into_iter().filter_map(|(name, value)| Some((name, value?)));
    let asked: String = asked.map(|(name, value)| format!("&{name}={value}")).collect();
    let path = format!("/api/entities/{entity}/records/{record}/access?person={person}{asked}");
    let said = operator.send(operator.request(Method::GET, &path)).await?;
    for item in said["items"].as_array().into_iter().flatten() {
        let may =
            if item["allowed"] == true { told!("可以", "may") } else { told!("不可以", "may not") };
        say(format!("{:<10} {may}: {}", text(item, "action"), text(item, "says")));
        for one in item["because"].as_array().into_iter().flatten() {
            let mark = if one["allows"] == true { "+" } else { "-" };
            say(format!("  {mark} {} “{}”: {}", text(one, "kind"), text(one, "title"), text(one, "rows")));
        }
        for one in item["missing"].as_array().into_iter().flatten() {
            let title = text(one, "title");
            say(told!("  角色“{title}”可以", "  the role “{title}” would allow it"));
        }
        if let Some(right) = item["field"].as_str() {
            say(told!("  字段：{right}", "  field: {right}"));
        }
    }
    Ok(())
}
