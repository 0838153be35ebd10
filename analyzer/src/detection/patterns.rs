//! Which words a line must hold for a detection to be true of the record in it, so that one pass over a log finds every
//! line that any rule may want. The line holds the record's `text` and the word of its `severity`. Owns the derivation
//! only; scanning is the log reader's.

use super::{Condition, Detection, Matcher, Selection, correlation::Sign};

/// What a line must hold to matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needs {
    /// One of these patterns occurs in the line; each carries its own case flag. Empty: no line can match.
    OneOf(Vec<String>),
    /// Nothing can be said: every line matters.
    EveryLine,
}

impl Needs {
    /// What a line must hold to meet one of two needs.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::OneOf(mut a), Self::OneOf(b)) => {
                a.extend(b);
                a.sort();
                a.dedup();
                Self::OneOf(a)
            }
            _ => Self::EveryLine,
        }
    }

    /// The stricter of two needs that must both be met.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::EveryLine, x) | (x, Self::EveryLine) => x,
            (Self::OneOf(a), Self::OneOf(b)) => Self::OneOf(if weight(&a) >= weight(&b) { a } else { b }),
        }
    }
}

/// Length of the shortest pattern: the longer, the fewer lines it lets through.
fn weight(patterns: &[String]) -> usize {
    patterns.iter().map(String::len).min().unwrap_or(usize::MAX)
}

/// What a line must hold for `detection`, or for any selection of it that a correlation names.
#[must_use]
pub fn needs(detection: &Detection, sign: Option<&Sign>) -> Needs {
    let named = |names: &[&String]| {
        detection
            .selections
            .iter()
            .filter(|(name, _)| names.contains(&name))
            .map(|(_, selection)| of_selection(selection))
            .fold(Needs::OneOf(Vec::new()), Needs::or)
    };
    match (sign, &detection.condition) {
        (Some(Sign::Near(names) | Sign::Sequence(names)), _) => named(&names.iter().collect::<Vec<_>>()),
        // The log's last line tells whether it covers the timeframe.
        (Some(Sign::AbsentAfter(..)), _) => Needs::EveryLine,
        (_, Some(condition)) => of_condition(condition, detection),
        (_, None) => Needs::EveryLine,
    }
}

fn of_condition(condition: &Condition, detection: &Detection) -> Needs {
    match condition {
        Condition::One(index) => {
            detection.selections.get(*index).map_or(Needs::EveryLine, |(_, one)| of_selection(one))
        }
        Condition::All(parts) => {
            parts.iter().map(|part| of_condition(part, detection)).fold(Needs::EveryLine, Needs::and)
        }
        Condition::Any(parts) => {
            parts.iter().map(|part| of_condition(part, detection)).fold(Needs::OneOf(Vec::new()), Needs::or)
        }
        Condition::Not(_) => Needs::EveryLine,
    }
}

fn of_selection(selection: &Selection) -> Needs {
    let block = |tests: &Vec<super::Test>| {
        tests
            .iter()
            .filter(|test| matches!(test.field.name, "text" | "severity"))
            .map(|test| {
                let each = test.matchers.iter().map(|matcher| of_matcher(matcher, test.cased));
                if test.all {
                    each.fold(Needs::EveryLine, Needs::and)
                } else {
                    each.fold(Needs::OneOf(Vec::new()), Needs::or)
                }
            })
            .fold(Needs::EveryLine, Needs::and)
    };
    selection.any.iter().map(block).fold(Needs::OneOf(Vec::new()), Needs::or)
}

fn of_matcher(matcher: &Matcher, cased: bool) -> Needs {
    let flag = if cased { "" } else { "(?i)" };
    match matcher {
        Matcher::Equals(text) | Matcher::Contains(text) | Matcher::StartsWith(text) | Matcher::EndsWith(text) => {
            Needs::OneOf(vec![format!("{flag}{}", regex::escape(text))])
        }
        // A pattern may be anchored to the text's start, which is not the line's: anchors are for the full judgement.
        Matcher::Pattern(pattern) if !anchored(pattern.as_str()) => {
            Needs::OneOf(vec![format!("{flag}{}", pattern.as_str())])
        }
        _ => Needs::EveryLine,
    }
}

/// Whether a pattern may be bound to the start or end of the text; `[^…]` is no anchor.
fn anchored(pattern: &str) -> bool {
    pattern.replace("[^", "[").contains(['^', '$'])
}
