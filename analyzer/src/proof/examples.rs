//! A rule's own examples, run. Owns turning an example into facts and saying how the verdict differs.

use std::collections::BTreeMap;

use koff_bundle::acquisition::State;

use crate::{
    evaluate::evaluate_rule,
    facts::{Datum, Facts, FieldType, Kind, Record, Table, kind},
    pack::Pack,
    rule::{
        Rule, RuleSet,
        source::{DatumSource, Example, RecordSource},
    },
    verdict::{Unknown, Verdict},
    yaml::{self, Diagnostic},
};

/// An example that came out otherwise than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Name of the example.
    pub example: String,
    /// How it differs.
    pub why: String,
    /// Advice.
    pub hint: Option<String>,
}

impl Failed {
    /// The complaint about the example in `rule`'s file.
    #[must_use]
    pub fn diagnostic(self, rule: &Rule) -> Diagnostic {
        let message = format!("example `{}`: {}", self.example, self.why);
        let file = format!("rules/{}", rule.path);
        Diagnostic::about("example", &file, rule.source_text(), Some("examples:"), &self.example, message)
            .hint(self.hint)
    }
}

/// Runs every example of `rule`.
#[must_use]
pub fn run(rule: &Rule, pack: &Pack) -> Vec<Failed> {
    let set = RuleSet::of(pack.clone(), []);
    run_in(rule, &set)
}

/// The same with a set made once; its rules do not matter, its pack does.
#[must_use]
pub fn run_in(rule: &Rule, set: &RuleSet) -> Vec<Failed> {
    let mut failed = Vec::new();
    for example in &rule.source.examples {
        let outcome = facts(rule, example).and_then(|facts| one(rule, set, example, &facts));
        if let Err((why, hint)) = outcome {
            failed.push(Failed { example: example.name.clone(), why, hint });
        }
    }
    failed
}

type Complaint = (String, Option<String>);

fn one(rule: &Rule, set: &RuleSet, example: &Example, facts: &Facts) -> Result<(), Complaint> {
    let (verdict, findings) = evaluate_rule(rule, set, facts, None);
    if verdict.word() != example.verdict.word() {
        let reasons = match &verdict {
            Verdict::Unknown(reasons) => {
                format!(" ({})", reasons.iter().map(Unknown::words).collect::<Vec<_>>().join("; "))
            }
            Verdict::NotApplicable(why) => format!(" ({why})"),
            Verdict::Fail | Verdict::Pass => String::new(),
        };
        return Err((format!("expected {}, found {}{reasons}", example.verdict.word(), verdict.word()), None));
    }
    if let Some(wanted) = example.findings.filter(|wanted| *wanted != findings.len()) {
        return Err((format!("expected {wanted} findings, found {}", findings.len()), None));
    }
    let first = findings.first();
    if let Some(wanted) = &example.message {
        let found = first.map_or("", |finding| finding.message.as_str());
        if found != wanted {
            return Err((format!("expected the message `{wanted}`, found `{found}`"), None));
        }
    }
    if let Some(wanted) = example.confidence {
        let found = first.map(|finding| finding.confidence);
        if found != Some(wanted) {
            return Err((format!("expected confidence {wanted:?}, found {found:?}"), None));
        }
    }
    Ok(())
}

/// The facts that `example` describes.
///
/// # Errors
/// An unknown kind or field, or a value of another type than the field's.
pub fn facts(rule: &Rule, example: &Example) -> Result<Facts, Complaint> {
    let mut facts = Facts::default();
    let own = &rule.source.fact;
    let tables = std::iter::once((own, &example.records, &example.gaps))
        .chain(example.facts.iter().map(|(name, table)| (name, &table.records, &table.gaps)));
    for (name, records, gaps) in tables {
        let Some(kind) = kind::find(name) else {
            let known = kind::ALL.iter().copied().flatten().map(|kind| kind.name);
            return Err((format!("there is no kind of fact `{name}`"), yaml::did_you_mean(name, known)));
        };
        if !rule.parts.iter().any(|part| part.kind == kind) {
            return Err((format!("the rule does not ask `{name}`"), None));
        }
        let mut table =
            Table { records: Vec::new(), gaps: gaps.iter().map(|state| reason(*state)).collect(), ..Table::default() };
        for source in records {
            table.records.push(record(kind, source)?);
        }
        facts.tables.insert(kind.name, table);
    }
    Ok(facts)
}

fn record(kind: &'static Kind, source: &RecordSource) -> Result<Record, Complaint> {
    let mut fields = BTreeMap::new();
    for (name, value) in source {
        let Some(field) = kind.field(name) else {
            let hint = yaml::did_you_mean(name, kind.fields.iter().map(|field| field.name));
            return Err((format!("`{}` has no field `{name}`", kind.name), hint));
        };
        let datum = match (field.ty, value) {
            (_, DatumSource::Unknown(unknown)) => Datum::from(reason(unknown.unknown)),
            (FieldType::Bool, DatumSource::Bool(value)) => Datum::Bool(*value),
            (FieldType::Number, DatumSource::Number(value)) => Datum::Number(*value),
            (FieldType::List, DatumSource::List(list)) => Datum::List(list.clone()),
            (FieldType::Time, DatumSource::Text(text)) => match text.parse() {
                Ok(time) => Datum::Time(time),
                Err(_) => {
                    return Err((format!("`{name}`: `{text}` is not a moment such as 2026-01-31T08:00:00Z"), None));
                }
            },
            (FieldType::Text | FieldType::Path | FieldType::Version, DatumSource::Text(text)) => {
                Datum::Text(text.clone())
            }
            (ty, found) => return Err((format!("`{name}` is of type {ty:?}, found {found:?}"), None)),
        };
        fields.insert(field.name, datum);
    }
    Ok(Record { fields, evidence: Vec::new() })
}

fn reason(state: State) -> Unknown {
    Unknown::new(state, "as the example says")
}
