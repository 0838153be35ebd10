//! The rule pack's fact tables: Windows and Office ends of support, connector compatibility, limits, remediation steps,
//! and lists of names, each with source and date. Owns their types and look-ups; the texts stand in `rules/tables/`.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    error::{Error, Result},
    yaml::{self, Diagnostic},
};

mod support;

pub use support::{ConnectorRelease, Lifetime, OfficeRelease, Supported, WindowsEnd, WindowsRelease};

mod embedded {
    //! Files of `rules/`, put here by the build script.
    use super::File;
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}

/// A file of `rules/` that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File {
    /// Path below `rules/`.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
    /// What it says, as JSON; empty where that could not be told.
    json: &'static str,
}

impl File {
    /// What the file says.
    ///
    /// # Errors
    /// The complaint, where it is not of this shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> std::result::Result<T, Box<Diagnostic>> {
        // Only the YAML tells where something is wrong.
        serde_json::from_str(self.json).or_else(|_| yaml::parse(&format!("rules/{}", self.path), self.text))
    }
}

/// Log layouts built in, sorted by path.
#[must_use]
pub fn embedded_layouts() -> &'static [File] {
    embedded::LAYOUTS
}

/// Rules built in, sorted by path.
#[must_use]
pub fn embedded_rules() -> &'static [File] {
    embedded::RULES
}

/// The text of a file of `rules/` that is no rule, by its path below it.
#[must_use]
pub fn embedded_table(path: &str) -> Option<&'static str> {
    embedded::TABLES.iter().find(|file| file.path == path).map(|file| file.text)
}

/// Everything the rules rest on that is neither rule nor evidence.
#[derive(Debug, Clone)]
pub struct Pack {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Date of the pack.
    pub date: Day,
    /// Windows releases.
    pub windows: Table<WindowsRelease>,
    /// Office releases.
    pub office: Table<OfficeRelease>,
    /// What a connector version runs on, as far as the vendor has said so.
    pub connector: Table<ConnectorRelease>,
    /// Bounds.
    pub limits: Limits,
    /// Remediation steps, ladder order.
    pub steps: Vec<StepText>,
    /// Lists of names by table name.
    pub lists: BTreeMap<String, Table<Entry>>,
    /// Date and staleness of every table, typed ones too, by table name.
    pub ages: BTreeMap<String, Age>,
}

/// A table with where it comes from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table<T> {
    /// What it lists.
    pub title: String,
    /// URLs.
    pub source: Vec<String>,
    /// When it was checked against its sources.
    pub date: Day,
    /// After so many days it lowers the confidence of what rests on it.
    pub stale_after_days: u32,
    /// Its rows.
    pub entries: Vec<T>,
}

/// When a table was checked, and for how long that holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// When it was checked.
    pub date: Day,
    /// After so many days it lowers the confidence of what rests on it.
    pub stale_after_days: u32,
}

/// A day, written `2026-11-22`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Day(pub Date);

impl TryFrom<String> for Day {
    type Error = String;

    fn try_from(text: String) -> std::result::Result<Self, String> {
        text.parse().map(Self).map_err(|_| format!("expected a day such as 2026-11-22, found `{text}`"))
    }
}

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A row of a list: a text, or a text with a note and its source.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// The text alone.
    Text(String),
    /// With more about it.
    Noted(Noted),
}

/// A row of a list with more about it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// The text.
    pub value: String,
    /// What it is.
    #[serde(default)]
    pub note: String,
    /// Where that is said.
    #[serde(default)]
    pub source: String,
}

impl Entry {
    /// The text.
    #[must_use]
    pub fn value(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Noted(noted) => &noted.value,
        }
    }

    /// What it is; may be empty.
    #[must_use]
    pub fn note(&self) -> &str {
        match self {
            Self::Text(_) => "",
            Self::Noted(noted) => &noted.note,
        }
    }
}

/// Bounds that derived facts compare with. The table says for each where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Installed memory below this many MiB is below the vendor's 4 GB; leaves room for a share kept by the graphics \[K1\].
    pub memory_floor_mb: i64,
    /// Free space below this many MiB is low.
    pub free_minimum_mb: i64,
    /// So many times the database must be free for its upgrade \[K3\].
    pub upgrade_free_factor: i64,
    /// A database not written for so many days while Outlook was used is stale.
    pub stale_days: i64,
    /// An update so many hours before the first failure is recent.
    pub recent_update_hours: i64,
    /// Clocks that differ by more than so many seconds are skewed.
    pub clock_skew_seconds: i64,
    /// `KoffBackend.exe` below so many MiB is never high \[K1\].
    pub backend_memory_floor_mb: i64,
    /// Above the floor, high means more than this share of the largest database, in percent.
    pub backend_memory_percent: i64,
    /// CPU above this percentage of one processor is busy.
    pub busy_cpu_percent: i64,
    /// Traffic above so many bytes a second is busy.
    pub busy_bytes_per_second: i64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitRow {
    name: String,
    value: i64,
    #[expect(dead_code, reason = "for the reader of the table")]
    why: String,
}

/// A remediation step.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepText {
    /// Step id.
    pub step: String,
    /// Place in the ladder, least invasive first.
    pub order: u32,
    /// Title.
    pub title: String,
    /// What to do, one line each.
    pub instructions: Vec<String>,
    /// What is lost.
    pub lost: String,
    /// How to see that it worked.
    pub verify: String,
    /// Lines to paste; `{folders}` stands for one line per folder, `{folders_quoted}` for all of them, quoted, with commas between.
    #[serde(default)]
    pub paste: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    name: String,
    version: String,
    date: Day,
}

impl Pack {
    /// The pack that is built in.
    ///
    /// # Errors
    /// A table that is not of its shape; the build's own tests prove that there is none.
    pub fn embedded() -> Result<Self> {
        Self::read(embedded::TABLES.iter().map(|file| (file.path, Source::BuiltIn(*file))).collect())
    }

    /// A pack out of files: path below `rules/` (`pack.yml`, `tables/NAME.yml`) and text.
    ///
    /// # Errors
    /// The first file that is not of its shape, or is not there.
    pub fn of<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        Self::read(files.map(|(path, text)| (path, Source::Text(text))).collect())
    }

    fn read(mut files: Files<'_>) -> Result<Self> {
        let head: Head = take(&mut files, "pack.yml")?;
        let mut ages = BTreeMap::new();
        let windows = dated(&mut files, &mut ages, "windows")?;
        let office = dated(&mut files, &mut ages, "office")?;
        let connector = dated(&mut files, &mut ages, "connector")?;
        let limits = limits(dated(&mut files, &mut ages, "limits")?)?;
        let steps: Table<StepText> = dated(&mut files, &mut ages, "remediation")?;
        let mut steps = steps.entries;
        steps.sort_by_key(|step| step.order);
        let mut lists = BTreeMap::new();
        let names: Vec<String> = files
            .keys()
            .filter_map(|path| path.strip_prefix("tables/")?.strip_suffix(".yml"))
            .map(str::to_owned)
            .collect();
        for name in names {
            let table = dated(&mut files, &mut ages, &name)?;
            lists.insert(name, table);
        }
        Ok(Self {
            name: head.name,
            version: head.version,
            date: head.date,
            windows,
            office,
            connector,
            limits,
            steps,
            lists,
            ages,
        })
    }

    /// Whether `value` stands in the list `name`, case aside; false for a list that is not there.
    #[must_use]
    pub fn lists(&self, name: &str, value: &str) -> bool {
        self.lists.get(name).is_some_and(|table| table.entries.iter().any(|entry| same(entry.value(), value)))
    }

    /// The step called `id`.
    #[must_use]
    pub fn step(&self, id: &str) -> Option<&StepText> {
        self.steps.iter().find(|step| step.step == id)
    }

    /// Days since table `name` was checked, at `at`, if that is longer than it holds.
    #[must_use]
    pub fn stale(&self, name: &str, at: Timestamp) -> Option<i64> {
        let age = self.ages.get(name)?;
        let today = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        let days = i64::from(age.date.0.until(today).ok()?.get_days());
        (days > i64::from(age.stale_after_days)).then_some(days)
    }
}

/// Whether two texts are the same, case aside.
fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || !(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase()
}

/// Where a pack's file is read from.
enum Source<'a> {
    BuiltIn(File),
    Text(&'a str),
}

type Files<'a> = BTreeMap<&'a str, Source<'a>>;

fn take<T: DeserializeOwned>(files: &mut Files<'_>, path: &str) -> Result<T> {
    let read = match files.remove(path) {
        Some(Source::BuiltIn(file)) => file.read(),
        Some(Source::Text(text)) => yaml::parse(&format!("rules/{path}"), text),
        None => return Err(Error::Rules(format!("rules/{path}: expected this file, found none"))),
    };
    read.map_err(|complaint| Error::Rules(complaint.to_string()))
}

fn dated<T: DeserializeOwned>(files: &mut Files<'_>, ages: &mut BTreeMap<String, Age>, name: &str) -> Result<Table<T>> {
    let table: Table<T> = take(files, &format!("tables/{name}.yml"))?;
    ages.insert(name.to_owned(), Age { date: table.date, stale_after_days: table.stale_after_days });
    Ok(table)
}

/// The rows of the limits table as a struct, so that a missing or misspelt one is an error.
fn limits(table: Table<LimitRow>) -> Result<Limits> {
    let rows: serde_json::Map<String, serde_json::Value> =
        table.entries.into_iter().map(|row| (row.name, row.value.into())).collect();
    serde_json::from_value(rows.into()).map_err(|error| Error::Rules(format!("rules/tables/limits.yml: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::source::RuleSource;

    /// A number where a text is meant would be one in JSON and not in YAML; then the file is read twice at every start.
    #[test]
    fn what_is_built_in_says_the_same_as_json() {
        for file in embedded_rules() {
            let yaml: RuleSource = yaml::parse(file.path, file.text).unwrap();
            let json: RuleSource =
                serde_json::from_str(file.json).unwrap_or_else(|error| panic!("{}: {error}", file.path));
            assert_eq!(json, yaml, "{}", file.path);
        }
        let yaml = Pack::of(embedded::TABLES.iter().map(|file| (file.path, file.text))).unwrap();
        let json = Pack::embedded().unwrap();
        assert_eq!(format!("{json:?}"), format!("{yaml:?}"));
        for file in embedded::TABLES.iter().filter(|file| file.path.starts_with("tables/")) {
            let read: std::result::Result<serde_json::Value, _> = serde_json::from_str(file.json);
            assert!(read.is_ok(), "{}: no JSON", file.path);
        }
    }
}
