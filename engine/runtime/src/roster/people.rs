//! People from a file: known by their login, made or changed. A password is never in a file.

use std::collections::{BTreeMap, HashMap};

use kezhi_store::User;
use kezhi_types::{Caller, Id};

use super::RosterReport;
use super::sheet::{Column, Sheet, repeated, several, wrong};
use crate::audit::note;
use crate::error::Error;
use crate::import::TextRow;
use crate::people::{Directory, UserChange, blank, done, join_teams, manages, nobody_left, told_of_user};
use crate::runtime::Runtime;

/// What a list of people may hold.
const COLUMNS: [Column; 10] = [
    ("login", &["登录名", "账号", "用户名", "username"]),
    ("name", &["姓名", "名字", "fullname"]),
    ("email", &["邮箱", "电子邮箱", "e-mail", "mail"]),
    ("roles", &["角色", "role"]),
    ("department", &["部门", "所属部门"]),
    ("position", &["职位", "岗位", "title"]),
    ("manager", &["上级", "直属上级", "主管", "superior"]),
    ("teams", &["团队", "小组", "team"]),
    ("active", &["启用", "在职", "状态", "state"]),
    ("language", &["语言"]),
];
/// What says that somebody works here, or does not.
const YES: [&str; 8] = ["是", "在职", "启用", "yes", "true", "1", "active", "y"];
const NO: [&str; 10] = ["否", "离职", "停用", "no", "false", "0", "frozen", "left", "n", "禁用"];

/// Everybody, and who signs in as what, whatever its case.
struct Known {
    directory: Directory,
    logins: HashMap<String, Id>,
}

/// A row that could be understood.
struct Meant<'r> {
    row: &'r TextRow,
    user: User,
    change: UserChange,
    is_new: bool,
}

impl Runtime {
    pub(super) async fn import_people(
        &self,
        caller: &Caller,
        rows: &[TextRow],
        dry_run: bool,
    ) -> Result<RosterReport, Error> {
        let sheet = Sheet::of(rows, &COLUMNS, &["login"])?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        // Everybody as they are now, under the lock; what rows make of them is added as it is understood.
        let stored: BTreeMap<Id, User> = tx.users().await?.into_iter().map(|user| (user.id, user)).collect();
        let departments = tx.departments().await?.into_iter().map(|found| (found.id, found)).collect();
        let teams = tx.teams().await?.into_iter().map(|found| (found.id, found)).collect();
        let positions = tx.positions().await?.into_iter().map(|found| (found.id, found)).collect();
        let directory =
            Directory { users: stored.clone(), departments, teams, positions, shared: BTreeMap::new() };
        let logins = stored.values().map(|user| (user.login.to_lowercase(), user.id)).collect();
        let mut known = Known { directory, logins };
        let mut report = RosterReport {
            rows: sheet.rows.len(),
            ignored: sheet.ignored.clone(),
            ..RosterReport::default()
        };
        let mut meant = self.understood(caller, (&sheet, &mut known), &mut report)?;
        name_superiors(self, caller, (&sheet, &mut known), (&mut meant, &mut report))?;
        let directory = known.directory;
        let plan = self.plan().ok();
        let any = |users: &BTreeMap<Id, User>| users.values().any(|user| manages(plan.as_deref(), user));
        if any(&stored) && !any(&directory.users) {
            return Err(nobody_left());
        }
        for one in &meant {
            let same = stored.get(&one.user.id) == Some(&one.user) && !moves_teams(&directory, one)?;
            match (one.is_new, same) {
                (true, _) => report.created += 1,
                (false, true) => report.unchanged += 1,
                (false, false) => report.updated += 1,
            }
            if dry_run || same {
                continue;
            }
            tx.save_user(&one.user).await?;
            let how = (done(one.is_new), caller, self.0.clock.now());
            note(&mut tx, told_of_user(how, stored.get(&one.user.id), &one.user)).await?;
            join_teams(&mut tx, (&directory, one.user.id), &one.change).await?;
            if !one.user.active {
                tx.delete_sessions_of(one.user.id).await?;
            }
            if !one.user.active || stored.get(&one.user.id).is_some_and(|old| old.email != one.user.email) {
                tx.delete_account_links_of(one.user.id).await?;
            }
        }
        if dry_run {
            tx.rollback().await?;
            return Ok(report);
        }
        tx.commit().await?;
        self.forget_people();
        Ok(report)
    }

    /// Rows as people, their superiors not yet looked for; wrong ones are told.
    fn understood<'r>(
        &self,
        caller: &Caller,
        (sheet, known): (&Sheet<'r>, &mut Known),
        report: &mut RosterReport,
    ) -> Result<Vec<Meant<'r>>, Error> {
        let (mut meant, mut seen) = (Vec::new(), HashMap::new());
        for row in sheet.rows {
            match self.understand(caller, (sheet, row), known, &mut seen) {
                Ok(one) => {
                    known.logins.insert(one.user.login.to_lowercase(), one.user.id);
                    known.directory.users.insert(one.user.id, one.user.clone());
                    meant.push(one);
                }
                Err(error) => report.refused.push(sheet.refused(caller, row, error)?),
            }
        }
        Ok(meant)
    }

    fn understand<'r>(
        &self,
        caller: &Caller,
        (sheet, row): (&Sheet<'r>, &'r TextRow),
        everybody: &Known,
        seen: &mut HashMap<String, u64>,
    ) -> Result<Meant<'r>, Error> {
        let directory = &everybody.directory;
        let login = sheet.cell(row, "login").unwrap_or_default();
        if let Some(first) = seen.insert(login.to_lowercase(), row.number) {
            return Err(repeated("login", first));
        }
        let known = everybody.by_login(login).cloned();
        let change = change_of(sheet, row, directory, known.is_none())?;
        if change.changes_keys_of(known.as_ref())
            && let Some(known) = &known
        {
            self.may_hold_keys_of(caller, known)?;
        }
        let is_new = known.is_none();
        let base = known.unwrap_or_else(|| blank(login, self.0.clock.now(), false));
        let user = self.changed_user(caller, directory, base, &change)?;
        for team in change.teams.iter().flatten() {
            directory.team_named(team)?;
        }
        Ok(Meant { row, user, change, is_new })
    }
}

/// Superiors may stand further down in the file. A row whose superior is not there is refused whole, and so are those
/// that name whoever it would have made.
fn name_superiors(
    runtime: &Runtime,
    caller: &Caller,
    (sheet, known): (&Sheet<'_>, &mut Known),
    (meant, report): (&mut Vec<Meant<'_>>, &mut RosterReport),
) -> Result<(), Error> {
    loop {
        let mut wrong_ones = Vec::new();
        for one in meant.iter_mut() {
            let Some(name) = sheet.cell(one.row, "manager") else { continue };
            let named = known.user_called(name).and_then(|manager| {
                let manager = manager.filter(|id| *id != one.user.id);
                let placed = User { manager, ..one.user.clone() };
                let before = (!one.is_new).then_some(&one.user);
                runtime.keep_reach(caller, &known.directory, (before, &placed)).map(|()| placed)
            });
            match named {
                Ok(placed) => one.user = placed,
                Err(error) => wrong_ones.push((one.user.id, one.row, error)),
            }
        }
        if wrong_ones.is_empty() {
            break;
        }
        for (id, row, error) in wrong_ones {
            report.refused.push(sheet.refused(caller, row, error)?);
            if let Some(one) = meant.iter().find(|one| one.user.id == id && one.is_new) {
                known.logins.remove(&one.user.login.to_lowercase());
                known.directory.users.remove(&id);
            }
            meant.retain(|one| one.user.id != id);
        }
    }
    for one in meant.iter() {
        known.directory.users.insert(one.user.id, one.user.clone());
    }
    Ok(())
}

impl Known {
    fn by_login(&self, login: &str) -> Option<&User> {
        self.logins.get(&login.to_lowercase()).and_then(|id| self.directory.users.get(id))
    }

    /// A person by login, or by a name that only one person has.
    fn user_called(&self, name: &str) -> Result<Option<Id>, Error> {
        if name.is_empty() {
            return Ok(None);
        }
        if let Some(user) = self.by_login(name) {
            return Ok(Some(user.id));
        }
        let mut named = self.directory.users.values().filter(|user| user.name == name);
        match (named.next(), named.next()) {
            (Some(user), None) => Ok(Some(user.id)),
            (Some(_), Some(_)) => Err(wrong("people.several", "manager", name)),
            _ => Err(wrong("user.unknown_person", "manager", name)),
        }
    }
}

impl UserChange {
    /// Whether login or address would be others than they are.
    fn changes_keys_of(&self, known: Option<&User>) -> bool {
        let email = self.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
        known.is_some_and(|known| self.email.is_some() && email != known.email.as_deref())
    }
}

/// Whether a row changes of which teams a person is a member.
fn moves_teams(directory: &Directory, one: &Meant<'_>) -> Result<bool, Error> {
    let Some(names) = &one.change.teams else { return Ok(false) };
    let wanted = names.iter().map(|name| directory.team_named(name)).collect::<Result<Vec<Id>, _>>()?;
    let is_in = |team: &kezhi_store::Team| team.members.contains(&one.user.id);
    Ok(directory.teams.values().any(|team| is_in(team) != wanted.contains(&team.id)))
}

/// What a row says. A column that the file does not have changes nothing; an empty cell clears what can be cleared, but
/// takes neither a name nor roles from somebody.
fn change_of(
    sheet: &Sheet<'_>,
    row: &TextRow,
    directory: &Directory,
    is_new: bool,
) -> Result<UserChange, Error> {
    let department = |name: &str| {
        let mut all = directory.departments.values().filter(|found| found.key == name || found.title == name);
        match (all.next(), all.next()) {
            (Some(found), None) => Ok(found.id.to_string()),
            (Some(_), Some(_)) => Err(wrong("people.several", "department", name)),
            _ if name.is_empty() => Ok(String::new()),
            _ => Err(wrong("user.unknown_department", "department", name)),
        }
    };
    let position = |name: &str| {
        let mut all = directory.positions.values();
        match all.find(|found| found.key == name || found.title == name) {
            Some(found) => Ok(found.id.to_string()),
            None if name.is_empty() => Ok(String::new()),
            None => Err(wrong("user.unknown_position", "position", name)),
        }
    };
    let team = |name: String| {
        let found = directory.teams.values().find(|found| found.key == name || found.title == name);
        found.map_or(name, |found| found.id.to_string())
    };
    let active = match sheet.filled(row, "active").map(str::to_lowercase) {
        None => None,
        Some(text) if YES.contains(&text.as_str()) => Some(true),
        Some(text) if NO.contains(&text.as_str()) => Some(false),
        Some(text) => return Err(wrong("people.active", "active", &text)),
    };
    let language = match sheet.filled(row, "language").map(str::to_lowercase) {
        None => None,
        Some(text) if text.starts_with("zh") || text == "中文" => {
            Some(kezhi_types::text::Language::Chinese)
        }
        Some(text) if text.starts_with("en") || text == "英文" => {
            Some(kezhi_types::text::Language::English)
        }
        Some(text) => return Err(wrong("people.language", "language", &text)),
    };
    Ok(UserChange {
        login: is_new.then(|| sheet.cell(row, "login").unwrap_or_default().to_owned()),
        name: sheet.filled(row, "name").map(str::to_owned),
        email: sheet.cell(row, "email").map(str::to_owned),
        roles: sheet.filled(row, "roles").map(several),
        department: sheet.cell(row, "department").map(department).transpose()?,
        position: sheet.cell(row, "position").map(position).transpose()?,
        teams: sheet.cell(row, "teams").map(|text| several(text).into_iter().map(team).collect()),
        language,
        active,
        ..UserChange::default()
    })
}
