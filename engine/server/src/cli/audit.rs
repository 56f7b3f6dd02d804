//! Commands about proofs and the audit: `verify`, `audit key`, `audit sign`, `audit checkpoints`, `audit export`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Subcommand;
use reqwest::Method;
use serde_json::{Value, json};

use super::operator::{Operator, Place, text};
use super::{Failure, say};

/// Between two looks at a job.
const LOOK: Duration = Duration::from_millis(150);

/// What may be done with the audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The public key of its checkpoints.
    Key,
    /// Signs the state of the chain and prints it, a line of JSON to be kept elsewhere.
    Sign,
    /// Every checkpoint, one a line.
    Checkpoints,
    /// Writes every entry into a file: .csv for spreadsheets, else an entry a line.
    Export {
        /// The file.
        file: PathBuf,
    },
}

/// `kezhi audit …`.
pub async fn audit(place: &Place, command: AuditCommand) -> Result<(), Failure> {
    let operator = Operator::reach(place).await?;
    match command {
        AuditCommand::Key => {
            let key = operator.send(operator.request(Method::GET, "/api/audit/key")).await?;
            say(text(&key, "pem").trim_end());
            Ok(())
        }
        AuditCommand::Sign => {
            let signed = operator.send(operator.request(Method::POST, "/api/audit/checkpoints")).await?;
            say(signed.to_string());
            Ok(())
        }
        AuditCommand::Checkpoints => print_checkpoints(&operator).await,
        AuditCommand::Export { file } => export(&operator, &file).await,
    }
}

async fn print_checkpoints(operator: &Operator) -> Result<(), Failure> {
    let mut after = 0;
    loop {
        let path = format!("/api/audit/checkpoints?after={after}");
        let page = operator.send(operator.request(Method::GET, &path)).await?;
        page["items"].as_array().into_iter().flatten().for_each(|signed| say(signed.to_string()));
        match page["next"].as_i64() {
            Some(next) => after = next,
            None => return Ok(()),
        }
    }
}

async fn export(operator: &Operator, file: &Path) -> Result<(), Failure> {
    let format = if file.extension().is_some_and(|ending| ending == "csv") { "csv" } else { "jsonl" };
    let body = json!({ "format": format });
    let job = operator.send(operator.request(Method::POST, "/api/audit/export").json(&body)).await?;
    let done = ended(operator, text(&job, "id")).await?;
    let path = format!("/api/audit/exports/{}", text(&job, "id"));
    let answer = operator.request(Method::GET, &path).send().await;
    let mut answer = answer.map_err(|error| Failure::Environment(error.to_string()))?;
    let failed = |error: std::io::Error| Failure::Environment(format!("{}: {error}", file.display()));
    if !answer.status().is_success() {
        return Err(Failure::Environment(answer.status().to_string()));
    }
    let mut written = std::fs::File::create(file).map_err(failed)?;
    while let Some(piece) = answer.chunk().await.map_err(|error| Failure::Environment(error.to_string()))? {
        std::io::Write::write_all(&mut written, &piece).map_err(failed)?;
    }
    let entries = &done["entries"];
    say(told!("{entries} 条审计记录", "{entries} audit entries"));
    Ok(())
}

/// Waits for a job; answers its result.
async fn ended(operator: &Operator, job: &str) -> Result<Value, Failure> {
    let path = format!("/api/jobs/{job}");
    loop {
        let job = operator.send(operator.request(Method::GET, &path)).await?;
        match text(&job, "state") {
            "done" => return Ok(job["result"].clone()),
            "queued" | "running" => tokio::time::sleep(LOOK).await,
            _ => return Err(Failure::Input(text(&job["result"]["failure"], "message").to_owned())),
        }
    }
}

/// `kezhi verify`.
pub async fn verify(place: &Place, repair: bool, checkpoints: Option<PathBuf>) -> Result<(), Failure> {
    let checkpoints = checkpoints.map_or_else(|| Ok(Vec::new()), |file| kept(&file))?;
    let operator = Operator::reach(place).await?;
    let body = json!({ "repair": repair, "checkpoints": checkpoints });
    let found = operator.send(operator.request(Method::POST, "/api/verify").json(&body)).await?;
    for item in found["items"].as_array().into_iter().flatten() {
        let (entity, record, what) = (text(item, "entity"), text(item, "record"), text(item, "what"));
        say(told!("{entity} {record}：{what} 不一致", "{entity} {record}: {what} differs"));
    }
    let wrong = found["audit"]["wrong"].as_u64().unwrap_or_default();
    let differences = found["differences"].as_u64().unwrap_or_default() - wrong;
    let told = match (differences, repair) {
        (0, _) => told!("列、搜索词和汇总都一致", "columns, search words and rollups agree"),
        (number, true) => told!("{number} 处不一致，已改正", "{number} difference(s), put right"),
        (number, false) => told!(
            "{number} 处不一致；用 kezhi verify --repair 重写",
            "{number} difference(s); kezhi verify --repair writes them anew"
        ),
    };
    let (entities, records) = (&found["entities"], &found["records"]);
    say(told!(
        "{entities} 个实体，{records} 条记录：{told}",
        "{entities} entities, {records} record(s): {told}"
    ));
    tell_audit(&found["audit"]);
    if (differences > 0 && !repair) || wrong > 0 { Err(Failure::Input(String::new())) } else { Ok(()) }
}

fn kept(file: &Path) -> Result<Vec<Value>, Failure> {
    let wrong = |why: String| Failure::Input(format!("{}: {why}", file.display()));
    let lines = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).map_err(|error| wrong(error.to_string()))).collect()
}

fn tell_audit(audit: &Value) {
    for fault in audit["faults"].as_array().into_iter().flatten() {
        say(fault_told(fault));
    }
    let (entries, blocks, unsealed) = (&audit["entries"], &audit["blocks"], &audit["unsealed"]);
    let (checkpoints, wrong) = (&audit["checkpoints"], &audit["wrong"]);
    say(told!(
        "审计链：{entries} 条记录，{blocks} 个区块，{checkpoints} 个检查点，{unsealed} 条待封存；{wrong} 处不对",
        "audit chain: {entries} entries, {blocks} block(s), {checkpoints} checkpoint(s), {unsealed} not yet sealed; {wrong} wrong"
    ));
}

/// What is wrong with the audit, in words.
fn fault_told(fault: &Value) -> String {
    let (entry, block, checkpoint) = (text(fault, "entry"), &fault["block"], &fault["checkpoint"]);
    match text(fault, "what") {
        "changed" => {
            told!("审计记录 {entry}（区块 {block}）被改过", "audit entry {entry} (block {block}) was changed")
        }
        "missing" => {
            told!("审计记录 {entry}（区块 {block}）不见了", "audit entry {entry} (block {block}) is missing")
        }
        "added" => told!(
            "审计记录 {entry}（区块 {block}）是后来塞进去的",
            "audit entry {entry} (block {block}) was added later"
        ),
        "hidden" => told!(
            "审计记录 {entry} 的内容被抹去，却没有抹去的记录",
            "audit entry {entry} was erased, and nothing tells of it"
        ),
        "block_changed" => told!("审计区块 {block} 被改过", "audit block {block} was changed"),
        "block_missing" => told!("审计区块 {block} 不见了", "audit block {block} is missing"),
        "checkpoint_changed" => told!(
            "检查点 {checkpoint}（区块 {block}）与审计链不符：链被重写过",
            "checkpoint {checkpoint} (block {block}) disagrees with the chain, which was written anew"
        ),
        "checkpoint_missing" => told!("检查点 {checkpoint} 不见了", "checkpoint {checkpoint} is missing"),
        "checkpoint_forged" => {
            told!("检查点 {checkpoint} 的签名不对", "checkpoint {checkpoint} has a wrong signature")
        }
        _ => told!(
            "检查点 {checkpoint} 不是用这台机器的密钥签的",
            "checkpoint {checkpoint} is signed with another key than this machine's"
        ),
    }
}
