//! The policy as people would write it down: who reads, changes and takes along which rows, and what they do with which
//! field. What the engine answers is held against these tables; nothing here asks the engine.

use serde_json::{Value, json};

/// Whose a row is, seen from whoever asks. A row of another workspace is the business of the tests of workspaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Row {
    /// One's own.
    Own,
    /// A mate's of the same team, who works in another department.
    Team,
    /// Somebody's of the same department.
    Department,
    /// Somebody's of a department below.
    Below,
    /// A stranger's, shared with whoever asks, for reading.
    Shared,
    /// A stranger's.
    Other,
}

impl Row {
    pub(super) const ALL: [Self; 6] =
        [Self::Own, Self::Team, Self::Department, Self::Below, Self::Shared, Self::Other];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Team => "team",
            Self::Department => "department",
            Self::Below => "below",
            Self::Shared => "shared",
            Self::Other => "other",
        }
    }
}

/// What somebody may do with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Right {
    Hidden,
    Masked,
    Read,
    Write,
}

impl Right {
    /// As the engine writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hidden => "hidden",
            Self::Masked => "masked",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The fields, each with the right that most roles have on it.
pub(super) const FIELDS: [(&str, Right); 4] = [
    ("hidden", Right::Hidden),
    ("covered", Right::Masked),
    ("readable", Right::Read),
    ("writable", Right::Write),
];

/// How somebody sees fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Each to the full.
    Whole,
    /// Each as it is called.
    ByName,
    /// To the full on rows of the one role, `readable` alone on those that only the other reaches.
    ByRow,
}

/// What somebody may do. Rows that are not named may not be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Policy {
    /// Who it is, and how they sign in.
    pub actor: &'static str,
    pub roles: &'static [&'static str],
    /// Whether they may know that there is such a thing at all.
    pub knows: bool,
    pub reads: &'static [Row],
    pub changes: &'static [Row],
    pub deletes: &'static [Row],
    pub exports: &'static [Row],
    pub shares: &'static [Row],
    pub merges: &'static [Row],
    pub creates: bool,
    pub imports: bool,
    pub sight: Sight,
    /// Whether they may do what concerns the workspace and not its records.
    pub administers: bool,
}

use Row::{Below, Department, Other, Own, Shared, Team};

const EVERY: &[Row] = &Row::ALL;
const NO: &[Row] = &[];

/// Nobody in particular: what those below have in common.
const NOBODY: Policy = Policy {
    actor: "",
    roles: &[],
    knows: true,
    reads: NO,
    changes: NO,
    deletes: NO,
    exports: NO,
    shares: NO,
    merges: NO,
    creates: false,
    imports: false,
    sight: Sight::ByName,
    administers: false,
};

/// Somebody who may do everything with records.
const EVERYTHING: Policy = Policy {
    reads: EVERY,
    changes: EVERY,
    deletes: EVERY,
    exports: EVERY,
    shares: EVERY,
    merges: EVERY,
    creates: true,
    imports: true,
    sight: Sight::Whole,
    ..NOBODY
};

/// The table. A row that is shared with somebody is one of those that a role lets be read through which they read anything;
/// since it is shared for reading, it is changed by nobody for that.
pub(super) const POLICIES: [Policy; 9] = [
    Policy { actor: "admin", roles: &["admin"], administers: true, ..EVERYTHING },
    Policy { actor: "whole", roles: &["m_whole"], ..EVERYTHING },
    Policy {
        actor: "single",
        roles: &["m_own"],
        reads: &[Own, Shared],
        changes: &[Own],
        deletes: &[Own],
        exports: &[Own],
        shares: &[Own],
        merges: &[Own],
        creates: true,
        ..NOBODY
    },
    Policy {
        actor: "mate",
        roles: &["m_team"],
        reads: &[Own, Team, Shared],
        changes: &[Own],
        exports: &[Own, Team],
        creates: true,
        ..NOBODY
    },
    Policy {
        actor: "desk",
        roles: &["m_department"],
        reads: &[Own, Department, Shared],
        changes: &[Own, Department],
        deletes: &[Own, Department],
        ..NOBODY
    },
    Policy {
        actor: "chief",
        roles: &["m_below"],
        reads: &[Own, Department, Below, Shared],
        changes: &[Own],
        shares: &[Own, Department, Below],
        ..NOBODY
    },
    // Reads what is shared and nothing else, not even their own.
    Policy { actor: "guest", roles: &["m_shared"], reads: &[Shared], exports: &[Shared], ..NOBODY },
    // Two roles: one for their own rows, one that glances at all.
    Policy {
        actor: "both",
        roles: &["m_mine", "m_glance"],
        reads: &[Own, Team, Department, Below, Shared, Other],
        changes: &[Own],
        creates: true,
        sight: Sight::ByRow,
        ..NOBODY
    },
    Policy { actor: "nobody", roles: &["m_none"], knows: false, ..NOBODY },
];

impl Policy {
    /// The right on a field of a row.
    pub(super) fn right(&self, row: Row, field: &str) -> Right {
        match self.sight {
            Sight::Whole => Right::Write,
            Sight::ByName => by_name(field),
            Sight::ByRow if matches!(row, Own | Shared) => Right::Write,
            Sight::ByRow if field == "readable" => Right::Read,
            Sight::ByRow => Right::Hidden,
        }
    }

    /// The strongest right on a field that they have on any row.
    pub(super) fn best(&self, field: &str) -> Right {
        match self.sight {
            Sight::Whole | Sight::ByRow => Right::Write,
            Sight::ByName => by_name(field),
        }
    }

    /// Whether they are told the value of a field of a row.
    pub(super) fn is_told(&self, row: Row, field: &str) -> bool {
        self.knows && self.reads.contains(&row) && self.right(row, field) >= Right::Read
    }
}

fn by_name(field: &str) -> Right {
    FIELDS.iter().find(|(name, _)| *name == field).map_or(Right::Write, |(_, right)| *right)
}

/// The roles as their author writes them.
pub(super) fn roles() -> Vec<(&'static str, Value)> {
    let fields = json!({ "hidden": "hidden", "covered": "masked", "readable": "read", "writable": "write" });
    let role = |rights: Value| {
        let mut rights = rights;
        rights["fields"] = fields.clone();
        json!({ "title": "矩阵", "entities": { "probe": rights } })
    };
    let every = json!({ "create": true, "read": true, "update": true, "delete": true, "restore": true, "export": true,
        "import": true, "share": true, "transfer": true, "merge": true });
    let glance = json!({ "read": true, "fields": { "*": "hidden", "name": "read", "readable": "read" } });
    vec![
        ("m_whole", json!({ "title": "全部", "entities": { "probe": every } })),
        (
            "m_own",
            role(json!({ "create": true, "read": "own", "update": "own", "delete": "own", "restore": "own",
                "export": "own", "share": "own", "merge": "own" })),
        ),
        ("m_team", role(json!({ "create": true, "read": "team", "update": "own", "export": "team" }))),
        (
            "m_department",
            role(json!({ "read": "department", "update": "department", "delete": "department" })),
        ),
        (
            "m_below",
            role(json!({ "read": "department_and_below", "update": "own", "share": "department_and_below" })),
        ),
        (
            "m_shared",
            role(json!({ "read": "shared_with_me", "update": "shared_with_me", "export": "shared_with_me" })),
        ),
        (
            "m_mine",
            json!({ "title": "自己的", "entities": { "probe": { "create": true, "read": "own", "update": "own" } } }),
        ),
        ("m_glance", json!({ "title": "一瞥", "entities": { "probe": glance } })),
        ("m_none", json!({ "title": "无", "entities": {} })),
    ]
}

/// What the rows are of.
pub(super) fn entity() -> Value {
    let text = |title: &str| json!({ "title": title, "x-kind": "text", "maxLength": 60, "x-search": true });
    json!({ "title": "探针", "x-title-field": "name", "x-owner": true, "required": ["name"], "properties": {
        "name": text("名称"), "hidden": text("隐藏"), "covered": text("遮盖"), "readable": text("可读"), "writable": text("可写") } })
}

/// A form for it.
pub(super) fn form() -> Value {
    let control = |field: &str| json!({ "type": "Control", "scope": format!("#/properties/{field}") });
    let elements: Vec<Value> =
        std::iter::once("name").chain(FIELDS.iter().map(|(field, _)| *field)).map(control).collect();
    json!({ "title": "探针", "entity": "probe", "layout": { "type": "VerticalLayout", "elements": elements } })
}
