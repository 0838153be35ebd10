//! Which texts of a record made a detection hold, so that a reader's eye finds them in the excerpt. Owns the gathering;
//! decides nothing.

use super::{Detection, Matcher, Selection, Test, matcher::texts};
use crate::{facts::Record, verdict::Truth};

/// Shorter texts stand everywhere and mark nothing.
const SHORTEST: usize = 3;
/// Longer texts are the whole excerpt.
const LONGEST: usize = 200;

impl Detection {
    /// Texts that the selections which hold for `record` found, each once, in the order of the selections.
    #[must_use]
    pub fn matched(&self, record: &Record) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let held = self.selections.iter().filter(|(_, one)| one.truth(record) == Truth::True);
        for text in held.flat_map(|(_, selection)| selection.matched(record)) {
            if (SHORTEST..=LONGEST).contains(&text.chars().count()) && !found.contains(&text) {
                found.push(text);
            }
        }
        found
    }
}

impl Selection {
    fn matched(&self, record: &Record) -> Vec<String> {
        let held = self.any.iter().flatten().filter(|test| test.truth(record) == Truth::True);
        held.flat_map(|test| test.matched(record)).collect()
    }
}

impl Test {
    fn matched(&self, record: &Record) -> Vec<String> {
        let mut found = Vec::new();
        for text in texts(record.get(self.field.name)) {
            for matcher in self.matchers.iter().filter(|matcher| matcher.holds(&text, self.cased)) {
                found.push(match matcher {
                    Matcher::Contains(part) | Matcher::StartsWith(part) | Matcher::EndsWith(part) => part.clone(),
                    Matcher::Pattern(pattern) => match pattern.find(&text) {
                        Some(hit) => hit.as_str().to_owned(),
                        None => continue,
                    },
                    _ => text.clone().into_owned(),
                });
            }
            let compares = |matcher: &Matcher| matches!(matcher, Matcher::Version(..));
            if self.matchers.iter().any(compares) {
                found.push(text.into_owned());
            }
        }
        found
    }
}
