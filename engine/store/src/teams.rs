//! Teams and positions.

use std::collections::BTreeMap;

use kezhi_types::Id;

use crate::bind::{Row, binds, places};
use crate::conn::Conn;
use crate::error::Error;
use crate::tx::{Tx, reads};

/// People who work together, whatever their departments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its identifier.
    pub id: Id,
    /// Its stable key.
    pub key: String,
    /// What people call it.
    pub title: String,
    /// Who leads it; not necessarily a member.
    pub leader: Option<Id>,
    /// What a directory calls it.
    pub external_id: Option<String>,
    /// Its members, by id.
    pub members: Vec<Id>,
}

/// What somebody is in the company: 店长, account manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Its identifier.
    pub id: Id,
    /// Its stable key.
    pub key: String,
    /// What people call it.
    pub title: String,
}

fn position(row: &Row) -> Result<Position, Error> {
    Ok(Position { id: row.id(0)?, key: row.text(1)?, title: row.text(2)? })
}

async fn positions(conn: &mut Conn) -> Result<Vec<Position>, Error> {
    let sql = "SELECT id, key, title FROM positions ORDER BY key";
    conn.rows(sql, vec![]).await?.iter().map(position).collect()
}

async fn teams(conn: &mut Conn) -> Result<Vec<Team>, Error> {
    let mut members: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    for row in conn.rows("SELECT team, person FROM team_members ORDER BY team, person", vec![]).await? {
        members.entry(row.id(0)?).or_default().push(row.id(1)?);
    }
    let sql = "SELECT id, key, title, leader, external_id FROM teams ORDER BY key";
    let team = |row: &Row| -> Result<Team, Error> {
        let id = row.id(0)?;
        Ok(Team {
            id,
            key: row.text(1)?,
            title: row.text(2)?,
            leader: row.maybe_id(3)?,
            external_id: row.maybe_text(4)?,
            members: members.remove(&id).unwrap_or_default(),
        })
    };
    conn.rows(sql, vec![]).await?.iter().map(team).collect()
}

reads! {
    /// Every position, by key.
    fn positions() -> Vec<Position> = positions;
    /// Every team with its members, by key.
    fn teams() -> Vec<Team> = teams;
}

impl Tx {
    /// Stores a new position, or every property of a known one.
    ///
    /// # Errors
    /// [`Error::NotUnique`] on `key` when another position has it.
    pub async fn save_position(&mut self, position: &Position) -> Result<(), Error> {
        let sql = "INSERT INTO positions (id, key, title) VALUES ($1,$2,$3) \
                   ON CONFLICT (id) DO UPDATE SET key = excluded.key, title = excluded.title";
        let values = binds![position.id, &position.key, &position.title];
        self.conn.rows(sql, values).await.map(drop).map_err(|error| error.unique_as("position", "key"))
    }

    /// Takes a position away, from whoever has it too.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_position(&mut self, id: Id) -> Result<(), Error> {
        self.conn.run("UPDATE users SET position = NULL WHERE position = $1", binds![id]).await?;
        self.conn.run("DELETE FROM positions WHERE id = $1", binds![id]).await.map(drop)
    }

    /// Stores a new team, or every property of a known one, its members with it.
    ///
    /// # Errors
    /// [`Error::NotUnique`] on `key` when another team has it.
    pub async fn save_team(&mut self, team: &Team) -> Result<(), Error> {
        let sql = "INSERT INTO teams (id, key, title, leader, external_id) VALUES ($1,$2,$3,$4,$5) \
                   ON CONFLICT (id) DO UPDATE SET key = excluded.key, title = excluded.title, \
                   leader = excluded.leader, external_id = excluded.external_id";
        let values = binds![team.id, &team.key, &team.title, team.leader, &team.external_id];
        self.conn.rows(sql, values).await.map_err(|error| error.unique_as("team", "key"))?;
        self.conn.run("DELETE FROM team_members WHERE team = $1", binds![team.id]).await?;
        for members in team.members.chunks(128) {
            let values = members.iter().flat_map(|person| binds![team.id, *person]).collect();
            let places = places(members.len(), 2);
            let sql =
                format!("INSERT INTO team_members (team, person) VALUES {places} ON CONFLICT DO NOTHING");
            self.conn.run(sql, values).await?;
        }
        Ok(())
    }

    /// Takes a team away.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn delete_team(&mut self, id: Id) -> Result<(), Error> {
        self.conn.run("DELETE FROM team_members WHERE team = $1", binds![id]).await?;
        self.conn.run("DELETE FROM teams WHERE id = $1", binds![id]).await.map(drop)
    }
}
