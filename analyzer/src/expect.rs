//! What should come out of a bundle: the expected file beside it, and how a report differs from that. Owns the file's
//! shape (`VERDICT RULE` a line, notes behind `#`) and the comparison; reads no file and shows nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde::Serialize;

use crate::report::Report;

/// Verdicts in the order in which an expected file lists them.
const ORDER: [&str; 4] = ["fail", "unknown", "pass", "not_applicable"];

/// The verdicts that somebody found right for one bundle.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expectation {
    /// Comment lines, with their `#`; they outlive an update.
    pub notes: Vec<String>,
    /// Verdict by rule id.
    pub verdicts: BTreeMap<String, String>,
}

/// A rule that came out otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Rule id.
    pub rule: String,
    /// The verdict expected; absent where the file does not name the rule.
    pub expected: Option<String>,
    /// The verdict found; absent where there is no such rule.
    pub found: Option<String>,
    /// What the report says about it: the first finding's message, or the reason.
    pub why: String,
}

/// How one bundle compared with its expected file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The bundle, relative to the folder checked, with `/`.
    pub bundle: String,
    /// The expected file beside it, likewise.
    pub expected: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a comparison ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As expected; how many verdicts that are.
    Same(usize),
    /// These rules came out otherwise.
    Differs(Vec<Difference>),
    /// The expected file was written.
    Written(Vec<Difference>),
    /// There was nothing to compare: why, and what to do.
    Failed(String),
}

impl Outcome {
    /// Whether a person has to look at it.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        matches!(self, Self::Differs(_) | Self::Failed(_))
    }
}

impl Expectation {
    /// Reads the text of an expected file.
    ///
    /// # Errors
    /// A line that is neither a note nor `VERDICT RULE`, or a rule that stands twice; with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut read = Self::default();
        for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())) {
            if line.starts_with('#') {
                read.notes.push(line.to_owned());
            } else if !line.is_empty() {
                let (verdict, rule) = line.split_once(' ').unwrap_or((line, ""));
                let rule = rule.trim();
                if !ORDER.contains(&verdict) || rule.is_empty() {
                    let wanted = ORDER.join(", ");
                    return Err(format!("line {number}: expected one of {wanted} and a rule id, found {line:?}"));
                }
                if read.verdicts.insert(rule.to_owned(), verdict.to_owned()).is_some() {
                    return Err(format!("line {number}: {rule} stands a second time"));
                }
            }
        }
        Ok(read)
    }

    /// What `report` says, with the notes of `self`.
    #[must_use]
    pub fn updated(&self, report: &Report) -> Self {
        let verdicts = report.verdicts.iter().map(|one| (one.rule.clone(), one.verdict.clone())).collect();
        Self { notes: self.notes.clone(), verdicts }
    }

    /// Where `report` differs, by rule id.
    #[must_use]
    pub fn differences(&self, report: &Report) -> Vec<Difference> {
        let found: BTreeMap<&str, &str> =
            report.verdicts.iter().map(|one| (one.rule.as_str(), one.verdict.as_str())).collect();
        let rules: BTreeSet<&str> = found.keys().copied().chain(self.verdicts.keys().map(String::as_str)).collect();
        rules
            .into_iter()
            .map(|rule| (rule, self.verdicts.get(rule).map(String::as_str), found.get(rule).copied()))
            .filter(|(_, expected, found)| expected != found)
            .map(|(rule, expected, found)| Difference {
                rule: rule.to_owned(),
                expected: expected.map(str::to_owned),
                found: found.map(str::to_owned),
                why: why(report, rule),
            })
            .collect()
    }
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        for note in &self.notes {
            writeln!(text, "{note}")?;
        }
        for word in ORDER {
            for (rule, _) in self.verdicts.iter().filter(|(_, verdict)| *verdict == word) {
                writeln!(text, "{word} {rule}")?;
            }
        }
        out.write_str(&text)
    }
}

fn why(report: &Report, rule: &str) -> String {
    let finding = report.findings.iter().find(|finding| finding.rule == rule).map(|finding| &finding.message);
    let reason = report.verdicts.iter().find(|verdict| verdict.rule == rule).map(|verdict| &verdict.reason);
    finding.or(reason).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expected_file_reads_back_as_it_was_written() {
        let text = "# what happened\nfail b\nfail c\nunknown a\npass d\nnot_applicable e\n";
        assert_eq!(Expectation::parse(text).unwrap().to_string(), text);
    }

    #[test]
    fn a_wrong_line_names_its_number() {
        for (text, word) in [("pass a\nfial b\n", "line 2"), ("pass\n", "line 1"), ("pass a\nfail a\n", "second time")]
        {
            let error = Expectation::parse(text).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
