//! Departments from a file: known by their key, or by their title where there is no key.

use std::collections::{BTreeMap, HashMap};

use kezhi_store::Department;
use kezhi_types::{Caller, Id};

use super::RosterReport;
use super::sheet::{Column, Sheet, repeated, several, wrong};
use crate::audit::note;
use crate::error::Error;
use crate::import::TextRow;
use crate::people::{DepartmentChange, Directory, told_of_department};
use crate::runtime::Runtime;

/// What a list of departments may hold.
const COLUMNS: [Column; 5] = [
    ("title", &["名称", "部门", "部门名称", "name", "department"]),
    ("key", &["标识", "编码", "部门编码", "code"]),
    ("parent", &["上级部门", "上级"]),
    ("head", &["负责人", "主管", "部门负责人", "manager"]),
    ("deputies", &["副职", "副负责人", "deputy"]),
];

/// A row that could be understood.
struct Meant<'r> {
    row: &'r TextRow,
    found: Department,
    is_new: bool,
}

impl Runtime {
    pub(super) async fn import_departments(
        &self,
        caller: &Caller,
        rows: &[TextRow],
        dry_run: bool,
    ) -> Result<RosterReport, Error> {
        let sheet = Sheet::of(rows, &COLUMNS, &["title", "key"])?;
        let mut tx = self.0.store.begin().await?;
        tx.lock_people().await?;
        let stored: BTreeMap<Id, Department> =
            tx.departments().await?.into_iter().map(|found| (found.id, found)).collect();
        let users = tx.users().await?.into_iter().map(|user| (user.id, user)).collect();
        let mut directory = Directory { users, departments: stored.clone(), ..Directory::default() };
        let mut report = RosterReport {
            rows: sheet.rows.len(),
            ignored: sheet.ignored.clone(),
            ..RosterReport::default()
        };
        let (mut meant, mut seen) = (Vec::new(), HashMap::new());
        for row in sheet.rows {
            match self.department_meant((&sheet, row), &directory, &mut seen) {
                Ok(one) => {
                    directory.departments.insert(one.found.id, one.found.clone());
                    meant.push(one);
                }
                Err(error) => report.refused.push(sheet.refused(caller, row, error)?),
            }
        }
        place(caller, (&sheet, &mut directory, &stored), (&mut meant, &mut report))?;
        let before = Directory { departments: stored.clone(), ..Directory::default() };
        let reaches =
            |one: &Meant<'_>| self.keep_reach_of_department(caller, (&before, &directory), &one.found);
        let (kept, refused): (Vec<_>, Vec<_>) =
            meant.into_iter().map(|one| (reaches(&one), one)).partition(|(reach, _)| reach.is_ok());
        for (reach, one) in refused {
            if let Err(error) = reach {
                report.refused.push(sheet.refused(caller, one.row, error)?);
            }
        }
        let meant: Vec<Meant<'_>> = kept.into_iter().map(|(_, one)| one).collect();
        for one in &meant {
            let same = stored.get(&one.found.id) == Some(&one.found);
            match (one.is_new, same) {
                (true, _) => report.created += 1,
                (false, true) => report.unchanged += 1,
                (false, false) => report.updated += 1,
            }
            if !dry_run && !same {
                tx.save_department(&one.found).await?;
                let how = (one.is_new, caller, self.0.clock.now());
                note(&mut tx, told_of_department(how, &one.found)).await?;
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

    fn department_meant<'r>(
        &self,
        (sheet, row): (&Sheet<'r>, &'r TextRow),
        directory: &Directory,
        seen: &mut HashMap<String, u64>,
    ) -> Result<Meant<'r>, Error> {
        let (key, title) = (sheet.filled(row, "key"), sheet.filled(row, "title"));
        let (column, name) = match (key, title) {
            (Some(key), _) => ("key", key),
            (None, Some(title)) => ("title", title),
            (None, None) => return Err(wrong("department.title", "title", "")),
        };
        if let Some(first) = seen.insert(format!("{column}:{name}"), row.number) {
            return Err(repeated(column, first));
        }
        let mut all = directory.departments.values().filter(|found| match key {
            Some(key) => found.key == key,
            None => found.title == name,
        });
        let (known, another) = (all.next().map(|found| found.id), all.next());
        if another.is_some() {
            return Err(wrong("people.several", column, name));
        }
        let person = |text: &str| directory.user_named(text, "/head").map(drop);
        if let Some(head) = sheet.filled(row, "head") {
            person(head)?;
        }
        let change = DepartmentChange {
            key: key.map(str::to_owned),
            title: title.map(str::to_owned),
            parent: None,
            head: sheet.cell(row, "head").map(str::to_owned),
            deputies: sheet.cell(row, "deputies").map(several),
        };
        let found = self.changed_department(directory, known, &change)?;
        Ok(Meant { row, found, is_new: known.is_none() })
    }
}

/// Finds the departments above; they may stand further down in the file. A row is refused whole where there is none, or
/// where it would lie below itself, and so are those below it.
fn place(
    caller: &Caller,
    (sheet, directory, stored): (&Sheet<'_>, &mut Directory, &BTreeMap<Id, Department>),
    (meant, report): (&mut Vec<Meant<'_>>, &mut RosterReport),
) -> Result<(), Error> {
    loop {
        let mut refused = Vec::new();
        for one in meant.iter_mut() {
            let Some(name) = sheet.cell(one.row, "parent") else { continue };
            match parent(directory, name) {
                Ok(above) => {
                    one.found.parent = above;
                    directory.departments.insert(one.found.id, one.found.clone());
                }
                Err(error) => refused.push((one.found.id, one.row, error)),
            }
        }
        for one in meant.iter() {
            let circles =
                one.found.parent.is_some_and(|above| directory.below(one.found.id).contains(&above));
            if circles && refused.iter().all(|(id, _, _)| *id != one.found.id) {
                refused.push((one.found.id, one.row, wrong("department.cycle", "parent", &one.found.title)));
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        for (id, row, error) in refused {
            report.refused.push(sheet.refused(caller, row, error)?);
            match stored.get(&id) {
                Some(known) => directory.departments.insert(id, known.clone()),
                None => directory.departments.remove(&id),
            };
            meant.retain(|one| one.found.id != id);
        }
    }
}

fn parent(directory: &Directory, name: &str) -> Result<Option<Id>, Error> {
    if name.is_empty() {
        return Ok(None);
    }
    let mut all = directory.departments.values().filter(|found| found.key == name || found.title == name);
    match (all.next(), all.next()) {
        (Some(found), None) => Ok(Some(found.id)),
        (Some(_), Some(_)) => Err(wrong("people.several", "parent", name)),
        _ => Err(wrong("user.unknown_department", "parent", name)),
    }
}
