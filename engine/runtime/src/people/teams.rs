//! Teams, and positions.

use kezhi_store::{Position, Team};
use kezhi_types::{Caller, Id};

use super::accounts::{invalid, not_found};
use super::departments::{is_key, key_of, titled};
use super::directory::Directory;
use super::guard::MANAGE;
use super::told::{done, told_of_place, told_of_team};
use super::view::{PositionChange, PositionView, TeamChange, TeamView};
use crate::audit::note;
use crate::error::Error;
use crate::runtime::Runtime;

impl Runtime {
    /// Every team, by key.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_teams(&self) -> Result<Vec<TeamView>, Error> {
        let directory = self.directory().await?;
        let mut all: Vec<TeamView> = directory.teams.values().map(TeamView::from).collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(all)
    }

    /// Makes (`id` is `None`) or changes a team.
    ///
    /// # Errors
    /// Denied; a wrong or taken key; unknown people.
    pub async fn save_team(
        &self,
        caller: &Caller,
        id: Option<Id>,
        change: TeamChange,
    ) -> Result<TeamView, Error> {
        self.require(caller, MANAGE)?;
        let directory = self.directory().await?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let teams = tx.teams().await?.into_iter().map(|team| (team.id, team)).collect();
        let directory = Directory { teams, ..(*directory).clone() };
        let team = self.changed_team(&directory, id, &change)?;
        self.keep_reach_of_team(caller, (id.and_then(|id| directory.teams.get(&id)), Some(&team)))?;
        tx.save_team(&team).await?;
        note(&mut tx, told_of_team((id.is_none(), caller, self.0.clock.now()), &team)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(TeamView::from(&team))
    }

    fn changed_team(
        &self,
        directory: &Directory,
        id: Option<Id>,
        change: &TeamChange,
    ) -> Result<Team, Error> {
        let blank = |id: Id| Team {
            id,
            key: String::new(),
            title: String::new(),
            leader: None,
            external_id: None,
            members: Vec::new(),
        };
        let mut team = match id {
            Some(id) => directory.teams.get(&id).cloned().ok_or_else(|| not_found("team", id))?,
            None => blank(Id::new(self.0.clock.now())),
        };
        if let Some(key) = &change.key {
            key.trim().clone_into(&mut team.key);
        } else if team.key.is_empty() {
            team.key = key_of("t", team.id);
        }
        let taken = directory.teams.values().any(|other| other.key == team.key && other.id != team.id);
        if !is_key(&team.key) || taken {
            return Err(invalid("team.key", "/key", &team.key));
        }
        team.title = titled(change.title.as_deref(), &team.title, &team.key)?;
        if let Some(leader) = &change.leader {
            team.leader = directory.user_named(leader, "/leader")?;
        }
        let people = |names: &[String], pointer: &str| {
            let named = names.iter().map(|name| directory.user_named(name, pointer));
            named.filter_map(Result::transpose).collect::<Result<Vec<Id>, Error>>()
        };
        if let Some(members) = &change.members {
            team.members = people(members, "/members")?;
        }
        let gone = people(&change.remove, "/remove")?;
        team.members.extend(people(&change.add, "/add")?);
        team.members.retain(|member| !gone.contains(member));
        team.members.sort_unstable();
        team.members.dedup();
        team.external_id = change.external_id.clone().or(team.external_id);
        Ok(team)
    }

    /// Takes a team away; its people stay.
    ///
    /// # Errors
    /// Denied; not found.
    pub async fn delete_team(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        let teams = tx.teams().await?;
        let gone = teams.iter().find(|team| team.id == id).ok_or_else(|| not_found("team", id))?;
        self.keep_reach_of_team(caller, (Some(gone), None))?;
        tx.delete_team(id).await?;
        let what = ("team", id, gone.key.as_str());
        note(&mut tx, told_of_place(("deleted", caller, self.0.clock.now()), what)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(())
    }

    /// Every position, by key.
    ///
    /// # Errors
    /// The store's.
    pub async fn list_positions(&self) -> Result<Vec<PositionView>, Error> {
        let directory = self.directory().await?;
        let mut all: Vec<PositionView> =
            directory.positions.values().map(|found| PositionView::of(&directory, found)).collect();
        all.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(all)
    }

    /// Makes (`id` is `None`) or changes a position.
    ///
    /// # Errors
    /// Denied; a wrong or taken key.
    pub async fn save_position(
        &self,
        caller: &Caller,
        id: Option<Id>,
        change: PositionChange,
    ) -> Result<PositionView, Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let known = tx.positions().await?;
        let stored = |id: Id| known.iter().find(|found| found.id == id).cloned();
        let blank = |id: Id| Position { id, key: String::new(), title: String::new() };
        let mut found = match id {
            Some(id) => stored(id).ok_or_else(|| not_found("position", id))?,
            None => blank(Id::new(self.0.clock.now())),
        };
        if let Some(key) = &change.key {
            key.trim().clone_into(&mut found.key);
        } else if found.key.is_empty() {
            found.key = key_of("p", found.id);
        }
        if !is_key(&found.key) || known.iter().any(|other| other.key == found.key && other.id != found.id) {
            return Err(invalid("position.key", "/key", &found.key));
        }
        found.title = titled(change.title.as_deref(), &found.title, &found.key)?;
        tx.save_position(&found).await?;
        let how = (done(id.is_none()), caller, self.0.clock.now());
        note(&mut tx, told_of_place(how, ("position", found.id, &found.key))).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(PositionView::of(&*self.directory().await?, &found))
    }

    /// Takes a position away, from whoever has it too.
    ///
    /// # Errors
    /// Denied; not found.
    pub async fn delete_position(&self, caller: &Caller, id: Id) -> Result<(), Error> {
        self.require(caller, MANAGE)?;
        let mut tx = self.0.store.begin().await?;
        let positions = tx.positions().await?;
        let gone = positions.iter().find(|found| found.id == id).ok_or_else(|| not_found("position", id))?;
        tx.delete_position(id).await?;
        let what = ("position", id, gone.key.as_str());
        note(&mut tx, told_of_place(("deleted", caller, self.0.clock.now()), what)).await?;
        tx.commit().await?;
        self.forget_people();
        Ok(())
    }
}
