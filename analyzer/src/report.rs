//! The one result document. Owns its types (schema `koff-report/1`); renderers get it and nothing else, and decide
//! nothing. Everything in it is sorted, so that the same bundle and rules give the same bytes.

mod assemble;
mod how;
mod moments;
mod room;

pub use assemble::{About, Parts};
use serde::{Deserialize, Serialize};

use crate::{
    evidence::Evidence,
    finding::{Finding, Level},
    suppress::Suppressed,
    verdict::Unknown,
};

/// Name of the document's schema.
pub const SCHEMA: &str = "koff-report/1";

/// The JSON document: a report, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Document {
    /// What was found.
    Report(Box<Report>),
    /// There is no report.
    Failure(Failure),
}

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that tried.
    pub tool: Tool,
    /// Name of the bundle.
    pub bundle: FailedBundle,
    /// What went wrong: place, expectation, finding.
    pub error: String,
}

/// The bundle of which there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FailedBundle {
    /// File name, without folders.
    pub name: String,
}

impl Failure {
    /// There is no report on the bundle called `name`, because of `error`.
    #[must_use]
    pub fn new(name: &str, error: &str) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::own(),
            bundle: FailedBundle { name: name.to_owned() },
            error: error.to_owned(),
        }
    }
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn own() -> Self {
        Self { name: "koff-analyze".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// What was found in one bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that made it.
    pub tool: Tool,
    /// The rules that were asked.
    pub pack: Pack,
    /// The bundle that was read.
    pub bundle: BundleInfo,
    /// The most likely cause, in a sentence, and what it rests on.
    pub summary: Summary,
    /// One verdict per rule, sorted by rule id.
    pub verdicts: Vec<RuleVerdict>,
    /// Causes before symptoms, then by level, confidence and rule id.
    pub findings: Vec<Finding>,
    /// Findings that someone accepted, with reason and expiry; their verdicts stay.
    pub suppressed: Vec<Suppressed>,
    /// Suppressions that matched nothing or are past their day.
    pub warnings: Vec<String>,
    /// Steps that the findings lead to, ladder order, each once.
    pub remediation: Vec<Step>,
    /// What could not be told, and how to find out.
    pub cannot_tell: Vec<CannotTell>,
    /// The indicator table, one entry per copy of the DLL.
    pub dlls: Vec<DllRow>,
    /// Changes and failures by time, at most 200, the first failure marked.
    pub timeline: Vec<Moment>,
    /// Versions, profile, cache and services, label and value, for people.
    pub inventory: Vec<(String, String)>,
    /// Data folders against the free space of their volumes, where both are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Room>,
}

/// A data folder and the room on its volume; all sizes in MiB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Room {
    /// The folder.
    pub folder: String,
    /// Size of its largest database.
    pub database_mb: i64,
    /// Free space of the volume.
    pub free_mb: i64,
    /// Capacity of the volume, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_mb: Option<i64>,
    /// Free space that an upgrade of the database needs \[K3\].
    pub needed_mb: i64,
    /// Whether there is less than that, or less than any PC needs.
    pub short: bool,
}

/// One mark of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Moment {
    /// ISO 8601, UTC.
    pub time: String,
    /// `change`, `file` (a file's last write), `clock` (it was set) or `failure`.
    pub kind: String,
    /// What happened.
    pub text: String,
    /// Whether it is the first failure.
    pub first_failure: bool,
}

/// Name and version of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Tool {
    /// `koff-analyze`.
    pub name: String,
    /// Semantic version.
    pub version: String,
}

/// The rules that were asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Pack {
    /// Name, with `+` and the folder name of each added one.
    pub name: String,
    /// Version.
    pub version: String,
    /// ISO date of its tables.
    pub date: String,
    /// Number of rules.
    pub rules: usize,
}

/// The bundle that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct BundleInfo {
    /// File name, without folders.
    pub name: String,
    /// SHA-256 of the file; absent for a folder.
    pub sha256: Option<String>,
    /// `live`, `disk`, `recorded` or `loose`.
    pub kind: String,
    /// When it was collected, ISO 8601 UTC, where known.
    pub collected: Option<String>,
    /// One line about the host: Windows, Office, connector.
    pub host: String,
    /// Whether names were masked.
    pub names_masked: Option<bool>,
    /// Trouble with the bundle itself, in words.
    pub problems: Vec<String>,
    /// Whether some of that trouble kept parts of the bundle from being read: what rests on them is unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// The first screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Summary {
    /// Most likely cause in a sentence, or that none was found.
    pub headline: String,
    /// Rule id of the most likely cause.
    pub cause: Option<String>,
    /// How many further rules found a fault that could be the cause.
    #[serde(default)]
    pub other_causes: usize,
    /// Next step in a sentence.
    pub next_step: Option<String>,
    /// What, seen after that step, confirms the cause.
    #[serde(default)]
    pub confirmed_if: Option<String>,
    /// Findings by level, highest first: `[["critical", 1], …]`.
    pub levels: Vec<(String, usize)>,
    /// Counts of verdicts: fail, pass, unknown, not applicable.
    pub verdicts: [usize; 4],
}

/// A rule's verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RuleVerdict {
    /// Rule id.
    pub rule: String,
    /// `fail`, `pass`, `unknown` or `not_applicable`.
    pub verdict: String,
    /// Why, for unknown and not applicable; empty otherwise.
    pub reason: String,
    /// Title of the rule.
    pub title: String,
    /// Area of the rule.
    pub area: String,
    /// Level of the rule.
    pub level: Level,
}

/// One remediation step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Step {
    /// Step id.
    pub step: String,
    /// Title.
    pub title: String,
    /// What to do, one line each.
    pub instructions: Vec<String>,
    /// What is lost.
    pub lost: String,
    /// How to see that it worked.
    pub verify: String,
    /// Lines to paste (paths, one command).
    pub paste: Vec<String>,
    /// Rules whose findings ask for it.
    pub rules: Vec<String>,
}

/// Something that could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct CannotTell {
    /// Why.
    pub why: Unknown,
    /// Rules left unknown by it.
    pub rules: Vec<String>,
    /// How to find out.
    pub how: String,
}

/// One copy of the DLL in the customer's indicator table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct DllRow {
    /// Path.
    pub path: String,
    /// SHA-256, where known.
    pub sha256: Option<String>,
    /// One row per indicator: signature, location, size/packing, behaviour, loader, CPU/network.
    pub indicators: Vec<Indicator>,
    /// `clean`, `suspicious`, `malicious` or `cannot tell`.
    pub overall: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
}

/// One row of the indicator table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Indicator {
    /// Row name.
    pub indicator: String,
    /// What was seen.
    pub seen: String,
    /// `clean`, `suspicious`, `malicious` or `unknown`.
    pub class: String,
    /// Rules behind the word, or why it is unknown.
    pub why: String,
}
