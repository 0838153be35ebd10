//! Two reports side by side: what was fixed, what is new, what is still there, what can no longer be told, and which
//! facts changed. Owns the comparison document; shows nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    facts::{Datum, Facts, Record, kind},
    finding::{Finding, Level},
    report::Report,
};

/// Name of the document's schema.
pub const SCHEMA: &str = "koff-diff/1";

/// Kinds whose facts are compared, with the fields that say which record is which.
const COMPARED: &[(&str, &[&str])] = &[
    ("system", &[]),
    ("office", &["kind", "bitness"]),
    ("connector", &[]),
    ("dll", &["path"]),
    ("dll-reference", &["source", "user", "profile", "section"]),
    ("registration", &["outlook_bitness", "office_kind"]),
    ("mapi-stub", &[]),
    ("mail-client", &["user"]),
    ("user", &["id"]),
    ("profile", &["user", "name"]),
    ("cache", &["path"]),
    ("database", &["path"]),
    ("exclusion", &["role", "user"]),
    ("service", &["name"]),
    ("addin", &["prog_id", "user"]),
    ("disabled-item", &["list", "path", "user"]),
];

/// How the stand-in for a person's name begins.
const PSEUDONYM: &str = "USER-";

/// Fields that change from one collection to the next without meaning.
const FLEETING: &[&str] = &["free_mb", "last_write", "outlook_used", "cpu_percent", "pid", "backend_memory_mb"];

/// What changed from one bundle to another of the same host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Name of the older bundle.
    pub old: String,
    /// Name of the newer bundle.
    pub new: String,
    /// Findings of the older bundle whose rule is decided now and does not find them any more.
    pub fixed: Vec<Changed>,
    /// Findings that the older bundle had not.
    pub appeared: Vec<Changed>,
    /// Findings of both.
    pub still: Vec<Changed>,
    /// Findings of the older bundle whose rule cannot be decided any more.
    pub now_unknown: Vec<Changed>,
    /// Facts that changed.
    pub facts: Vec<FactChange>,
}

/// A finding in a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Rule id.
    pub rule: String,
    /// Level.
    pub level: Level,
    /// The message, of the newer bundle where it has one.
    pub message: String,
    /// Why, for what can no longer be told.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// One changed field of one fact, or a fact that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FactChange {
    /// Kind of fact.
    pub kind: String,
    /// Which record, by its naming fields.
    pub which: String,
    /// Field; empty where the whole record came or went.
    pub field: String,
    /// Value before; `none` where there was none.
    pub before: String,
    /// Value after; `none` where there is none.
    pub after: String,
}

impl Comparison {
    /// Compares two reports and the facts behind them.
    #[must_use]
    pub fn new(old: (&Report, &Facts), new: (&Report, &Facts)) -> Self {
        let names = (Names::of(old.1), Names::of(new.1));
        let (before, after) = (by_identity(old.0, &names.0), by_identity(new.0, &names.1));
        let mut comparison = Self {
            schema: SCHEMA,
            old: old.0.bundle.name.clone(),
            new: new.0.bundle.name.clone(),
            fixed: Vec::new(),
            appeared: Vec::new(),
            still: Vec::new(),
            now_unknown: Vec::new(),
            facts: fact_changes((old.1, &names.0), (new.1, &names.1)),
        };
        for (identity, finding) in &before {
            let verdict = new.0.verdicts.iter().find(|verdict| verdict.rule == finding.rule);
            match (after.get(identity), verdict) {
                (Some(finding), _) => comparison.still.push(changed(finding, "", &names.1)),
                (None, Some(verdict)) if verdict.verdict == "unknown" => {
                    comparison.now_unknown.push(changed(finding, &verdict.reason, &names.0));
                }
                (None, _) => comparison.fixed.push(changed(finding, "", &names.0)),
            }
        }
        let appeared = after.iter().filter(|(identity, _)| !before.contains_key(*identity));
        comparison.appeared = appeared.map(|(_, finding)| changed(finding, "", &names.1)).collect();
        comparison
    }
}

/// Findings by rule, user and message without digits: a count or size that moved is the same finding.
fn by_identity<'a>(report: &'a Report, names: &Names) -> BTreeMap<(String, Option<String>, String), &'a Finding> {
    report
        .findings
        .iter()
        .map(|finding| {
            let text = names.plain(&finding.message).chars().filter(|c| !c.is_ascii_digit()).collect();
            ((finding.rule.clone(), finding.user.clone(), text), finding)
        })
        .collect()
}

fn changed(finding: &Finding, reason: &str, names: &Names) -> Changed {
    Changed {
        rule: finding.rule.clone(),
        level: finding.level,
        message: names.plain(&finding.message),
        reason: reason.to_owned(),
    }
}

/// Pseudonyms of people, which every collection makes anew: two bundles of one PC differ in them although nothing changed.
#[derive(Default)]
struct Names(Vec<(String, String)>);

impl Names {
    /// The pseudonyms of `facts`, by what stands for the same person in every bundle: the user's id.
    fn of(facts: &Facts) -> Self {
        let users = facts.tables.get("user").map(|table| table.records.as_slice()).unwrap_or_default();
        let mut names = Vec::new();
        for user in users {
            if let (Datum::Text(id), Datum::Text(name)) = (user.get("id"), user.get("name"))
                && name.starts_with(PSEUDONYM)
            {
                names.push((name.clone(), id.clone()));
                if let Datum::Text(sid) = user.get("sid") {
                    names.push((sid.clone(), format!("SID of {id}")));
                }
            }
        }
        Self(names)
    }

    fn plain(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }
}

type Side<'a> = (&'a Facts, &'a Names);

fn fact_changes((old, old_names): Side<'_>, (new, new_names): Side<'_>) -> Vec<FactChange> {
    let mut changes = Vec::new();
    for (kind, naming) in COMPARED {
        let (before, after) = (named(old, kind, naming, old_names), named(new, kind, naming, new_names));
        let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for which in all {
            match (before.get(which), after.get(which)) {
                (Some(a), Some(b)) => changes.extend(field_changes(kind, which, (a, old_names), (b, new_names))),
                (a, b) => changes.push(FactChange {
                    kind: (*kind).to_owned(),
                    which: which.clone(),
                    field: String::new(),
                    before: if a.is_some() { "there" } else { "none" }.to_owned(),
                    after: if b.is_some() { "there" } else { "none" }.to_owned(),
                }),
            }
        }
    }
    changes
}

fn named<'a>(facts: &'a Facts, kind: &str, naming: &[&str], names: &Names) -> BTreeMap<String, &'a Record> {
    let records = facts.tables.get(kind).map(|table| table.records.as_slice()).unwrap_or_default();
    let name = |record: &Record| {
        naming.iter().map(|field| names.plain(&shown(record.get(field)))).collect::<Vec<_>>().join(", ")
    };
    records.iter().map(|record| (name(record), record)).collect()
}

fn field_changes(
    kind: &str,
    which: &str,
    (before, old_names): (&Record, &Names),
    (after, new_names): (&Record, &Names),
) -> Vec<FactChange> {
    let fields = kind::find(kind).map(|kind| kind.fields).unwrap_or_default();
    fields
        .iter()
        .filter(|field| !FLEETING.contains(&field.name))
        .filter_map(|field| {
            let before = old_names.plain(&shown(before.get(field.name)));
            let after = new_names.plain(&shown(after.get(field.name)));
            let (kind, which, field) = (kind.to_owned(), which.to_owned(), field.name.to_owned());
            (before != after).then_some(FactChange { kind, which, field, before, after })
        })
        .collect()
}

fn shown(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => text.clone(),
        Datum::Number(number) => number.to_string(),
        Datum::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Datum::Time(time) => time.to_string(),
        Datum::List(list) => list.join(", "),
        Datum::Absent => "none".to_owned(),
        Datum::Unknown(why) => {
            format!("unknown ({})", why.iter().map(|why| why.state.words()).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Table;

    fn facts(version: &str) -> Facts {
        let connector = Record::default().with("version", version).with("backend_memory_mb", version.len() as i64);
        let dll = Record::default().with("path", format!(r"C:\{version}.dll"));
        let table = |record: Record| Table { records: vec![record], gaps: Vec::new(), ..Table::default() };
        Facts { tables: [("connector", table(connector)), ("dll", table(dll))].into() }
    }

    #[test]
    fn facts_say_what_changed_and_fleeting_values_stay_silent() {
        let names = Names::default();
        let changes = fact_changes((&facts("9.4.0"), &names), (&facts("10.0.60"), &names));
        let shown: Vec<_> =
            changes.iter().map(|c| (c.kind.as_str(), c.field.as_str(), c.before.as_str(), c.after.as_str())).collect();
        assert_eq!(
            shown,
            [("connector", "version", "9.4.0", "10.0.60"), ("dll", "", "none", "there"), ("dll", "", "there", "none")]
        );
    }

    #[test]
    fn a_new_pseudonym_of_the_same_person_is_no_change() {
        let of = |name: &str| {
            let user = Record::default().with("id", "user-1").with("name", name);
            let cache = Record::default().with("path", format!(r"C:\Users\{name}\AppData")).with("database_mb", 5_i64);
            let table = |record: Record| Table { records: vec![record], gaps: Vec::new(), ..Table::default() };
            Facts { tables: [("user", table(user)), ("cache", table(cache))].into() }
        };
        let (old, new) = (of("USER-aaaaaaaa"), of("USER-bbbbbbbb"));
        assert_eq!(fact_changes((&old, &Names::of(&old)), (&new, &Names::of(&new))), []);
        let (old, new) = (of("anna"), of("berta"));
        assert!(!fact_changes((&old, &Names::of(&old)), (&new, &Names::of(&new))).is_empty());
    }
}
