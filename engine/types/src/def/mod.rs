//! Definitions as authored: one struct a kind of file, serialised in the order of its members.
//!
//! An app is a folder of small files ([`files::Folder`]); the stem of a file is the key of its definition.

/// Work calendars: hours, holidays, make-up days.
pub mod calendar;
/// When two records are the same.
pub mod duplicates;
/// Entities and their fields.
pub mod entity;
/// The folder that a template, an export, a draft and a release all are.
pub mod files;
/// Grades.
pub mod grade;
/// Manifests of templates.
pub mod manifest;
/// Where a field's values come from.
pub mod origin;
/// Roles.
pub mod role;
/// Rules.
pub mod rule;
/// Scenarios and cases.
pub mod scenario;
/// Forms, views, messages and menus.
pub mod screen;
/// Share rules.
pub mod share;
/// Workflows: triggers, nodes, policies.
pub mod workflow;
