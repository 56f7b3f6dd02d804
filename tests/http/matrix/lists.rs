//! What the policy says of routes that ask for many records, or make new ones.

use axum::http::Method;
use serde_json::{Value, json};

use super::case::{Case, Holds};
use super::policy::{FIELDS, Policy, Right, Row};
use super::rows::{About, called, every_field, written, written_by};
use super::stage::{Carries, Stage, value_of};

const UNKNOWN_ENTITY: (u16, &str) = (404, "entity.not_found");
const UNKNOWN_FORM: (u16, &str) = (404, "form.not_found");
const UNKNOWN_FIELD: (u16, &str) = (422, "query.unknown_field");
const DENIED: (u16, &str) = (403, "access.denied");

/// Everything that is asked of one route by one actor; nothing where the route is not about the records of an entity.
pub(super) fn of_route(stage: &Stage, policy: &Policy, route: &str) -> Option<Vec<Case>> {
    let lists = Lists { stage, policy, route };
    Some(match route {
        "get /api/entities/{entity}/records" => lists.listing(),
        "post /api/entities/{entity}/query" => lists.querying(),
        "post /api/entities/{entity}/aggregate" => lists.measuring(),
        "get /api/entities/{entity}/export" => lists.exporting(),
        "get /api/search" => lists.searching(),
        "post /api/entities/{entity}/batch" => lists.batches(),
        "post /api/entities/{entity}/update" => lists.updating(),
        "post /api/entities/{entity}/records" => {
            lists.creating("/api/entities/probe/records", |record| record)
        }
        "post /api/forms/{form}/submissions" => lists.submitting(),
        "post /api/forms/{form}/evaluate" => lists.evaluating(),
        "get /api/entities/{entity}/schema" => lists.described("/api/entities/probe/schema", UNKNOWN_ENTITY),
        "get /api/forms/{form}" => lists.described("/api/forms/probe", UNKNOWN_FORM),
        "post /api/entities/{entity}/import" => vec![lists.importing()],
        "post /api/entities/{entity}/duplicates" => lists.duplicates(),
        "post /api/entities/{entity}/duplicates/report" => {
            let case = lists.case(Method::POST, "/api/entities/probe/duplicates/report");
            vec![lists.known(case.with(Carries::Json(json!({}))).changing().is(202))]
        }
        "get /api/runs" => lists.runs(),
        _ => return None,
    })
}

struct Lists<'a> {
    stage: &'a Stage,
    policy: &'a Policy,
    route: &'a str,
}

impl Lists<'_> {
    fn case(&self, method: Method, path: impl Into<String>) -> Case {
        Case::of(self.policy, self.route, (method, path.into()))
    }

    fn known(&self, case: Case) -> Case {
        if self.policy.knows { case } else { case.refused(UNKNOWN_ENTITY) }
    }

    fn plain(&self, row: Row, field: &str) -> String {
        value_of(self.policy.actor, row, field)
    }

    /// How many rows a question for one value finds.
    fn found(&self, row: Row, field: &str) -> Holds {
        Holds::Items(usize::from(self.policy.is_told(row, field)))
    }

    /// A question that names a field which is readable on no row is refused as one that names no field.
    fn asked_of(&self, case: Case, field: &str) -> Case {
        if self.policy.best(field) < Right::Read {
            self.known(case.refused(UNKNOWN_FIELD))
        } else {
            self.known(case)
        }
    }

    fn each(&self, one: impl Fn(Row, &'static str) -> Case) -> Vec<Case> {
        every_field().map(|(row, field)| one(row, field).on(row).of_field(field)).collect()
    }

    fn each_field(&self, one: impl Fn(&'static str) -> Case) -> Vec<Case> {
        FIELDS.iter().map(|(field, _)| one(field).of_field(field)).collect()
    }

    fn listing(&self) -> Vec<Case> {
        let path = "/api/entities/probe/records";
        let by = |op: &'static str| {
            self.each(move |row, field| {
                let condition = json!({ "field": field, "op": op, "value": self.plain(row, field) });
                let case = self.case(Method::GET, format!("{path}?where={}", encoded(&condition)));
                self.asked_of(case.is(200).holding(self.found(row, field)), field)
            })
        };
        let mut cases = by("eq");
        cases.extend(by("contains"));
        cases.extend(self.each(|row, field| {
            let case = self.case(Method::GET, format!("{path}?q={}", self.plain(row, field)));
            self.known(case.is(200).holding(self.found(row, field)))
        }));
        for sign in ["", "-"] {
            cases.extend(self.each_field(|field| {
                self.asked_of(self.case(Method::GET, format!("{path}?sort={sign}{field}")).is(200), field)
            }));
        }
        // Whoever sees a field covered may ask for it; whoever does not see it may not.
        cases.extend(self.each_field(|field| {
            let case = self.case(Method::GET, format!("{path}?fields={field}"));
            let hidden = self.policy.best(field) == Right::Hidden;
            self.known(if hidden { case.refused(UNKNOWN_FIELD) } else { case.is(200) })
        }));
        // The whole list tells of each row and field what one record does.
        cases.extend(self.each(|row, field| {
            let case = self.case(Method::GET, format!("{path}?limit=500")).is(200);
            self.known(case.holding(Holds::Says(self.plain(row, field), self.policy.is_told(row, field))))
        }));
        cases
    }

    fn querying(&self) -> Vec<Case> {
        let ask = |body: Value| {
            self.case(Method::POST, "/api/entities/probe/query").with(Carries::Json(body)).is(200)
        };
        let mut cases = self.each(|row, field| {
            let condition = json!({ "field": field, "op": "in", "value": [self.plain(row, field)] });
            self.asked_of(ask(json!({ "where": condition })).holding(self.found(row, field)), field)
        });
        // Not being something is no way to ask either.
        cases.extend(self.each(|row, field| {
            let is = json!({ "field": field, "op": "eq", "value": self.plain(row, field) });
            let name = json!({ "field": "name", "op": "eq", "value": called(self.policy, row) });
            let case = ask(json!({ "where": { "all": [name, { "not": is }] } }));
            // Where the field may not be read it counts as absent, and what is absent is not this value.
            let left = self.policy.reads.contains(&row) && !self.policy.is_told(row, field);
            self.asked_of(case.holding(Holds::Items(usize::from(left))), field)
        }));
        cases
    }

    fn measuring(&self) -> Vec<Case> {
        let ask = |body: Value| {
            self.case(Method::POST, "/api/entities/probe/aggregate").with(Carries::Json(body)).is(200)
        };
        let mut cases = self.each(|row, field| {
            let case = ask(json!({ "group_by": [field] }));
            let told = self.policy.is_told(row, field);
            self.asked_of(case.holding(Holds::Says(self.plain(row, field), told)), field)
        });
        for measure in ["count", "distinct", "min", "max"] {
            cases.extend(self.each_field(|field| {
                let body = json!({ "measures": [{ (measure): field }] });
                let case = ask(body);
                // Whether a text has a least one is not a matter of rights.
                let case = if matches!(measure, "min" | "max") {
                    case.stands(super::case::Status::Through)
                } else {
                    case
                };
                self.asked_of(case, field)
            }));
        }
        cases
    }

    fn exporting(&self) -> Vec<Case> {
        self.each(|row, field| {
            let condition = json!({ "field": field, "op": "eq", "value": self.plain(row, field) });
            let path = format!("/api/entities/probe/export?format=json&where={}", encoded(&condition));
            let taken = self.policy.exports.contains(&row) && self.policy.is_told(row, field);
            let case = self.case(Method::GET, path).is(200);
            let case = self.asked_of(case.holding(Holds::Says(self.plain(row, field), taken)), field);
            if self.policy.exports.is_empty() { self.known(case.refused(DENIED)) } else { case }
        })
    }

    fn searching(&self) -> Vec<Case> {
        self.each(|row, field| {
            let id = self.stage.row(self.policy.actor, row).to_owned();
            let case = self.case(Method::GET, format!("/api/search?q={}", self.plain(row, field)));
            case.is(200).holding(Holds::Says(id, self.policy.is_told(row, field)))
        })
    }

    /// What comes of one change of one row, as a status alone.
    fn fate(&self, row: Row, field: &str) -> u16 {
        let about = About { stage: self.stage, policy: self.policy, route: self.route };
        match about.outside(row) {
            Some((status, _)) => status,
            None if !self.policy.changes.contains(&row) => 403,
            None if self.policy.right(row, field) < Right::Write => 422,
            None => 200,
        }
    }

    fn batches(&self) -> Vec<Case> {
        let path = "/api/entities/probe/batch";
        let ask = |operation: Value| {
            let body = json!({ "operations": [operation], "dry_run": true });
            self.case(Method::POST, path).with(Carries::Json(body)).changing().is(200)
        };
        let mut cases = self.each(|row, field| {
            let id = self.stage.row(self.policy.actor, row);
            let case =
                ask(json!({ "op": "update", "id": id, "record": { (field): written_by(self.policy) } }));
            self.known(case.holding(Holds::Results(vec![self.fate(row, field)])))
        });
        cases.extend(Row::ALL.into_iter().map(|row| {
            let case = ask(json!({ "op": "delete", "id": self.stage.row(self.policy.actor, row) })).on(row);
            let fate = match (self.policy.reads.contains(&row), self.policy.deletes.contains(&row)) {
                (false, _) => 404,
                (true, false) => 403,
                (true, true) => 204,
            };
            self.known(case.holding(Holds::Results(vec![fate])))
        }));
        cases
    }

    fn updating(&self) -> Vec<Case> {
        self.each(|row, field| {
            let condition = json!({ "field": "name", "op": "eq", "value": called(self.policy, row) });
            let body = json!({ "where": condition, "record": { (field): written_by(self.policy) }, "dry_run": true });
            let case = self.case(Method::POST, "/api/entities/probe/update").with(Carries::Json(body));
            // Rows that may not be changed are not among those that are found.
            let meant = self.policy.changes.contains(&row);
            let results = if meant { vec![self.fate(row, field)] } else { Vec::new() };
            self.known(case.changing().is(200).holding(Holds::Results(results)))
        })
    }

    fn creating(&self, path: &str, body: impl Fn(Value) -> Value) -> Vec<Case> {
        self.each_field(|field| {
            let record = json!({ "name": "zpnewrow", (field): written_by(self.policy) });
            let case = self.case(Method::POST, path).with(Carries::Json(body(record))).changing().is(201);
            let case = written(case, self.policy.best(field));
            self.known(if self.policy.creates { case } else { case.refused(DENIED) })
        })
    }

    fn submitting(&self) -> Vec<Case> {
        let path = "/api/forms/probe/submissions";
        let form = |case: Case| if self.policy.knows { case } else { case.refused(UNKNOWN_FORM) };
        let new = self.creating(path, |record| json!({ "values": record }));
        let mut cases: Vec<Case> = new.into_iter().map(form).collect();
        let about = About { stage: self.stage, policy: self.policy, route: self.route };
        cases.extend(self.each(|row, field| {
            let id = self.stage.row(self.policy.actor, row);
            let body = json!({ "record": id, "values": { (field): written_by(self.policy) } });
            let case = self.case(Method::POST, path).with(Carries::Json(body)).changing().is(200);
            let case = written(case, self.policy.right(row, field));
            form(match about.outside(row) {
                Some(refusal) => case.refused(refusal),
                None if self.policy.changes.contains(&row) => case,
                None => case.refused(DENIED),
            })
        }));
        cases
    }

    fn evaluating(&self) -> Vec<Case> {
        let about = About { stage: self.stage, policy: self.policy, route: self.route };
        self.each(|row, field| {
            let body = json!({ "record": self.stage.row(self.policy.actor, row), "values": {} });
            let case = self.case(Method::POST, "/api/forms/probe/evaluate").with(Carries::Json(body)).is(200);
            // Which values a form tells is its own business; not those that may not be read.
            let told = self.policy.is_told(row, field);
            let case = if told { case } else { case.holding(Holds::Says(self.plain(row, field), false)) };
            match about.outside(row) {
                _ if !self.policy.knows => case.refused(UNKNOWN_FORM),
                Some(refusal) => case.refused(refusal),
                None => case,
            }
        })
    }

    /// What is said of the fields: those that are hidden on every row are not there.
    fn described(&self, path: &str, unknown: (u16, &'static str)) -> Vec<Case> {
        self.each_field(|field| {
            let title = FIELD_TITLES.iter().find(|(name, _)| *name == field).map_or("", |(_, title)| *title);
            let seen = self.policy.best(field) > Right::Hidden;
            let case = self.case(Method::GET, path).is(200).holding(Holds::Says(title.to_owned(), seen));
            if self.policy.knows { case } else { case.refused(unknown) }
        })
    }

    fn importing(&self) -> Case {
        let case =
            self.case(Method::POST, "/api/entities/probe/import").with(Carries::File("name\nzpimported\n"));
        let case = case.changing().is(202);
        self.known(if self.policy.imports { case } else { case.refused(DENIED) })
    }

    fn duplicates(&self) -> Vec<Case> {
        let about = About { stage: self.stage, policy: self.policy, route: self.route };
        let of_rows = Row::ALL.into_iter().map(|row| {
            let body = json!({ "record": { "name": "x" }, "id": self.stage.row(self.policy.actor, row) });
            let case =
                self.case(Method::POST, "/api/entities/probe/duplicates").with(Carries::Json(body)).on(row);
            match about.outside(row) {
                Some(refusal) => case.refused(refusal),
                None => case.is(200).holding(Holds::Items(0)),
            }
        });
        of_rows.collect()
    }

    /// Nothing runs; whoever may not read a record is told of none either.
    fn runs(&self) -> Vec<Case> {
        let of_rows = Row::ALL.into_iter().map(|row| {
            let path = format!("/api/runs?record={}", self.stage.row(self.policy.actor, row));
            self.case(Method::GET, path).on(row).is(200).holding(Holds::Items(0))
        });
        of_rows.collect()
    }
}

/// What the fields are called in the definitions.
const FIELD_TITLES: [(&str, &str); 4] =
    [("hidden", "隐藏"), ("covered", "遮盖"), ("readable", "可读"), ("writable", "可写")];

fn encoded(value: &Value) -> String {
    value.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
}
