//! What a log record must hold for a detection to be true of it, so that one pass over a log finds every record that any
//! rule may want, and no rule is asked about records it cannot be true of. A record holds its `text` and the word of its
//! `severity`. Owns the derivation only; scanning is the log reader's.

use super::{Condition, Detection, Matcher, Selection, correlation::Sign};
use crate::facts::log::needs::Needs;

/// What a record must hold for `detection`, or for any selection of it that a correlation names.
#[must_use]
pub fn needs(detection: &Detection, sign: Option<&Sign>) -> Needs {
    let named = |names: &[&String]| {
        detection
            .selections
            .iter()
            .filter(|(name, _)| names.contains(&name))
            .map(|(_, selection)| of_selection(selection))
            .fold(Needs::never(), Needs::or)
    };
    match (sign, &detection.condition) {
        (Some(Sign::Near(names) | Sign::Sequence(names)), _) => named(&names.iter().collect::<Vec<_>>()),
        // The log's last line tells whether it covers the timeframe.
        (Some(Sign::AbsentAfter(..)), _) => Needs::default(),
        (_, Some(condition)) => of_condition(condition, detection),
        (_, None) => Needs::default(),
    }
}

fn of_condition(condition: &Condition, detection: &Detection) -> Needs {
    match condition {
        Condition::One(index) => {
            detection.selections.get(*index).map_or_else(Needs::default, |(_, one)| of_selection(one))
        }
        Condition::All(parts) => {
            parts.iter().map(|part| of_condition(part, detection)).fold(Needs::default(), Needs::and)
        }
        Condition::Any(parts) => parts.iter().map(|part| of_condition(part, detection)).fold(Needs::never(), Needs::or),
        Condition::Not(_) => Needs::default(),
    }
}

fn of_selection(selection: &Selection) -> Needs {
    let block = |tests: &Vec<super::Test>| {
        tests
            .iter()
            .filter(|test| matches!(test.field.name, "text" | "severity"))
            .map(|test| {
                let each = test.matchers.iter().map(|matcher| of_matcher(matcher, test.cased));
                if test.all { each.fold(Needs::default(), Needs::and) } else { each.fold(Needs::never(), Needs::or) }
            })
            .fold(Needs::default(), Needs::and)
    };
    selection.any.iter().map(block).fold(Needs::never(), Needs::or)
}

fn of_matcher(matcher: &Matcher, cased: bool) -> Needs {
    let flag = if cased { "" } else { "(?i)" };
    match matcher {
        Matcher::Equals(text) | Matcher::Contains(text) | Matcher::StartsWith(text) | Matcher::EndsWith(text) => {
            Needs::one_of(vec![format!("{flag}{}", regex::escape(text))])
        }
        // A pattern may be anchored to the text's start, which is not the line's: anchors are for the full judgement.
        Matcher::Pattern(pattern) if !anchored(pattern.as_str()) => {
            Needs::one_of(vec![format!("{flag}{}", pattern.as_str())])
        }
        _ => Needs::default(),
    }
}

/// Whether a pattern may be bound to the start or end of the text; `[^…]` is no anchor.
fn anchored(pattern: &str) -> bool {
    pattern.replace("[^", "[").contains(['^', '$'])
}
