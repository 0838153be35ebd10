//! One line of a selection against one record. Owns the comparisons; a value that cannot be told stays unknown.

use std::{borrow::Cow, cmp::Ordering, collections::BTreeSet, net::IpAddr};

use jiff::Timestamp;
use koff_bundle::{acquisition::State, path::WinPath};

use super::{Pattern, Trace, VersionNumber};
use crate::{
    facts::{Datum, Field, Record},
    verdict::{Truth, Unknown},
};

/// One line of a selection: a field and what must hold for it.
#[derive(Debug, Clone)]
pub struct Test {
    /// The field.
    pub field: &'static Field,
    /// The line as written.
    pub written: String,
    /// Whether all matchers must hold; else one of them.
    pub all: bool,
    /// With regard to case.
    pub cased: bool,
    /// One per value.
    pub matchers: Vec<Matcher>,
}

/// How two values must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Below.
    Lt,
    /// Below or equal.
    Lte,
    /// Above.
    Gt,
    /// Above or equal.
    Gte,
    /// Equal.
    Eq,
}

impl Order {
    fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Lt => found.is_lt(),
            Self::Lte => found.is_le(),
            Self::Gt => found.is_gt(),
            Self::Gte => found.is_ge(),
            Self::Eq => found.is_eq(),
        }
    }
}

/// What must hold for a value. Texts are lower case unless the test is cased.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// Equal text.
    Equals(String),
    /// Contains it.
    Contains(String),
    /// Starts with it.
    StartsWith(String),
    /// Ends with it.
    EndsWith(String),
    /// The pattern occurs.
    Pattern(Pattern),
    /// An address in this network: address and prefix length.
    Network(IpAddr, u8),
    /// This folder or below.
    Under(WinPath),
    /// A number.
    Number(Order, i64),
    /// A truth value.
    Bool(bool),
    /// A moment.
    Time(Order, Timestamp),
    /// A version.
    Version(Order, VersionNumber),
    /// Whether there is a value.
    Exists(bool),
    /// Stands in this list (lower case).
    Listed(BTreeSet<String>),
}

impl Test {
    /// Whether the line holds for `record`.
    #[must_use]
    pub fn truth(&self, record: &Record) -> Truth {
        let datum = record.get(self.field.name);
        let results = self.matchers.iter().map(|matcher| matcher.truth(datum, self.cased));
        if self.all { results.fold(Truth::True, Truth::and) } else { results.fold(Truth::False, Truth::or) }
    }

    /// The same, with the value found.
    #[must_use]
    pub fn trace(&self, record: &Record) -> Trace {
        let found = shown(record.get(self.field.name));
        Trace { asked: format!("{}, found {found}", self.written), truth: self.truth(record), parts: Vec::new() }
    }
}

impl Matcher {
    fn truth(&self, datum: &Datum, cased: bool) -> Truth {
        if let Datum::Unknown(reasons) = datum {
            return Truth::Unknown(reasons.clone());
        }
        match self {
            Self::Exists(wanted) => Truth::from(exists(datum) == *wanted),
            Self::Number(order, bound) => match datum {
                Datum::Number(found) => order.holds(found.cmp(bound)).into(),
                _ => Truth::False,
            },
            Self::Bool(wanted) => Truth::from(*datum == Datum::Bool(*wanted)),
            Self::Time(order, bound) => match datum {
                Datum::Time(found) => order.holds(found.cmp(bound)).into(),
                _ => Truth::False,
            },
            Self::Version(order, bound) => texts(datum)
                .map(|text| match VersionNumber::parse(&text) {
                    Some(found) => order.holds(found.cmp(bound)).into(),
                    None => {
                        let what = format!("`{text}` is not a version such as 9.4.0");
                        Truth::Unknown(vec![Unknown::new(State::Failed, what)])
                    }
                })
                .fold(Truth::False, Truth::or),
            _ => Truth::from(texts(datum).any(|text| self.holds(&text, cased))),
        }
    }

    pub(super) fn holds(&self, text: &str, cased: bool) -> bool {
        if let Self::Pattern(pattern) = self {
            return pattern.is_match(text);
        }
        let text: Cow<'_, str> = if cased { text.into() } else { text.to_lowercase().into() };
        match self {
            Self::Equals(wanted) => text == wanted.as_str(),
            Self::Contains(part) => text.contains(part),
            Self::StartsWith(part) => text.starts_with(part),
            Self::EndsWith(part) => text.ends_with(part),
            Self::Network(network, bits) => text.trim().parse().is_ok_and(|found| within(found, *network, *bits)),
            Self::Under(folder) => WinPath::new(&text).is_under(folder),
            Self::Listed(list) => list.contains(text.as_ref()),
            _ => false,
        }
    }
}

/// Whether there is a value: an empty text or list is none.
fn exists(datum: &Datum) -> bool {
    match datum {
        Datum::Absent => false,
        Datum::Text(text) => !text.is_empty(),
        Datum::List(list) => !list.is_empty(),
        _ => true,
    }
}

/// The texts that a text comparison looks at.
pub(super) fn texts(datum: &Datum) -> Box<dyn Iterator<Item = Cow<'_, str>> + '_> {
    match datum {
        Datum::Text(text) => Box::new(std::iter::once(Cow::Borrowed(text.as_str()))),
        Datum::List(list) => Box::new(list.iter().map(|text| Cow::Borrowed(text.as_str()))),
        _ => Box::new(std::iter::empty()),
    }
}

/// Whether `found` lies in `network`, the first `bits` bits deciding.
fn within(found: IpAddr, network: IpAddr, bits: u8) -> bool {
    let shift = |width: u8| u32::from(width.saturating_sub(bits));
    match (found, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let differing = u32::from(a) ^ u32::from(b);
            differing.checked_shr(shift(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let differing = u128::from(a) ^ u128::from(b);
            differing.checked_shr(shift(128)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// A value as people read it.
#[must_use]
pub fn shown(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => format!("`{text}`"),
        Datum::Number(number) => number.to_string(),
        Datum::Bool(value) => value.to_string(),
        Datum::Time(time) => time.to_string(),
        Datum::List(list) => format!("[{}]", list.join(", ")),
        Datum::Absent => "nothing".to_owned(),
        Datum::Unknown(reasons) => {
            format!("unknown ({})", reasons.iter().map(Unknown::words).collect::<Vec<_>>().join("; "))
        }
    }
}
