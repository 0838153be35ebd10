//! Puts the report together: order of findings, the most likely cause, the ladder, what could not be told. Decides
//! everything that renderers would otherwise have to.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    BundleInfo, CannotTell, DllRow, Pack, Report, RuleVerdict, SCHEMA, Step, Summary, Tool,
    how::how_to_find_out,
    moments::{host_line, inventory, timeline},
    room::rooms,
};
use crate::{
    facts::{Datum, Facts},
    finding::{Finding, Level},
    pack::{self, StepText},
    suppress::Sorted,
    verdict::{Unknown, Verdict},
};

/// What a report is made of.
pub struct Parts<'a> {
    /// The bundle that was read; `host` may be empty and is then filled from the facts.
    pub bundle: BundleInfo,
    /// Name of the rule pack with what was added to it.
    pub pack_name: String,
    /// The pack.
    pub pack: &'a pack::Pack,
    /// The facts.
    pub facts: &'a Facts,
    /// Verdicts by rule id.
    pub verdicts: BTreeMap<String, Verdict>,
    /// Findings, accepted ones apart.
    pub findings: Sorted,
    /// Title, area and level of a rule.
    pub about: &'a dyn Fn(&str) -> About,
    /// The indicator table.
    pub dlls: Vec<DllRow>,
}

/// What a report says of a rule itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Title.
    pub title: String,
    /// Area.
    pub area: String,
    /// Level.
    pub level: Level,
}

impl Report {
    /// The one document out of its parts.
    #[must_use]
    pub fn new(parts: Parts<'_>) -> Self {
        let Parts { mut bundle, pack_name, pack, facts, verdicts, findings, about, dlls } = parts;
        let Sorted { open: mut findings, suppressed, warnings } = findings;
        if bundle.host.is_empty() {
            bundle.host = host_line(facts);
        }
        sort(&mut findings);
        let remediation = ladder(&findings, pack, facts);
        Self {
            schema: SCHEMA.to_owned(),
            tool: Tool::own(),
            pack: Pack {
                name: pack_name,
                version: pack.version.clone(),
                date: pack.date.to_string(),
                rules: verdicts.len(),
            },
            summary: summary(&findings, &verdicts, pack),
            cannot_tell: cannot_tell(&verdicts),
            timeline: timeline(facts, &findings),
            inventory: inventory(facts),
            rooms: rooms(facts, pack),
            verdicts: verdicts.iter().map(|(rule, verdict)| rule_verdict(rule, verdict, about(rule))).collect(),
            bundle,
            findings,
            suppressed,
            warnings,
            remediation,
            dlls,
        }
    }
}

/// Causes before their symptoms, then by level, confidence, number of symptoms and rule id.
fn sort(findings: &mut [Finding]) {
    let mut symptoms: BTreeMap<String, usize> = BTreeMap::new();
    for cause in findings.iter().flat_map(|finding| &finding.explained_by) {
        *symptoms.entry(cause.clone()).or_default() += 1;
    }
    findings.sort_by_cached_key(|finding| {
        (
            !finding.explained_by.is_empty(),
            Reverse((finding.level, finding.confidence, symptoms.get(&finding.rule).copied())),
            finding.rule.clone(),
            finding.message.clone(),
        )
    });
}

fn rule_verdict(rule: &str, verdict: &Verdict, about: About) -> RuleVerdict {
    let reason = match verdict {
        Verdict::Fail | Verdict::Pass => String::new(),
        Verdict::Unknown(reasons) => reasons.iter().map(Unknown::words).collect::<Vec<_>>().join("; "),
        Verdict::NotApplicable(why) => why.clone(),
    };
    let About { title, area, level } = about;
    RuleVerdict { rule: rule.to_owned(), verdict: verdict.word().to_owned(), reason, title, area, level }
}

fn summary(findings: &[Finding], verdicts: &BTreeMap<String, Verdict>, pack: &pack::Pack) -> Summary {
    let mut counts = [0; 4];
    for verdict in verdicts.values() {
        counts[match verdict {
            Verdict::Fail => 0,
            Verdict::Pass => 1,
            Verdict::Unknown(_) => 2,
            Verdict::NotApplicable(_) => 3,
        }] += 1;
    }
    let cause = findings.iter().find(|finding| is_cause(finding));
    let next = cause.and_then(|cause| cause.remediation.iter().find_map(|step| pack.step(step)));
    Summary {
        headline: cause.map_or_else(|| no_cause(counts[2]), |cause| headline(cause, findings)),
        cause: cause.map(|cause| cause.rule.clone()),
        other_causes: cause.map_or(0, |cause| other_causes(cause, findings)),
        next_step: next.map(|step| step.title.clone()),
        confirmed_if: next.map(|step| step.verify.clone()),
        levels: levels(findings),
        verdicts: counts,
    }
}

/// Whether a finding can be why a profile does not load: no symptom of another, more than a small fault, and about the
/// machine rather than about the bundle.
fn is_cause(finding: &Finding) -> bool {
    finding.explained_by.is_empty()
        && finding.level >= Level::Medium
        && finding.remediation.iter().any(|step| step != "collect-diagnostics")
}

fn headline(cause: &Finding, findings: &[Finding]) -> String {
    let symptoms: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| finding.explained_by.contains(&cause.rule))
        .map(|finding| finding.rule.as_str())
        .collect();
    let others = other_causes(cause, findings);
    let mut text = format!("{}: {} (confidence {})", cause.title, cause.message, word(&cause.confidence));
    if !symptoms.is_empty() {
        text.push_str(&format!("; explains {}", symptoms.into_iter().collect::<Vec<_>>().join(", ")));
    }
    if others > 0 {
        text.push_str(&format!("; {others} other possible cause{}", if others == 1 { "" } else { "s" }));
    }
    text
}

/// How many rules beside that of `cause` found a fault that could be the cause.
fn other_causes(cause: &Finding, findings: &[Finding]) -> usize {
    let rules: BTreeSet<&str> = findings
        .iter()
        .filter(|finding| is_cause(finding) && finding.rule != cause.rule)
        .map(|finding| finding.rule.as_str())
        .collect();
    rules.len()
}

/// The serialised word of a level or confidence.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn no_cause(unknown: usize) -> String {
    match unknown {
        0 => "No cause found, and every rule could be decided.".to_owned(),
        1 => "No cause found; 1 rule could not be decided.".to_owned(),
        n => format!("No cause found; {n} rules could not be decided."),
    }
}

fn levels(findings: &[Finding]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<Reverse<Level>, usize> = BTreeMap::new();
    for finding in findings {
        *counts.entry(Reverse(finding.level)).or_default() += 1;
    }
    counts.into_iter().map(|(Reverse(level), count)| (word(&level), count)).collect()
}

/// The steps that findings ask for, in ladder order.
fn ladder(findings: &[Finding], pack: &pack::Pack, facts: &Facts) -> Vec<Step> {
    let folders = exclusion_folders(facts);
    pack.steps
        .iter()
        .filter_map(|step| {
            let rules: BTreeSet<&str> = findings
                .iter()
                .filter(|finding| finding.remediation.contains(&step.step))
                .map(|finding| finding.rule.as_str())
                .collect();
            (!rules.is_empty()).then(|| Step {
                step: step.step.clone(),
                title: step.title.clone(),
                instructions: step.instructions.clone(),
                lost: step.lost.clone(),
                verify: step.verify.clone(),
                paste: paste(step, &folders),
                rules: rules.into_iter().map(str::to_owned).collect(),
            })
        })
        .collect()
}

/// The folders that the vendor wants excluded, as they are on this PC.
fn exclusion_folders(facts: &Facts) -> Vec<String> {
    let records = facts.tables.get("exclusion").map(|table| table.records.as_slice()).unwrap_or_default();
    let mut folders = Vec::new();
    for record in records {
        if let Datum::Text(folder) = record.get("folder")
            && !folders.contains(folder)
        {
            folders.push(folder.clone());
        }
    }
    folders
}

/// A step's lines to paste, with this PC's folders in place.
fn paste(step: &StepText, folders: &[String]) -> Vec<String> {
    if folders.is_empty() {
        return step.paste.iter().filter(|line| !line.contains("{folders")).cloned().collect();
    }
    let quoted: Vec<String> = folders.iter().map(|folder| format!("'{}'", folder.replace('\'', "''"))).collect();
    step.paste
        .iter()
        .flat_map(|line| match line.as_str() {
            "{folders}" => folders.to_vec(),
            line => vec![line.replace("{folders_quoted}", &quoted.join(","))],
        })
        .collect()
}

/// Reasons by how many rules they leave undecided.
fn cannot_tell(verdicts: &BTreeMap<String, Verdict>) -> Vec<CannotTell> {
    let mut by_reason: BTreeMap<&Unknown, Vec<String>> = BTreeMap::new();
    for (rule, verdict) in verdicts {
        if let Verdict::Unknown(reasons) = verdict {
            for reason in reasons {
                by_reason.entry(reason).or_default().push(rule.clone());
            }
        }
    }
    let mut gaps: Vec<CannotTell> = by_reason
        .into_iter()
        .map(|(why, rules)| CannotTell { why: why.clone(), rules, how: how_to_find_out(why) })
        .collect();
    gaps.sort_by_key(|gap| Reverse(gap.rules.len()));
    gaps
}
