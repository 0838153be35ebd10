//! The shape of a rule file. Owns the keys and their meaning; the JSON Schema for editors is made from these types.

use std::collections::BTreeMap;

use koff_bundle::acquisition::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::detection::source::{CorrelationSource, DetectionSource, Part as DetectionPart, SelectionSource};
use crate::finding::{Class, Confidence, Level};

/// A rule file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSource {
    /// Names the fault; equal to the file name; never changes once published.
    pub id: String,
    /// One line, no full stop.
    pub title: String,
    /// How settled the rule is.
    pub status: Status,
    /// How bad the fault is.
    pub level: Level,
    /// How sure a finding is, apart from how bad.
    pub confidence: Confidence,
    /// Word of the indicator table; area `dll` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// Kind of fact asked.
    pub fact: String,
    /// Which records count: a selection, or selections with a `condition`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<DetectionSource>,
    /// Selections by name, and `condition`.
    pub detection: DetectionSource,
    /// How several log or event records make one sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationSource>,
    /// Verdict where there is no record and no gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
    /// Further ways to see the same fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Also>,
    /// What is wrong, with `{field}` for values found and `{field|text}` for a text where there is none.
    pub message: String,
    /// Why this is a fault.
    pub description: String,
    /// When it fires without a fault.
    pub falsepositives: Vec<String>,
    /// Remediation steps.
    pub remediation: Vec<String>,
    /// What lowers the confidence of a finding.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtSource>,
    /// Pack tables that the fact rests on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<String>,
    /// Rules whose failure is a symptom of this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explains: Vec<String>,
    /// Rules worth reading beside it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<String>,
    /// URLs.
    pub references: Vec<String>,
    /// Why it rests on a deduction; makes the confidence low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inferred: Option<String>,
    /// Cases and their verdicts; the build runs them.
    pub examples: Vec<Example>,
}

/// A further way to see the same fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// Kind of fact asked.
    pub fact: String,
    /// Which records count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<DetectionSource>,
    /// Selections by name, and `condition`.
    pub detection: DetectionSource,
    /// How several records make one sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CorrelationSource>,
    /// Verdict where there is no record and no gap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_empty: Option<WhenEmpty>,
    /// What is wrong; the rule's own message where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How settled a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Proven on real evidence or on documented facts.
    Stable,
    /// Believed right.
    Test,
    /// A try.
    Experimental,
}

impl Status {
    /// The word of the file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Test => "test",
            Self::Experimental => "experimental",
        }
    }
}

/// Verdict where there is no record and no gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenEmpty {
    /// The rule does not concern this PC.
    NotApplicable,
    /// Nothing of the kind is how it should be.
    Pass,
}

/// What lowers the confidence of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DoubtSource {
    /// For records selected so.
    pub when: SelectionSource,
    /// To this.
    pub confidence: Confidence,
    /// Why, for the reader of the finding.
    pub because: String,
}

/// A case and its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// What it shows.
    pub name: String,
    /// What the rule must come to.
    pub verdict: Expected,
    /// Records of the rule's kind: field to value, or to `{unknown: STATE}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<RecordSource>,
    /// Why there may be more records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub gaps: Vec<State>,
    /// Records and gaps of other kinds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, TableSource>,
    /// How many findings there must be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub findings: Option<usize>,
    /// The first finding's exact text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The first finding's confidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

/// A record of an example.
pub type RecordSource = BTreeMap<String, DatumSource>;

/// A field's value in an example.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum DatumSource {
    /// `{unknown: STATE}`.
    Unknown(UnknownSource),
    /// Truth value.
    Bool(bool),
    /// Number.
    Number(i64),
    /// Several texts.
    List(Vec<String>),
    /// Text, path, version or moment, by the field's type.
    Text(String),
}

/// A value that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnknownSource {
    /// How obtaining it ended.
    #[schemars(with = "String")]
    pub unknown: State,
}

/// Records of a kind in an example.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSource {
    /// The records.
    #[serde(default)]
    pub records: Vec<RecordSource>,
    /// Why there may be more.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub gaps: Vec<State>,
}

/// A verdict as an example names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// The fault is there.
    Fail,
    /// It is not.
    Pass,
    /// It cannot be told.
    Unknown,
    /// The rule does not concern this PC.
    NotApplicable,
}

impl Expected {
    /// The word of the file, equal to the verdict's.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Pass => "pass",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }
}

impl RuleSource {
    /// Every way to see the fault, the rule's own first, each with its message.
    #[must_use]
    pub fn parts(&self) -> Vec<Also> {
        let own = Also {
            fact: self.fact.clone(),
            applies_to: self.applies_to.clone(),
            detection: self.detection.clone(),
            correlation: self.correlation.clone(),
            when_empty: self.when_empty,
            message: None,
        };
        let mut parts = vec![own];
        parts.extend(self.also.iter().cloned());
        parts.iter_mut().for_each(|part| {
            part.message.get_or_insert_with(|| self.message.clone());
        });
        parts
    }
}
