//! Grades: score, letter and reasons, by a weighted table or by a script.

use kezhi_types::Fields;
use kezhi_types::def::grade::{Band, Grade, GradeDef};
use kezhi_types::sealed::covered;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::condition::{ConditionPlan, PathRead, Reads};
use crate::facts::Sight;
use crate::script::{ScriptInput, ScriptPlan};

/// A grade, compiled.
#[derive(Debug)]
pub struct GradePlan {
    /// Its key.
    pub key: String,
    /// As authored.
    pub def: GradeDef,
    /// How the score is reached.
    pub method: MethodPlan,
    /// Letters by score, best first.
    pub bands: Vec<Band>,
}

/// How a score is reached.
#[derive(Debug)]
pub enum MethodPlan {
    /// Points for each row that holds.
    Table(Vec<ScoreRowPlan>),
    /// A script that returns `#{score, reasons}`. Only a child process may run it.
    Script(Box<ScriptPlan>),
}

/// One row of a weighted table.
#[derive(Debug)]
pub struct ScoreRowPlan {
    /// When it counts.
    pub when: ConditionPlan,
    /// Added to the score.
    pub points: i32,
    /// One short sentence.
    pub reason: String,
}

/// A grade and how it was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradeOutcome {
    /// The grade, never overridden.
    pub grade: Grade,
    /// Every row of the table, or every reason of the script, in its order.
    pub rows: Vec<GradeRow>,
    /// What was looked at: path to value, null where absent.
    pub inputs: Fields,
}

/// One row of a weighted table as it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GradeRow {
    /// What it gives when it counts.
    pub points: i32,
    /// Its sentence.
    pub reason: String,
    /// Whether it counted.
    pub matched: bool,
}

/// Most reasons that a grade gives.
const REASONS: usize = 8;

/// Grades the record in sight.
///
/// # Errors
/// A sentence, when the script fails or answers something else than `#{score, reasons}`.
pub fn grade(plan: &GradePlan, sight: &Sight<'_>) -> Result<GradeOutcome, String> {
    let (rows, reads) = match &plan.method {
        MethodPlan::Table(table) => {
            let mut reads = Reads::default();
            table.iter().for_each(|row| reads.merge(row.when.reads()));
            (table.iter().map(|row| weigh(row, sight)).collect(), reads)
        }
        MethodPlan::Script(script) => return scripted(plan, script, sight),
    };
    let rows: Vec<GradeRow> = rows;
    let score =
        rows.iter().filter(|row| row.matched).fold(0_i32, |score, row| score.saturating_add(row.points));
    let mut counted: Vec<&GradeRow> = rows.iter().filter(|row| row.matched && row.points != 0).collect();
    counted.sort_by_key(|row| std::cmp::Reverse(row.points.unsigned_abs()));
    let reasons = counted.into_iter().take(REASONS).map(|row| row.reason.clone()).collect();
    let grade = Grade { letter: letter(&plan.bands, score), score, reasons, overridden: false };
    Ok(GradeOutcome { grade, inputs: inputs(&reads, sight), rows })
}

/// The highest band that the score reaches; the last one catches everything below.
pub fn letter(bands: &[Band], score: i32) -> String {
    let reached = bands.iter().filter(|band| band.at_least <= score).max_by_key(|band| band.at_least);
    reached.or_else(|| bands.last()).map(|band| band.letter.clone()).unwrap_or_default()
}

fn weigh(row: &ScoreRowPlan, sight: &Sight<'_>) -> GradeRow {
    GradeRow { points: row.points, reason: row.reason.clone(), matched: row.when.judge(sight) }
}

fn scripted(plan: &GradePlan, script: &ScriptPlan, sight: &Sight<'_>) -> Result<GradeOutcome, String> {
    let answer = script.run(&ScriptInput {
        record: sight.fields.clone(),
        before: None,
        related: sight.facts.rows.clone(),
        today: sight.circumstances.today(),
        now: sight.circumstances.now,
        zone: sight.circumstances.zone.clone(),
        caller: sight.circumstances.caller.clone(),
    })?;
    let score = answer.get("score").and_then(Value::as_i64).and_then(|score| i32::try_from(score).ok());
    let score = score.ok_or("the script gave no whole number as `score`")?;
    let reasons = answer.get("reasons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let reasons: Vec<String> =
        reasons.iter().filter_map(Value::as_str).take(REASONS).map(str::to_owned).collect();
    let rows =
        reasons.iter().map(|reason| GradeRow { points: 0, reason: reason.clone(), matched: true }).collect();
    let grade = Grade { letter: letter(&plan.bands, score), score, reasons, overridden: false };
    Ok(GradeOutcome { grade, rows, inputs: inputs(script.reads(), sight) })
}

/// What was looked at: fields of the record, fields at the end of paths, counts of related records.
fn inputs(reads: &Reads, sight: &Sight<'_>) -> Fields {
    let mut inputs = Fields::new();
    for key in &reads.fields {
        inputs.insert(key.clone(), sight.fields.get(key).map_or(Value::Null, covered));
    }
    let one_by_one = |path: &&PathRead| {
        let first = path.hops.first().and_then(|(relation, _)| sight.fields.get(relation));
        path.table.is_none() && !first.is_some_and(Value::is_array)
    };
    for path in reads.paths.iter().filter(one_by_one) {
        let steps = path.hops.iter().map(|(relation, _)| relation.as_str());
        let name: Vec<&str> = steps.chain([path.field.as_str()]).collect();
        inputs.insert(name.join("."), at_end(path, sight).map_or(Value::Null, |value| covered(&value)));
    }
    for related in &reads.related {
        let name = format!("{}.{}", related.entity, related.via);
        if let Some(rows) = sight.facts.rows.get(&name) {
            inputs.insert(name, rows.len().into());
        }
    }
    inputs
}

fn at_end(path: &PathRead, sight: &Sight<'_>) -> Option<Value> {
    let mut here = sight.fields;
    for (relation, _) in &path.hops {
        let id = here.get(relation)?.as_str()?.parse().ok()?;
        here = &sight.facts.records.get(&id)?.1;
    }
    here.get(&path.field).cloned()
}
