//! What the policy says of routes that name one record.

use axum::http::Method;
use serde_json::{Value, json};

use super::case::{Case, Holds};
use super::policy::{FIELDS, Policy, Right, Row};
use super::stage::{Carries, Stage, name_of, value_of};

/// An id that nothing has.
pub(super) const NO_ID: &str = "01980000-0000-7000-8000-0000000000ff";

const UNKNOWN_ENTITY: (u16, &str) = (404, "entity.not_found");
const UNKNOWN: (u16, &str) = (404, "record.not_found");
const DENIED: (u16, &str) = (403, "access.denied");

/// Everything that is asked of one route by one actor; nothing where the route is not about one record.
pub(super) fn of_route(stage: &Stage, policy: &Policy, route: &str) -> Option<Vec<Case>> {
    let about = About { stage, policy, route };
    Some(match route {
        "get /api/entities/{entity}/records/{id}" => about
            .fields("", |case, row, field| about.shown(case, row, field))
            .chain(
                about.fields("?as_of=2099-01-01T00:00:00Z", |case, row, field| about.shown(case, row, field)),
            )
            .collect(),
        "get /api/entities/{entity}/records/{id}/history" => about.telling("/history"),
        "get /api/entities/{entity}/records/{id}/timeline" => about.telling("/timeline"),
        "get /api/entities/{entity}/records/{id}/explain" => about.telling("/explain"),
        "get /api/entities/{entity}/records/{id}/access" => about.why(),
        "post /api/entities/{entity}/records/{id}/reveal" => about.revealing(),
        "patch /api/entities/{entity}/records/{id}" => about.changing(),
        "delete /api/entities/{entity}/records/{id}" => {
            about.each(&Method::DELETE, "?dry_run=true", |case, row| {
                about.within(case.is(200), row, policy.deletes)
            })
        }
        "get /api/entities/{entity}/records/{id}/comments" => about.reading("/comments"),
        "get /api/entities/{entity}/records/{id}/merges" => about.reading("/merges"),
        "post /api/entities/{entity}/records/{id}/comments" => {
            about.each(&Method::POST, "/comments", |case, row| {
                let case = case.with(Carries::Json(json!({ "text": "gesehen" }))).changing().is(201);
                about.within(case, row, policy.reads)
            })
        }
        "get /api/entities/{entity}/records/{id}/shares" => {
            about.each(&Method::GET, "/shares", |case, row| about.within(case.is(200), row, policy.shares))
        }
        "post /api/entities/{entity}/records/{id}/shares" => {
            about.each(&Method::POST, "/shares", |case, row| {
                let with = Carries::Json(json!({ "with": { "person": stage.bystander } }));
                about.within(case.with(with).changing().is(201), row, policy.shares)
            })
        }
        "delete /api/entities/{entity}/records/{id}/shares/{share}" => {
            about.each(&Method::DELETE, &format!("/shares/{NO_ID}"), |case, row| {
                about.within(case.refused((404, "share.not_found")), row, policy.shares)
            })
        }
        // Nothing lies in the bin.
        "post /api/entities/{entity}/records/{id}/restore" => {
            about.each(&Method::POST, "/restore", |case, _| {
                let nothing = if policy.knows { UNKNOWN } else { UNKNOWN_ENTITY };
                case.with(Carries::Json(json!({}))).refused(nothing)
            })
        }
        "post /api/entities/{entity}/records/{id}/undo" => about.each(&Method::POST, "/undo", |case, row| {
            let case = case.with(Carries::Json(json!({ "change": 0 }))).refused((404, "change.not_found"));
            about.within(case, row, policy.reads)
        }),
        "post /api/entities/{entity}/records/{id}/merge" => about.merging(),
        _ => return None,
    })
}

/// One route, asked by one actor.
pub(super) struct About<'a> {
    pub stage: &'a Stage,
    pub policy: &'a Policy,
    pub route: &'a str,
}

impl About<'_> {
    fn case(&self, (method, rest): (Method, &str), row: Row) -> Case {
        let id = self.stage.row(self.policy.actor, row);
        let path = format!("/api/entities/probe/records/{id}{rest}");
        Case::of(self.policy, self.route, (method, path)).on(row)
    }

    /// One case for each row.
    fn each(&self, method: &Method, rest: &str, expect: impl Fn(Case, Row) -> Case) -> Vec<Case> {
        Row::ALL.into_iter().map(|row| expect(self.case((method.clone(), rest), row), row)).collect()
    }

    /// One case for each row and field.
    fn fields<'a>(
        &'a self,
        rest: &'a str,
        expect: impl Fn(Case, Row, &'static str) -> Case + 'a,
    ) -> impl Iterator<Item = Case> + 'a {
        every_field()
            .map(move |(row, field)| expect(self.case((Method::GET, rest), row).of_field(field), row, field))
    }

    /// What comes of it where the row is one of these: else it is denied, or not there at all.
    fn within(&self, case: Case, row: Row, rows: &[Row]) -> Case {
        match self.outside(row) {
            Some(refusal) => case.refused(refusal),
            None if rows.contains(&row) => case,
            None => case.refused(DENIED),
        }
    }

    /// How a row is refused that may not be read.
    pub(super) fn outside(&self, row: Row) -> Option<(u16, &'static str)> {
        match (self.policy.knows, self.policy.reads.contains(&row)) {
            (false, _) => Some(UNKNOWN_ENTITY),
            (true, false) => Some(UNKNOWN),
            (true, true) => None,
        }
    }

    fn plain(&self, row: Row, field: &str) -> String {
        value_of(self.policy.actor, row, field)
    }

    /// A record as it is answered: the field to the full, covered, or not there.
    fn shown(&self, case: Case, row: Row, field: &'static str) -> Case {
        let plain = self.plain(row, field);
        let is = match self.policy.right(row, field) {
            Right::Hidden => None,
            Right::Masked => Some("z**".to_owned()),
            Right::Read | Right::Write => Some(plain.clone()),
        };
        let holds = Holds::Member { key: field, is, never: plain };
        self.within(case.is(200).holding(holds), row, self.policy.reads)
    }

    fn reading(&self, rest: &str) -> Vec<Case> {
        self.each(&Method::GET, rest, |case, row| self.within(case.is(200), row, self.policy.reads))
    }

    /// What tells of a record says nothing of values that may not be read. What it does say is the business of other tests.
    fn telling(&self, rest: &str) -> Vec<Case> {
        let expect = |case: Case, row, field: &'static str| {
            let case = case.is(200);
            let told = self.policy.is_told(row, field);
            let case = if told { case } else { case.holding(Holds::Says(self.plain(row, field), false)) };
            self.within(case, row, self.policy.reads)
        };
        self.fields(rest, expect).collect()
    }

    fn why(&self) -> Vec<Case> {
        let asked = every_field().map(|(row, field)| {
            let case = self.case((Method::GET, &format!("/access?field={field}")), row).of_field(field);
            let right = self.policy.right(row, field);
            let case = match right {
                Right::Hidden => case.refused((422, "query.unknown_field")),
                _ => case.is(200).holding(Holds::FirstField(right.name())),
            };
            self.within(case, row, self.policy.reads)
        });
        asked.collect()
    }

    fn revealing(&self) -> Vec<Case> {
        let asked = every_field().map(|(row, field)| {
            let body = json!({ "field": field, "reason": "matrix" });
            let case = self.case((Method::POST, "/reveal"), row).of_field(field).with(Carries::Json(body));
            let plain = self.plain(row, field);
            let case = match self.policy.right(row, field) {
                Right::Hidden => {
                    case.refused((422, "record.invalid")).holding(Holds::Violation("record.unknown_field"))
                }
                Right::Masked => case.refused(DENIED),
                _ => case.is(200).holding(Holds::Member {
                    key: "value",
                    is: Some(plain.clone()),
                    never: plain,
                }),
            };
            self.within(case, row, self.policy.reads)
        });
        asked.collect()
    }

    fn changing(&self) -> Vec<Case> {
        let asked = every_field().map(|(row, field)| {
            let body =
                Value::Object([(field.to_owned(), json!(written_by(self.policy)))].into_iter().collect());
            let case =
                self.case((Method::PATCH, ""), row).of_field(field).with(Carries::Json(body)).changing();
            let case = written(case.is(200), self.policy.right(row, field));
            // Who may not read the row is told so before what they sent is looked at.
            self.within(case, row, self.policy.changes)
        });
        asked.collect()
    }

    /// Both records must be read, changed and merged; they are looked at in their order.
    fn merging(&self) -> Vec<Case> {
        self.each(&Method::POST, "/merge", |case, row| {
            let from = if row == Row::Team { Row::Department } else { Row::Team };
            let body = json!({ "from": [self.stage.row(self.policy.actor, from)], "dry_run": true });
            let case = case.with(Carries::Json(body)).changing();
            let refusal = [row, from].into_iter().find_map(|one| {
                let may = self.policy.merges.contains(&one) && self.policy.changes.contains(&one);
                self.outside(one).or((!may).then_some(DENIED))
            });
            match refusal {
                Some(refusal) => case.refused(refusal),
                None => case.is(200),
            }
        })
    }
}

/// What comes of writing a field: a hidden one is not there, one that may only be seen is read-only.
pub(super) fn written(case: Case, right: Right) -> Case {
    let wrong = |code| case.clone().refused((422, "record.invalid")).holding(Holds::Violation(code));
    match right {
        Right::Hidden => wrong("record.unknown_field"),
        Right::Masked | Right::Read => wrong("record.read_only"),
        Right::Write => case,
    }
}

/// Every row with every field.
pub(super) fn every_field() -> impl Iterator<Item = (Row, &'static str)> {
    Row::ALL.into_iter().flat_map(|row| FIELDS.iter().map(move |(field, _)| (row, *field)))
}

/// What an actor writes where something is written: nobody else does, so it is nowhere what is stored already.
pub(super) fn written_by(policy: &Policy) -> String {
    format!("zp{}wrote", policy.actor)
}

/// The name of a row, by which everybody may ask who may read it.
pub(super) fn called(policy: &Policy, row: Row) -> String {
    name_of(policy.actor, row)
}
