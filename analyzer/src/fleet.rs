//! Many bundles seen together: a row per bundle, a tally per rule, and what sets the failing ones apart. Owns the document
//! (schema `koff-fleet/1`) and how it grows: a row is a pure function of one analysis, fleets are added in any grouping, and
//! none of it keeps a report, so that memory does not depend on what is in a bundle.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    facts::{Datum, Facts},
    finding::Level,
    report::{Pack, Report, RuleVerdict, Tool},
};

mod outlier;

pub use outlier::Outlier;

/// Name of the document's schema.
pub const SCHEMA: &str = "koff-fleet/1";

/// What bundles are compared by: word for people, kind of fact, field.
const TRAITS: &[(&str, &str, &str)] = &[
    ("connector", "connector", "version"),
    ("connector build", "connector", "build"),
    ("server", "connector", "server_version"),
    ("Office", "office", "version"),
    ("Office release", "office", "release"),
    ("Office bitness", "office", "bitness"),
    ("Windows", "system", "windows"),
    ("antivirus", "system", "antivirus"),
];

/// One bundle's part: everything that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The bundle, as it was named or found.
    pub bundle: String,
    /// SHA-256 of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// When it was collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected: Option<String>,
    /// Windows, Office, connector in a line.
    pub host: String,
    /// Rule id of the most likely cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The most likely cause in a sentence.
    pub headline: String,
    /// Findings by level, highest first.
    pub levels: Vec<(String, usize)>,
    /// Counts of verdicts: fail, pass, unknown, not applicable.
    pub verdicts: [usize; 4],
    /// Findings that someone accepted.
    #[serde(default)]
    pub suppressed: usize,
    /// What it is compared by.
    pub traits: BTreeMap<String, String>,
}

/// A bundle of which there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// The bundle.
    pub bundle: String,
    /// Why.
    pub error: String,
}

/// One rule over all bundles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Title of the rule.
    pub title: String,
    /// Area of the rule.
    pub area: String,
    /// Level of the rule.
    pub level: Level,
    /// Counts of verdicts: fail, pass, unknown, not applicable.
    pub verdicts: [usize; 4],
    /// The first bundle on which it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// By trait and value: on how many bundles it failed, and on how many it was decided.
    pub traits: BTreeMap<String, BTreeMap<String, (usize, usize)>>,
    /// What sets the failing bundles apart; filled by [`Fleet::finish`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier: Option<Outlier>,
}

/// Many bundles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fleet {
    /// [`SCHEMA`].
    pub schema: String,
    /// The program that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
    /// The rules that were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack: Option<Pack>,
    /// Bundles in the order in which they were added.
    pub bundles: Vec<Row>,
    /// Bundles that could not be read.
    pub unread: Vec<Unread>,
    /// Suppressions that hold for none of the bundles: they matched nothing anywhere, or are past their day.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// By rule id.
    pub rules: BTreeMap<String, Tally>,
}

impl Default for Fleet {
    fn default() -> Self {
        let (bundles, unread, warnings, rules) = Default::default();
        Self { schema: SCHEMA.to_owned(), tool: None, pack: None, bundles, unread, warnings, rules }
    }
}

impl Fleet {
    /// A fleet of one bundle, called `name`.
    #[must_use]
    pub fn of(name: &str, report: &Report, facts: &Facts) -> Self {
        let mut fleet = Self::default();
        fleet.take(name, report, facts);
        fleet
    }

    /// Adds a bundle, called `name`, behind those of `self`: the same as [`Fleet::add`] of it alone.
    pub fn take(&mut self, name: &str, report: &Report, facts: &Facts) {
        self.tool.get_or_insert_with(|| report.tool.clone());
        self.pack.get_or_insert_with(|| report.pack.clone());
        self.warn(&report.warnings);
        let traits = traits(facts);
        for verdict in &report.verdicts {
            let tally = match self.rules.get_mut(&verdict.rule) {
                Some(tally) => tally,
                None => self.rules.entry(verdict.rule.clone()).or_insert_with(|| Tally::new(verdict)),
            };
            tally.count(name, &verdict.verdict, &traits);
        }
        self.bundles.push(Row {
            bundle: name.to_owned(),
            sha256: report.bundle.sha256.clone(),
            collected: report.bundle.collected.clone(),
            host: report.bundle.host.clone(),
            cause: report.summary.cause.clone(),
            headline: report.summary.headline.clone(),
            levels: report.summary.levels.clone(),
            verdicts: report.summary.verdicts,
            suppressed: report.suppressed.len(),
            traits,
        });
    }

    /// A fleet of one bundle of which there is no report.
    #[must_use]
    pub fn unread(name: &str, error: &str) -> Self {
        let unread = vec![Unread { bundle: name.to_owned(), error: error.to_owned() }];
        Self { unread, ..Self::default() }
    }

    /// Adds the bundles of `other` behind those of `self`.
    pub fn add(&mut self, other: Self) {
        self.tool = self.tool.take().or(other.tool);
        self.pack = self.pack.take().or(other.pack);
        if !other.bundles.is_empty() {
            self.warn(&other.warnings);
        }
        self.bundles.extend(other.bundles);
        self.unread.extend(other.unread);
        for (rule, theirs) in other.rules {
            match self.rules.get_mut(&rule) {
                Some(own) => own.add(theirs),
                None => drop(self.rules.insert(rule, theirs)),
            }
        }
    }

    /// What one bundle misses may stand in another: only what all of them miss is worth a warning.
    fn warn(&mut self, warnings: &[String]) {
        if self.bundles.is_empty() {
            self.warnings = warnings.to_vec();
        } else {
            self.warnings.retain(|warning| warnings.contains(warning));
        }
    }

    /// Names what sets the failing bundles of each rule apart.
    #[must_use]
    pub fn finish(mut self) -> Self {
        for tally in self.rules.values_mut() {
            tally.outlier = outlier::find(tally);
        }
        self
    }

    /// Findings that someone accepted, on all bundles.
    #[must_use]
    pub fn suppressed(&self) -> usize {
        self.bundles.iter().map(|row| row.suppressed).sum()
    }

    /// Rules that failed somewhere, by level and number of bundles, highest first.
    #[must_use]
    pub fn failing(&self) -> Vec<(&str, &Tally)> {
        let mut failing: Vec<(&str, &Tally)> =
            self.rules.iter().map(|(rule, tally)| (rule.as_str(), tally)).filter(|(_, t)| t.verdicts[0] > 0).collect();
        failing.sort_by_key(|(rule, tally)| (std::cmp::Reverse((tally.level, tally.verdicts[0])), *rule));
        failing
    }
}

impl Tally {
    fn new(verdict: &RuleVerdict) -> Self {
        let (title, area) = (verdict.title.clone(), verdict.area.clone());
        Self {
            title,
            area,
            level: verdict.level,
            verdicts: [0; 4],
            first: None,
            traits: BTreeMap::new(),
            outlier: None,
        }
    }

    /// Counts the `verdict` on bundle `name`, which has these `traits`.
    fn count(&mut self, name: &str, verdict: &str, traits: &BTreeMap<String, String>) {
        let place = match verdict {
            "fail" => 0,
            "pass" => 1,
            "unknown" => 2,
            _ => 3,
        };
        self.verdicts[place] += 1;
        let (failed, decided) = (place == 0, place < 2);
        if failed && self.first.is_none() {
            self.first = Some(name.to_owned());
        }
        for (name, value) in traits.iter().filter(|_| decided) {
            // Nearly always there already: nothing is copied then.
            let values = match self.traits.get_mut(name) {
                Some(values) => values,
                None => self.traits.entry(name.clone()).or_default(),
            };
            let counts = match values.get_mut(value) {
                Some(counts) => counts,
                None => values.entry(value.clone()).or_default(),
            };
            *counts = (counts.0 + usize::from(failed), counts.1 + 1);
        }
    }

    fn add(&mut self, other: Self) {
        for (own, theirs) in self.verdicts.iter_mut().zip(other.verdicts) {
            *own += theirs;
        }
        self.first = self.first.take().or(other.first);
        for (name, values) in other.traits {
            let own = self.traits.entry(name).or_default();
            for (value, (failed, decided)) in values {
                let counts = own.entry(value).or_default();
                *counts = (counts.0 + failed, counts.1 + decided);
            }
        }
    }
}

/// The traits that the facts tell, of the first record of each kind.
fn traits(facts: &Facts) -> BTreeMap<String, String> {
    let mut traits = BTreeMap::new();
    for (name, kind, field) in TRAITS {
        let record = facts.tables.get(kind).and_then(|table| table.records.first());
        let value = record.and_then(|record| match record.get(field) {
            Datum::Text(text) if !text.is_empty() => Some(text.clone()),
            Datum::Number(number) => Some(number.to_string()),
            Datum::List(list) if !list.is_empty() => Some(list.join(", ")),
            _ => None,
        });
        traits.extend(value.map(|value| ((*name).to_owned(), value)));
    }
    traits
}
