//! Every rule over the facts of one bundle: exactly one verdict each, findings for those that fail, causes named at their
//! symptoms. Owns the order of verdicts; renders nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    facts::{Datum, Facts, Kind, Record, Table, kind},
    finding::Finding,
    rule::{Rule, RulePart, RuleSet},
    verdict::{Truth, Unknown, Verdict},
};

mod findings;

/// What all rules came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Evaluation {
    /// One per rule.
    pub verdicts: BTreeMap<String, Verdict>,
    /// One per failing record or sign: causes before symptoms, then by level, confidence, rule and text.
    pub findings: Vec<Finding>,
}

/// What one part of a rule came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartResult {
    pub(crate) verdict: Verdict,
    /// Failing signs: indices of records.
    pub(crate) failing: Vec<Vec<usize>>,
}

/// Asks every rule of `rules` about `facts`; ages of tables are measured `at` the time of collection, where known.
#[must_use]
pub fn evaluate(rules: &RuleSet, facts: &Facts, at: Option<Timestamp>) -> Evaluation {
    let mut evaluation = Evaluation::default();
    for rule in rules.iter() {
        let (verdict, findings) = evaluate_rule(rule, rules, facts, at);
        evaluation.verdicts.insert(rule.id.clone(), verdict);
        evaluation.findings.extend(findings);
    }
    explain_symptoms(rules, &mut evaluation.findings);
    evaluation.findings.sort_by(|a, b| {
        let symptom = |finding: &Finding| !finding.explained_by.is_empty();
        (symptom(a), b.level, b.confidence, &a.rule, &a.message, &a.user).cmp(&(
            symptom(b),
            a.level,
            a.confidence,
            &b.rule,
            &b.message,
            &b.user,
        ))
    });
    evaluation
}

/// One rule's verdict and findings, causes not yet named.
#[must_use]
pub fn evaluate_rule(rule: &Rule, rules: &RuleSet, facts: &Facts, at: Option<Timestamp>) -> (Verdict, Vec<Finding>) {
    let (mut verdicts, mut found) = (Vec::new(), Vec::new());
    for part in &rule.parts {
        let table = facts.table(part.kind);
        let result = judge(part, facts);
        found.extend(findings::of_part(rule, part, table, &result.failing, rules, at));
        verdicts.push(result.verdict);
    }
    (combine(verdicts), found)
}

/// Kinds that speak of the connector's doings: without any trace of it they have nothing to do with it.
const DOINGS: [&Kind; 6] =
    [&kind::LOG, &kind::EVENT, &kind::CHANGE, &kind::DATABASE, &kind::DLL_CONFLICT, &kind::DISABLED_ITEM];

/// What one part comes to over its table. Where there is certainly no connector, what happened on the PC does not concern
/// it, unless a failing record itself names Kerio.
pub(crate) fn judge(part: &RulePart, facts: &Facts) -> PartResult {
    let table = facts.table(part.kind);
    let result = over_table(part, table);
    let named = || result.failing.iter().flatten().filter_map(|index| table.records.get(*index)).any(names_kerio);
    if DOINGS.iter().any(|kind| kind.name == part.kind.name) && without_connector(facts) && !named() {
        let why = "no trace of the connector on this PC".to_owned();
        return PartResult { verdict: Verdict::NotApplicable(why), failing: Vec::new() };
    }
    result
}

/// Whether a text of `record` names the vendor or a file of the connector.
fn names_kerio(record: &Record) -> bool {
    record.fields.values().any(|datum| match datum {
        Datum::Text(text) => {
            let text = text.to_lowercase();
            ["kerio", "kofmsp", "koffbackend"].iter().any(|name| text.contains(name))
        }
        _ => false,
    })
}

/// Whether the facts say for certain that nothing of the connector is there.
fn without_connector(facts: &Facts) -> bool {
    let records = &facts.table(&kind::CONNECTOR).records;
    !records.is_empty() && records.iter().all(|record| *record.get("present") == Datum::Bool(false))
}

fn over_table(part: &RulePart, table: &Table) -> PartResult {
    let mut judged: Vec<(usize, &Record, Truth)> = Vec::new();
    for (index, record) in table.records_for(part.needs.as_ref()) {
        let applies = part.applies.as_ref().map_or(Truth::True, |applies| applies.truth(record));
        if applies != Truth::False {
            judged.push((index, record, applies));
        }
    }
    let (failing, mut reasons) = match &part.correlation {
        None => records(part, &judged),
        Some(correlation) => {
            let certain: Vec<(usize, &Record)> =
                judged.iter().filter(|(_, _, applies)| *applies == Truth::True).map(|(i, r, _)| (*i, *r)).collect();
            let seen = correlation.find(&part.detection, &certain);
            let mut reasons = seen.maybe;
            for (_, _, applies) in &judged {
                reasons.extend(crate::detection::reasons(applies.clone()));
            }
            (seen.hits.into_iter().map(|hit| hit.records).collect(), reasons)
        }
    };
    // What is absent from a stream with gaps may stand in the gap.
    let absence = part
        .correlation
        .as_ref()
        .is_some_and(|c| matches!(c.sign, crate::detection::correlation::Sign::AbsentAfter(..)));
    let failing = if absence && !table.gaps.is_empty() { Vec::new() } else { failing };
    reasons.extend(table.gaps.iter().cloned());
    let verdict = if !failing.is_empty() {
        Verdict::Fail
    } else if !reasons.is_empty() {
        Verdict::Unknown(sorted(reasons))
    } else if !judged.is_empty() || (part.empty_is_pass && (table.records.is_empty() || is_stream(part.kind))) {
        Verdict::Pass
    } else {
        Verdict::NotApplicable(why_not(part, table))
    };
    PartResult { verdict, failing }
}

/// Whether records of a kind are kept because some rule wants them, so that what others want says nothing to this one; what
/// could not be read stands among them as a record that may be anything.
fn is_stream(kind: &Kind) -> bool {
    [&kind::LOG, &kind::EVENT].iter().any(|stream| stream.name == kind.name)
}

/// Records that fail on their own, and the reasons of those that might.
fn records(part: &RulePart, judged: &[(usize, &Record, Truth)]) -> (Vec<Vec<usize>>, Vec<Unknown>) {
    let (mut failing, mut reasons) = (Vec::new(), Vec::new());
    for (index, record, applies) in judged {
        match applies.clone().and(part.detection.truth(record)) {
            Truth::True => failing.push(vec![*index]),
            Truth::False => {}
            Truth::Unknown(found) => reasons.extend(found),
        }
    }
    (failing, reasons)
}

fn why_not(part: &RulePart, table: &Table) -> String {
    match &part.applies {
        _ if table.records.is_empty() => format!("nothing of kind `{}` on this PC", part.kind.name),
        Some(applies) => {
            let wanted: Vec<String> = applies
                .selections
                .iter()
                .flat_map(|(_, selection)| selection.any.iter().flatten().map(|test| test.written.clone()))
                .collect();
            format!("no `{}` record with {}", part.kind.name, wanted.join(", "))
        }
        None => format!("no `{}` record", part.kind.name),
    }
}

/// One verdict out of those of the parts: fail, else unknown, else pass, else not applicable.
fn combine(verdicts: Vec<Verdict>) -> Verdict {
    let (mut reasons, mut passed, mut not) = (Vec::new(), false, Vec::new());
    for verdict in verdicts {
        match verdict {
            Verdict::Fail => return Verdict::Fail,
            Verdict::Unknown(found) => reasons.extend(found),
            Verdict::Pass => passed = true,
            Verdict::NotApplicable(why) => not.push(why),
        }
    }
    if !reasons.is_empty() {
        Verdict::Unknown(sorted(reasons))
    } else if passed {
        Verdict::Pass
    } else {
        Verdict::NotApplicable(not.join("; "))
    }
}

fn sorted(mut reasons: Vec<Unknown>) -> Vec<Unknown> {
    reasons.sort();
    reasons.dedup();
    reasons
}

/// Names at each finding the failing rules that explain it, as far as both may concern one user.
fn explain_symptoms(rules: &RuleSet, findings: &mut [Finding]) {
    let users: BTreeMap<String, BTreeSet<Option<String>>> =
        findings.iter().fold(BTreeMap::new(), |mut all, finding| {
            all.entry(finding.rule.clone()).or_default().insert(finding.user.clone());
            all
        });
    for finding in findings {
        let same_user = |cause: &BTreeSet<Option<String>>| {
            finding.user.is_none() || cause.contains(&None) || cause.contains(&finding.user)
        };
        finding.explained_by = rules
            .iter()
            .filter(|rule| rule.source.explains.contains(&finding.rule))
            .filter(|rule| users.get(&rule.id).is_some_and(same_user))
            .map(|rule| rule.id.clone())
            .collect();
    }
}

/// The user a record concerns.
fn user_of(part: &RulePart, record: &Record) -> Option<String> {
    let field = if part.kind.name == kind::USER.name { "id" } else { "user" };
    match record.get(field) {
        Datum::Text(user) if !user.is_empty() => Some(user.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
