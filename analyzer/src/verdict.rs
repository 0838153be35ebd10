//! The four verdicts and three-valued logic. Owns [`Verdict`], [`Unknown`] and [`Truth`]; knows no rule.

use koff_bundle::acquisition::State;
use serde::{Deserialize, Serialize};

/// Why something cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Unknown {
    /// How obtaining the evidence ended.
    #[schemars(with = "String")]
    pub state: State,
    /// What is missing, in words, e.g. ``HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths``.
    pub what: String,
    /// The manifest entry that would have held it, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<String>,
}

impl Unknown {
    /// `what` is unknown because obtaining it ended as `state`.
    pub fn new(state: State, what: impl Into<String>) -> Self {
        Self { state, what: what.into(), artifact: None }
    }

    /// "needs elevation: …" as reports print it.
    #[must_use]
    pub fn words(&self) -> String {
        if self.what.is_empty() {
            self.state.words().to_owned()
        } else {
            format!("{}: {}", self.state.words(), self.what)
        }
    }
}

/// A rule's one verdict over one bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The fault is there.
    Fail,
    /// The fault is not there, and all evidence to say so was.
    Pass,
    /// It cannot be told, for these reasons (at least one, sorted, no duplicates).
    Unknown(Vec<Unknown>),
    /// The rule does not concern this PC, and why.
    NotApplicable(String),
}

impl Verdict {
    /// The word of the JSON report.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Pass => "pass",
            Self::Unknown(_) => "unknown",
            Self::NotApplicable(_) => "not_applicable",
        }
    }
}

/// Kleene's three values; an unknown carries its reasons along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Truth {
    /// Certainly so.
    True,
    /// Certainly not so.
    False,
    /// Cannot be told, for these reasons.
    Unknown(Vec<Unknown>),
}

impl Truth {
    /// Conjunction: one false decides, whatever is unknown.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::True, x) | (x, Self::True) => x,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(merge(a, b)),
        }
    }

    /// Disjunction: one true decides, whatever is unknown.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::False, x) | (x, Self::False) => x,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(merge(a, b)),
        }
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    /// Negation: unknown stays unknown.
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// Both sets of reasons, sorted, each once.
fn merge(mut a: Vec<Unknown>, b: Vec<Unknown>) -> Vec<Unknown> {
    a.extend(b);
    a.sort();
    a.dedup();
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(what: &str) -> Truth {
        Truth::Unknown(vec![Unknown::new(State::Denied, what)])
    }

    #[test]
    fn a_certain_side_decides_over_an_unknown_one() {
        assert_eq!(unknown("a").and(Truth::False), Truth::False);
        assert_eq!(unknown("a").or(Truth::True), Truth::True);
        assert_eq!(unknown("a").and(Truth::True), unknown("a"));
        assert_eq!(!unknown("a"), unknown("a"));
        let Truth::Unknown(reasons) = unknown("b").or(unknown("a")).and(unknown("b")) else { panic!("unknown") };
        assert_eq!(reasons.iter().map(|r| r.what.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }
}
