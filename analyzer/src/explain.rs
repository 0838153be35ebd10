//! Why a rule came to its verdict: the evaluation tree, for pass, unknown and not applicable as well as for fail. Owns what
//! is said and how much of it; judges nothing anew.

use std::fmt;

use crate::{
    detection::{Trace, shown},
    evaluate::{evaluate_rule, judge},
    facts::{Facts, Record},
    rule::{Rule, RulePart, RuleSet},
    verdict::{Truth, Unknown, Verdict},
};

mod inputs;

pub use inputs::inputs;

/// A node of the tree: a sentence and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The sentence.
    pub text: String,
    /// What it rests on.
    pub parts: Vec<Node>,
}

/// So many records are shown in full; the rest is counted.
const MOST_RECORDS: usize = 20;

impl Node {
    fn leaf(text: impl Into<String>) -> Self {
        Self { text: text.into(), parts: Vec::new() }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        writeln!(f, "{}{}", "  ".repeat(depth), self.text)?;
        self.parts.iter().try_for_each(|part| part.write(f, depth + 1))
    }
}

impl fmt::Display for Node {
    /// One line a node, indented by two blanks a level.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

/// How `rule` came to its verdict over `facts`.
#[must_use]
pub fn explain(rule: &Rule, rules: &RuleSet, facts: &Facts) -> Node {
    let (verdict, findings) = evaluate_rule(rule, rules, facts, None);
    let mut parts = vec![Node::leaf(format!("asks: {}", rule.source.title))];
    parts.extend(rule.parts.iter().map(|part| explain_part(part, facts)));
    for finding in findings {
        parts.push(Node {
            text: format!("finding: {}", finding.message),
            parts: finding.notes.into_iter().map(Node::leaf).collect(),
        });
    }
    Node { text: format!("{}: {}", rule.id, words(&verdict)), parts }
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Fail | Verdict::Pass => verdict.word().to_owned(),
        Verdict::Unknown(reasons) => format!("unknown ({})", join(reasons)),
        Verdict::NotApplicable(why) => format!("not applicable ({why})"),
    }
}

fn join(reasons: &[Unknown]) -> String {
    reasons.iter().map(Unknown::words).collect::<Vec<_>>().join("; ")
}

fn explain_part(part: &RulePart, facts: &Facts) -> Node {
    let (table, result) = (facts.table(part.kind), judge(part, facts));
    let mut nodes: Vec<Node> = table.gaps.iter().map(|gap| Node::leaf(format!("gap: {}", gap.words()))).collect();
    let judged: Vec<(usize, Truth, &Record)> =
        table.records.iter().enumerate().map(|(index, record)| (index, truth(part, record), record)).collect();
    // What decided stands first: true, then unknown, then false.
    for wanted in [0_u8, 1, 2] {
        for (index, truth, record) in judged.iter().filter(|(_, truth, _)| rank(truth) == wanted) {
            if nodes.len() >= MOST_RECORDS {
                break;
            }
            nodes.push(explain_record(part, *index, truth, record));
        }
    }
    if judged.len() + table.gaps.len() > nodes.len() {
        nodes.push(Node::leaf(format!("{} more records", judged.len() + table.gaps.len() - nodes.len())));
    }
    if table.records.is_empty() {
        let means = if part.empty_is_pass { "which is as it should be" } else { "so there is nothing to judge" };
        nodes.push(Node::leaf(format!(
            "no record{}",
            if table.gaps.is_empty() { format!(", {means}") } else { String::new() }
        )));
    }
    if let Some(correlation) = &part.correlation {
        let hits = result.failing.len();
        nodes.push(Node::leaf(format!(
            "correlation {:?} within {:#}: seen {hits} times",
            correlation.sign, correlation.timeframe
        )));
    }
    let text = format!(
        "{}: {} records, {} gaps: {}",
        part.kind.name,
        table.records.len(),
        table.gaps.len(),
        words(&result.verdict)
    );
    Node { text, parts: nodes }
}

fn truth(part: &RulePart, record: &Record) -> Truth {
    let applies = part.applies.as_ref().map_or(Truth::True, |applies| applies.truth(record));
    applies.and(part.detection.truth(record))
}

fn rank(truth: &Truth) -> u8 {
    match truth {
        Truth::True => 0,
        Truth::Unknown(_) => 1,
        Truth::False => 2,
    }
}

fn explain_record(part: &RulePart, index: usize, truth: &Truth, record: &Record) -> Node {
    let mut parts = Vec::new();
    if let Some(applies) = &part.applies {
        parts.push(Node {
            text: format!("applies: {}", said(&applies.truth(record))),
            parts: vec![traced(applies.trace(record))],
        });
    }
    parts.push(traced(part.detection.trace(record)));
    if let Some(place) = record.evidence.first() {
        parts.push(Node::leaf(format!("seen in {} ({}…)", place.artifact, place.sha256.get(..12).unwrap_or(""))));
    }
    let name =
        record.fields.iter().next().map_or_else(String::new, |(name, datum)| format!(" ({name} {})", shown(datum)));
    Node { text: format!("record {}{name}: {}", index + 1, said(truth)), parts }
}

fn traced(trace: Trace) -> Node {
    Node {
        text: format!("{}: {}", trace.asked, said(&trace.truth)),
        parts: trace.parts.into_iter().map(traced).collect(),
    }
}

fn said(truth: &Truth) -> String {
    match truth {
        Truth::True => "true".to_owned(),
        Truth::False => "false".to_owned(),
        Truth::Unknown(reasons) => format!("unknown ({})", join(reasons)),
    }
}

#[cfg(test)]
mod tests {
    use koff_bundle::acquisition::State;

    use super::*;
    use crate::facts::{Datum, Table};

    #[test]
    fn every_verdict_is_explained_by_the_values_that_made_it() {
        let rules = RuleSet::embedded().unwrap();
        let rule = rules.get("connector-bitness-mismatch").unwrap();
        let told = |records: Vec<Record>, gaps: Vec<Unknown>| {
            let facts = Facts { tables: [("dll-reference", Table { records, gaps, ..Table::default() })].into() };
            explain(rule, &rules, &facts).to_string()
        };
        let record =
            |mismatch: Datum| Record::default().with("read_by_outlook", true).with("bitness_mismatch", mismatch);
        let denied = Unknown::new(State::Denied, "kofmsp32.dll");
        for (text, parts) in [
            (
                told(vec![record(true.into())], vec![]),
                ["mismatch: fail", "bitness_mismatch: true, found true", "finding: "],
            ),
            (told(vec![record(false.into())], vec![]), ["mismatch: pass", "found false", "applies: true"]),
            (
                told(vec![record(denied.clone().into())], vec![]),
                ["mismatch: unknown", "needs elevation: kofmsp32.dll", "found unknown"],
            ),
            (told(vec![Record::default()], vec![]), ["not applicable", "applies: false", "found nothing"]),
            (told(vec![], vec![denied]), ["unknown", "gap: needs elevation", "no record"]),
        ] {
            for part in parts {
                assert!(text.contains(part), "`{part}` is not in\n{text}");
            }
        }
    }
}
