//! Selections, conditions and modifiers over records, in three-valued logic. Owns how one record is judged; knows no rule
//! and no file.

use crate::{
    facts::Record,
    verdict::{Truth, Unknown},
};

mod compile;
mod condition;
pub mod correlation;
mod matched;
mod matcher;
mod pattern;
pub mod patterns;
pub mod source;
mod stretch;
mod version;

pub use compile::{Problem, compile_applies, compile_detection, compile_selection};
pub use condition::Condition;
pub use matcher::{Matcher, Test, shown};
pub use pattern::Pattern;
pub use version::VersionNumber;

/// Lines that must all hold, or one of several such blocks.
#[derive(Debug, Clone)]
pub struct Selection {
    /// One of these blocks must hold; within a block, every test.
    pub any: Vec<Vec<Test>>,
}

/// Named selections and how they combine.
#[derive(Debug, Clone)]
pub struct Detection {
    /// Selections by name, sorted by it.
    pub selections: Vec<(String, Selection)>,
    /// How they combine; absent where a correlation names the selections instead.
    pub condition: Option<Condition>,
}

/// What was asked of a record and what came of it: a tree for people to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What was asked.
    pub asked: String,
    /// What came of it.
    pub truth: Truth,
    /// The parts it came from.
    pub parts: Vec<Trace>,
}

impl Selection {
    /// Whether `record` is selected.
    #[must_use]
    pub fn truth(&self, record: &Record) -> Truth {
        let block = |tests: &Vec<Test>| tests.iter().map(|test| test.truth(record)).fold(Truth::True, Truth::and);
        self.any.iter().map(block).fold(Truth::False, Truth::or)
    }

    /// The same, with every comparison.
    #[must_use]
    pub fn trace(&self, name: &str, record: &Record) -> Trace {
        let mut parts: Vec<Trace> = Vec::new();
        for (number, tests) in self.any.iter().enumerate() {
            let lines: Vec<Trace> = tests.iter().map(|test| test.trace(record)).collect();
            if self.any.len() == 1 {
                parts = lines;
            } else {
                let truth = lines.iter().map(|line| line.truth.clone()).fold(Truth::True, Truth::and);
                parts.push(Trace { asked: format!("alternative {}", number + 1), truth, parts: lines });
            }
        }
        Trace { asked: name.to_owned(), truth: self.truth(record), parts }
    }
}

impl Detection {
    /// Whether `record` shows what is looked for.
    #[must_use]
    pub fn truth(&self, record: &Record) -> Truth {
        let Some(condition) = &self.condition else { return Truth::False };
        condition.truth(&|index| self.selections.get(index).map_or(Truth::False, |(_, one)| one.truth(record)))
    }

    /// Whether `record` is selected by the selection called `name`.
    #[must_use]
    pub fn selected(&self, name: &str, record: &Record) -> Truth {
        self.selections.iter().find(|(own, _)| own == name).map_or(Truth::False, |(_, one)| one.truth(record))
    }

    /// The same as [`Self::truth`], with every selection and comparison.
    #[must_use]
    pub fn trace(&self, record: &Record) -> Trace {
        let parts = self.selections.iter().map(|(name, selection)| selection.trace(name, record)).collect();
        match &self.condition {
            Some(condition) => Trace {
                asked: format!("condition: {}", condition.words(&self.selections)),
                truth: self.truth(record),
                parts,
            },
            None => Trace { asked: "selections".to_owned(), truth: Truth::False, parts },
        }
    }
}

/// The reasons inside `truth`; none unless it is unknown.
#[must_use]
pub fn reasons(truth: Truth) -> Vec<Unknown> {
    match truth {
        Truth::Unknown(reasons) => reasons,
        Truth::True | Truth::False => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
