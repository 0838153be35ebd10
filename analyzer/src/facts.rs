//! Facts: typed records parsed from artifacts and derived from each other, or the reason why there are none. Owns the
//! record model that rules select over; each kind lives in its own file and declares its fields there.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{evidence::Evidence, verdict::Unknown};

pub mod assemble;
pub mod context;
pub mod derive;
pub mod dll;
pub mod event;
pub mod failure;
pub mod kind;
pub mod log;
pub mod model;
pub mod names;
pub mod raw;
pub mod server;
pub mod streams;
pub mod version;

pub use assemble::Means;
pub use kind::{Field, FieldType, Kind};
use log::{needs::Needs, wanted::Wanted};

/// A field's value in a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Text, paths and versions.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Yes or no.
    Bool(bool),
    /// A moment, UTC.
    Time(Timestamp),
    /// Several texts.
    List(Vec<String>),
    /// Certainly not there.
    Absent,
    /// Cannot be told, and why.
    Unknown(Vec<Unknown>),
}

/// One fact: fields by name, and where each was seen. A field that the kind declares and the record lacks is
/// [`Datum::Absent`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Values by field name.
    pub fields: BTreeMap<&'static str, Datum>,
    /// Where it was seen, best first.
    pub evidence: Vec<Evidence>,
}

/// All records of one kind, and why some may be missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// The records, in an order that depends on the bundle alone.
    pub records: Vec<Record>,
    /// Reasons why there may be more records than these. Empty means: these are all.
    pub gaps: Vec<Unknown>,
    /// Who wants which of the records, where that was told while they were read.
    pub wanted: Option<Wanted>,
}

/// Every kind's table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Facts {
    /// By kind name; every kind of [`kind::ALL`] has an entry.
    pub tables: BTreeMap<&'static str, Table>,
}

impl Facts {
    /// The table of `kind`; an empty one where nothing was parsed.
    #[must_use]
    pub fn table(&self, kind: &Kind) -> &Table {
        static NONE: Table = Table { records: Vec::new(), gaps: Vec::new(), wanted: None };
        self.tables.get(kind.name).unwrap_or(&NONE)
    }
}

impl Table {
    /// The records that may concern those who have `need`, with their indices: all, where nothing better is known.
    pub fn records_for(&self, need: Option<&Needs>) -> impl Iterator<Item = (usize, &Record)> {
        let chosen = need.zip(self.wanted.as_ref()).and_then(|(need, wanted)| wanted.of(need));
        let all = if chosen.is_none() { 0..self.records.len() } else { 0..0 };
        let indices = chosen.into_iter().flatten().chain(all);
        indices.filter_map(|index| self.records.get(index).map(|record| (index, record)))
    }
}

impl Record {
    /// The value of `field`.
    #[must_use]
    pub fn get(&self, field: &str) -> &Datum {
        self.fields.get(field).unwrap_or(&Datum::Absent)
    }

    /// `self` with `field` set.
    #[must_use]
    pub fn with(mut self, field: &'static str, datum: impl Into<Datum>) -> Self {
        self.fields.insert(field, datum.into());
        self
    }

    /// `self` with one more place where it was seen.
    #[must_use]
    pub fn seen(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

impl From<&str> for Datum {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Datum {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Datum {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u64> for Datum {
    fn from(number: u64) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Datum {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Timestamp> for Datum {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Vec<String>> for Datum {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

impl From<Unknown> for Datum {
    fn from(why: Unknown) -> Self {
        Self::Unknown(vec![why])
    }
}

impl<T: Into<Self>> From<Option<T>> for Datum {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<T: Into<Self>> From<Result<T, Unknown>> for Datum {
    fn from(value: Result<T, Unknown>) -> Self {
        value.map_or_else(Self::from, Into::into)
    }
}

#[cfg(test)]
mod tests;
