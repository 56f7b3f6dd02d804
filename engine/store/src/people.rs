//! Users and departments.

use kezhi_types::text::Language;
use kezhi_types::{Id, Timestamp};

use crate::bind::{Row, binds, json_text, name_of};
use crate::conn::{Conn, Kind};
use crate::error::Error;
use crate::tx::{Tx, padded, reads};

/// Somebody who can sign in and be given work.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Their identifier.
    pub id: Id,
    /// What they sign in with; unique whatever the case.
    pub login: String,
    /// Their name.
    pub name: String,
    /// Where they get mail.
    pub email: Option<String>,
    /// PHC string of the password's hash; `None` cannot sign in.
    pub password: Option<String>,
    /// Whether the password must be changed at the next sign-in.
    pub must_change: bool,
    /// Keys of roles.
    pub roles: Vec<String>,
    /// Their department.
    pub department: Option<Id>,
    /// Their superior.
    pub manager: Option<Id>,
    /// The language of sentences; the workspace's when absent.
    pub language: Option<Language>,
    /// Whether they may sign in and be given work.
    pub active: bool,
    /// Whether they came with sample data.
    pub demo: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Their position.
    pub position: Option<Id>,
    /// What a directory calls them; unique.
    pub external_id: Option<String>,
    /// Whoever does their work since they left.
    pub successor: Option<Id>,
    /// When they left; whoever left is not active.
    pub left_at: Option<Timestamp>,
}

/// A part of the company.
#[derive(Debug, Clone, PartialEq)]
pub struct Department {
    /// Its identifier.
    pub id: Id,
    /// Its stable key.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// The department above it.
    pub parent: Option<Id>,
    /// Who leads it.
    pub head: Option<Id>,
    /// Whether it came with sample data.
    pub demo: bool,
    /// Who leads it where the head does not, in this order.
    pub deputies: Vec<Id>,
}

/// Statements of [`Tx::delete_demo_people`] before those that remove people and departments.
const PREPARED: usize = 8;
const USER: &str = "id, login, name, password, must_change, roles, department, manager, language, active, demo, created_at, \
     email, position, external_id, successor, left_at";
const DEPARTMENT: &str = "id, key, title, parent, head, demo, deputies";

fn user(row: &Row) -> Result<User, Error> {
    Ok(User {
        id: row.id(0)?,
        login: row.text(1)?,
        name: row.text(2)?,
        password: row.maybe_text(3)?,
        must_change: row.bool(4)?,
        roles: row.json(5)?,
        department: row.maybe_id(6)?,
        manager: row.maybe_id(7)?,
        language: row.maybe_text(8)?.map(|_| row.name(8)).transpose()?,
        active: row.bool(9)?,
        demo: row.bool(10)?,
        created_at: row.at(11)?,
        email: row.maybe_text(12)?,
        position: row.maybe_id(13)?,
        external_id: row.maybe_text(14)?,
        successor: row.maybe_id(15)?,
        left_at: row.maybe_at(16)?,
    })
}

fn department(row: &Row) -> Result<Department, Error> {
    Ok(Department {
        id: row.id(0)?,
        key: row.text(1)?,
        title: row.text(2)?,
        parent: row.maybe_id(3)?,
        head: row.maybe_id(4)?,
        demo: row.bool(5)?,
        deputies: row.json(6)?,
    })
}

async fn users(conn: &mut Conn) -> Result<Vec<User>, Error> {
    conn.rows(format!("SELECT {USER} FROM users ORDER BY login_key"), vec![])
        .await?
        .iter()
        .map(user)
        .collect()
}

async fn user_by_id(conn: &mut Conn, id: Id) -> Result<Option<User>, Error> {
    conn.row(format!("SELECT {USER} FROM users WHERE id = $1"), binds![id])
        .await?
        .as_ref()
        .map(user)
        .transpose()
}

async fn user_by_login(conn: &mut Conn, login: &str) -> Result<Option<User>, Error> {
    let sql = format!("SELECT {USER} FROM users WHERE login_key = $1");
    conn.row(sql, binds![login.to_lowercase()]).await?.as_ref().map(user).transpose()
}

async fn users_by_ids(conn: &mut Conn, ids: &[Id]) -> Result<Vec<User>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(256) {
        let ids = padded(ids);
        let list = (1..=ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {USER} FROM users WHERE id IN ({list})");
        for row in conn.rows(sql, ids.into_iter().map(Into::into).collect()).await? {
            found.push(user(&row)?);
        }
    }
    Ok(found)
}

async fn departments(conn: &mut Conn) -> Result<Vec<Department>, Error> {
    let sql = format!("SELECT {DEPARTMENT} FROM departments ORDER BY key");
    conn.rows(sql, vec![]).await?.iter().map(department).collect()
}

reads! {
    /// Every user, by login.
    fn users() -> Vec<User> = users;
    /// One user.
    fn user(id: Id) -> Option<User> = user_by_id;
    /// One user by login, whatever its case.
    fn user_by_login(login: &str) -> Option<User> = user_by_login;
    /// Those of the users that exist, in no order.
    fn users_by_ids(ids: &[Id]) -> Vec<User> = users_by_ids;
    /// Every department, by key.
    fn departments() -> Vec<Department> = departments;
}

impl Tx {
    /// Stores a new user, or every property of a known one.
    ///
    /// # Errors
    /// [`Error::NotUnique`] on `login` when another user has it, or the same name in a directory.
    pub async fn save_user(&mut self, user: &User) -> Result<(), Error> {
        let sql = "INSERT INTO users (id, login, login_key, name, password, must_change, roles, department, manager, \
                   language, active, demo, created_at, email, position, external_id, successor, left_at) \
                   VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18) \
                   ON CONFLICT (id) DO UPDATE SET login = excluded.login, login_key = excluded.login_key, \
                   name = excluded.name, password = excluded.password, must_change = excluded.must_change, \
                   roles = excluded.roles, department = excluded.department, manager = excluded.manager, \
                   language = excluded.language, active = excluded.active, demo = excluded.demo, email = excluded.email, \
                   position = excluded.position, external_id = excluded.external_id, successor = excluded.successor, \
                   left_at = excluded.left_at";
        let language = user.language.map_or(crate::bind::Bind::Text(None), |language| name_of(&language));
        let mut values = binds![
            user.id,
            &user.login,
            user.login.to_lowercase(),
            &user.name,
            &user.password,
            user.must_change,
        ];
        values.extend([json_text(&user.roles), user.department.into(), user.manager.into(), language]);
        values.extend(binds![user.active, user.demo, user.created_at, &user.email]);
        values.extend(binds![user.position, &user.external_id, user.successor, user.left_at]);
        self.conn.rows(sql, values).await.map(drop).map_err(|error| error.unique_as("user", "login"))
    }

    /// Stores a new department, or every property of a known one.
    ///
    /// # Errors
    /// [`Error::NotUnique`] on `key` when another department has it.
    pub async fn save_department(&mut self, department: &Department) -> Result<(), Error> {
        let sql = "INSERT INTO departments (id, key, title, parent, head, demo, deputies) VALUES ($1,$2,$3,$4,$5,$6,$7) \
                   ON CONFLICT (id) DO UPDATE SET key = excluded.key, title = excluded.title, \
                   parent = excluded.parent, head = excluded.head, demo = excluded.demo, \
                   deputies = excluded.deputies";
        let mut values = binds![
            department.id,
            &department.key,
            &department.title,
            department.parent,
            department.head,
            department.demo,
        ];
        values.push(json_text(&department.deputies));
        self.conn.rows(sql, values).await.map(drop).map_err(|error| error.unique_as("department", "key"))
    }

    /// Lets nobody else decide until this transaction ends who may manage people.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lock_people(&mut self) -> Result<(), Error> {
        if !matches!(self.conn.kind, Kind::Transaction(_)) {
            return Ok(());
        }
        let sql =
            "SELECT COUNT(pg_advisory_xact_lock(hashtext(current_schema() || '/people')::bigint)::text)";
        self.conn.row(sql, vec![]).await.map(drop)
    }

    /// Takes a department away. Whoever belongs to it, and whatever lies below it, is to be moved before.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_department(&mut self, id: Id) -> Result<(), Error> {
        self.conn.run("DELETE FROM departments WHERE id = $1", binds![id]).await.map(drop)
    }

    /// Removes the users and departments that came with sample data and that nobody else's row names as
    /// superior, head, parent or department; answers how many went.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_demo_people(&mut self) -> Result<u64, Error> {
        let statements = [
            "DELETE FROM sessions WHERE person IN (SELECT id FROM users WHERE demo = 1)",
            "DELETE FROM account_links WHERE person IN (SELECT id FROM users WHERE demo = 1)",
            "DELETE FROM team_members WHERE person IN (SELECT id FROM users WHERE demo = 1)",
            "UPDATE teams SET leader = NULL WHERE leader IN (SELECT id FROM users WHERE demo = 1)",
            "UPDATE users SET manager = NULL WHERE manager IN (SELECT id FROM users WHERE demo = 1)",
            "UPDATE departments SET head = NULL WHERE head IN (SELECT id FROM users WHERE demo = 1)",
            "UPDATE users SET department = NULL WHERE department IN (SELECT id FROM departments WHERE demo = 1)",
            "UPDATE departments SET parent = NULL WHERE parent IN (SELECT id FROM departments WHERE demo = 1)",
            "DELETE FROM users WHERE demo = 1",
            "DELETE FROM departments WHERE demo = 1",
        ];
        self.delete_factors_of_demo_people().await?;
        let mut gone = 0;
        for (at, statement) in statements.into_iter().enumerate() {
            let touched = self.conn.run(statement, vec![]).await?;
            if at >= PREPARED {
                gone += touched;
            }
        }
        Ok(gone)
    }
}
