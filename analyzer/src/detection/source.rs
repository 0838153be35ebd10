//! Detections as the YAML file says them. Owns the shapes only; `compile` gives them meaning.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value in a selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A number with a fraction; nowhere legal, named so that the error can say to quote it.
    Decimal(f64),
    /// Text, also for paths, versions and times.
    Text(String),
}

impl Scalar {
    /// The value as written.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Decimal(value) => value.to_string(),
            Self::Text(value) => format!("`{value}`"),
        }
    }
}

/// One value or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Values {
    /// One.
    One(Scalar),
    /// Several: one of them must hold, or all with `|all`.
    Many(Vec<Scalar>),
}

impl Values {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Scalar] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// `field|modifier` → value; all must hold.
pub type Lines = BTreeMap<String, Values>;

/// A selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum SelectionSource {
    /// All lines must hold.
    All(Lines),
    /// One block must hold.
    Any(Vec<Lines>),
}

impl SelectionSource {
    /// Its blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Lines] {
        match self {
            Self::All(lines) => std::slice::from_ref(lines),
            Self::Any(blocks) => blocks,
        }
    }

    /// Its blocks, to change.
    pub fn blocks_mut(&mut self) -> &mut [Lines] {
        match self {
            Self::All(lines) => std::slice::from_mut(lines),
            Self::Any(blocks) => blocks,
        }
    }
}

/// What a name in `detection` stands for: a selection, or the text of `condition`. In `applies_to` also a plain value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Part {
    /// A value or the condition's text.
    Values(Values),
    /// A selection.
    Selection(SelectionSource),
}

/// Selections by name, and `condition`.
pub type DetectionSource = BTreeMap<String, Part>;

/// Correlation of log or event records over time. Exactly one of `count`, `near`, `sequence`, `absent_after`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrelationSource {
    /// At least so many records that match the condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<usize>,
    /// Both selections, in any order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<Vec<String>>,
    /// The selections in this order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<Vec<String>>,
    /// One selection without the other after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_after: Option<AbsentAfter>,
    /// Within this time: `30s`, `10m`, `2h`, `7d`.
    pub timeframe: String,
    /// Only records with equal values of these fields count together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
}

/// Absence after presence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AbsentAfter {
    /// Selection that is there.
    pub after: String,
    /// Selection that should follow and does not.
    pub expect: String,
}
