//! Findings out of failing records: message, evidence, confidence with its doubts, remediation in ladder order. Owns how
//! many are shown; decides no verdict.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::user_of;
use crate::{
    evidence::Evidence,
    facts::{Datum, Record, Table},
    finding::{Confidence, Finding},
    rule::{Rule, RulePart, RuleSet},
    verdict::Truth,
};

/// A rule shows at most so many findings; further ones are counted in the last.
const MOST_FINDINGS: usize = 20;
/// A finding shows at most so many places.
const MOST_EVIDENCE: usize = 8;

/// The findings of `rule` for the `failing` signs of `part`.
pub(super) fn of_part(
    rule: &Rule,
    part: &RulePart,
    table: &Table,
    failing: &[Vec<usize>],
    rules: &RuleSet,
    at: Option<Timestamp>,
) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    let mut places: BTreeMap<(String, Option<String>), (usize, usize)> = BTreeMap::new();
    let mut left_out = 0_usize;
    for sign in failing {
        let records: Vec<&Record> = sign.iter().filter_map(|&index| table.records.get(index)).collect();
        let Some(first) = records.first() else { continue };
        let message = part.message.fill(first, &extra(part, &records));
        let user = user_of(part, first);
        let key = (message.clone(), user.clone());
        if let Some((place, seen)) = places.get_mut(&key) {
            *seen += 1;
            if let Some(known) = findings.get_mut(*place) {
                add_evidence(&mut known.evidence, &records);
            }
            continue;
        }
        if findings.len() >= MOST_FINDINGS {
            left_out += 1;
            continue;
        }
        places.insert(key, (findings.len(), 1));
        findings.push(one(rule, part, &records, message, user, rules, at));
    }
    for (place, seen) in places.into_values().filter(|(_, seen)| *seen > 1) {
        if let Some(finding) = findings.get_mut(place) {
            finding.notes.push(format!("seen {seen} times"));
        }
    }
    if let Some(last) = findings.last_mut().filter(|_| left_out > 0) {
        last.notes.push(format!("{left_out} further findings of this rule are not shown"));
    }
    findings
}

fn one(
    rule: &Rule,
    part: &RulePart,
    records: &[&Record],
    message: String,
    user: Option<String>,
    rules: &RuleSet,
    at: Option<Timestamp>,
) -> Finding {
    let (mut confidence, mut notes) = (rule.confidence(), Vec::new());
    if let Some(why) = &rule.source.inferred {
        notes.push(format!("inferred: {why}"));
    }
    let own_kind = rule.parts.first().is_some_and(|first| first.kind == part.kind);
    for doubt in rule.doubts.iter().filter(|_| own_kind) {
        if records.iter().any(|record| doubt.when.truth(record) == Truth::True) {
            confidence = confidence.min(doubt.confidence);
            notes.push(doubt.because.clone());
        }
    }
    for table in rule.tables() {
        if let Some(days) = at.and_then(|at| rules.pack.stale(&table, at)) {
            confidence = lower(confidence);
            notes.push(format!("the pack's table `{table}` was {days} days old when this was collected"));
        }
    }
    if part.correlation.is_some() && records.iter().any(|record| is_unclear(record)) {
        confidence = lower(confidence);
        notes.push("some of these times lie in an hour that the clock ran through twice or never showed".to_owned());
    }
    let mut evidence = Vec::new();
    add_evidence(&mut evidence, records);
    let matched = matched(part, records, &message, &evidence);
    Finding {
        rule: rule.id.clone(),
        title: rule.source.title.clone(),
        level: rule.level(),
        confidence,
        class: rule.class(),
        message,
        evidence,
        remediation: ladder(rule, rules),
        user,
        explained_by: Vec::new(),
        notes,
        matched,
    }
}

/// Whether the time of `record` is local time around a change to or from summer time.
fn is_unclear(record: &Record) -> bool {
    ["repeated", "skipped"].iter().any(|word| *record.get("time_confidence") == Datum::from(*word))
}

/// What `part` found in `records` and what the `message` quotes from them, as far as an excerpt shows it.
fn matched(part: &RulePart, records: &[&Record], message: &str, evidence: &[Evidence]) -> Vec<String> {
    let excerpts: Vec<String> = evidence.iter().map(|one| one.excerpt.to_lowercase()).collect();
    let quoted = |record: &Record| {
        let told = record.fields.values().filter_map(|datum| match datum {
            Datum::Text(text) if text.chars().count() > 3 && message.contains(text.as_str()) => Some(text.clone()),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    let texts = records.iter().flat_map(|record| part.detection.matched(record).into_iter().chain(quoted(record)));
    let mut matched: Vec<String> = Vec::new();
    for text in texts {
        let wanted = text.to_lowercase();
        let fresh = matched.len() < MOST_EVIDENCE && !matched.contains(&text);
        if fresh && excerpts.iter().any(|one| one.contains(&wanted)) {
            matched.push(text);
        }
    }
    matched
}

/// Count and times of a correlation, by name.
fn extra<'a>(part: &RulePart, records: &[&Record]) -> BTreeMap<&'a str, String> {
    let mut extra = BTreeMap::new();
    if part.correlation.is_some() {
        let mut times: Vec<Timestamp> = records
            .iter()
            .filter_map(|record| match record.get("time") {
                Datum::Time(time) => Some(*time),
                _ => None,
            })
            .collect();
        times.sort();
        extra.insert("count", records.len().to_string());
        for (name, time) in [("first", times.first()), ("last", times.last())] {
            if let Some(time) = time {
                extra.insert(name, time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
            }
        }
    }
    extra
}

fn add_evidence(evidence: &mut Vec<Evidence>, records: &[&Record]) {
    for place in records.iter().flat_map(|record| &record.evidence) {
        if evidence.len() >= MOST_EVIDENCE {
            return;
        }
        if !evidence.contains(place) {
            evidence.push(place.clone());
        }
    }
}

fn ladder(rule: &Rule, rules: &RuleSet) -> Vec<String> {
    let wanted = |step: &&crate::pack::StepText| rule.source.remediation.contains(&step.step);
    rules.pack.steps.iter().filter(wanted).map(|step| step.step.clone()).collect()
}

fn lower(confidence: Confidence) -> Confidence {
    match confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    }
}
