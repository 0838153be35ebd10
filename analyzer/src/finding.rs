//! A finding: one failing record of one rule, ready to be shown. Owns the type only.

use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;

/// How bad it is (Sigma's scale).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Informational,
    /// A small fault.
    Low,
    /// A fault.
    Medium,
    /// Likely keeps the profile from loading, or is dangerous.
    High,
    /// Surely does.
    Critical,
}

/// How sure the rule is, apart from its level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Rests on an inferred fact or a weak sign.
    Low,
    /// Usually right.
    Medium,
    /// Rests on verified facts.
    High,
}

/// Word of the DLL indicator table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Should be looked at.
    Suspicious,
    /// Should be treated as hostile.
    Malicious,
}

/// One failing record of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// Rule id.
    pub rule: String,
    /// Title of the rule.
    pub title: String,
    /// How bad.
    pub level: Level,
    /// How sure.
    pub confidence: Confidence,
    /// Word of the indicator table; `dll` rules only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// What is wrong, with the values found.
    pub message: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// Ids of the remediation steps it leads to, ladder order.
    pub remediation: Vec<String>,
    /// The user it concerns (`id` in the bundle), if one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Rules that explain this one and failed too: it is their symptom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explained_by: Vec<String>,
    /// What a reader should know beside the message: why the confidence is lower, how often it was seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Texts of the record that made the rule fail, as far as they stand in an excerpt (case aside): to be highlighted there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
}
