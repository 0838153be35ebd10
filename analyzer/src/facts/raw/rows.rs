//! Record members (`facts/*.json`) as typed rows with JSON pointers. Owns the reading of arrays; a row that does not
//! parse becomes a gap, never an error for its neighbours.

use koff_bundle::{
    acquisition::State,
    reading::{Missing, Reading},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Answer, Seen, input::Member};
use crate::{
    evidence::{Evidence, Place},
    verdict::Unknown,
};

/// The rows of one record member, and why there may be more.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows<T> {
    /// Rows in stored order.
    pub rows: Vec<Seen<T>>,
    /// Reasons why rows may be missing; empty means these are all.
    pub gaps: Vec<Unknown>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), gaps: Vec::new() }
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// Reads `member`, a JSON array (a single object counts as an array of one).
    #[must_use]
    pub fn parse(member: &Member) -> Self {
        let mut rows = Self::default();
        match serde_json::from_slice::<Value>(&member.bytes) {
            Ok(Value::Array(items)) => {
                for (index, item) in items.into_iter().enumerate() {
                    rows.push(member, format!("/{index}"), item);
                }
            }
            Ok(single @ Value::Object(_)) => rows.push(member, String::new(), single),
            Ok(_) => rows.gaps.push(member.unknown(State::Failed, "expected a JSON array of records")),
            Err(error) => rows.gaps.push(member.unknown(State::Failed, &error.to_string())),
        }
        rows
    }

    fn push(&mut self, member: &Member, pointer: String, item: Value) {
        let excerpt = excerpt(&beginning(&item));
        match serde_json::from_value(item) {
            Ok(value) => {
                let place = Place::Json { pointer };
                self.rows.push(Seen { value, at: member.evidence(place, excerpt) });
            }
            Err(error) => self.gaps.push(member.unknown(State::Failed, &format!("record {pointer}: {error}"))),
        }
    }
}

impl<T> Rows<T> {
    /// No rows because of `why`.
    #[must_use]
    pub fn none(why: Vec<Unknown>) -> Self {
        Self { rows: Vec::new(), gaps: why }
    }

    /// The rows themselves.
    pub fn iter(&self) -> impl Iterator<Item = &Seen<T>> {
        self.rows.iter()
    }

    /// The one row of a member that holds one.
    ///
    /// # Errors
    /// Why there is none.
    pub fn single(&self) -> Result<&Seen<T>, Unknown> {
        self.rows.first().ok_or_else(|| {
            self.gaps.first().cloned().unwrap_or_else(|| Unknown::new(State::NotCollected, "no such record"))
        })
    }
}

/// The value of `reading`; a reading that ended as *absent* is an answer ("none"), everything else is unknown. `what`
/// names it in words, `at` says which artifact would have held it.
pub fn answer<T: Clone>(reading: &Reading<T>, what: &str, at: &Evidence) -> Answer<T> {
    match reading {
        Reading::Value(value) => Ok(Some(value.clone())),
        Reading::Missing(Missing { missing: State::Absent, .. }) => Ok(None),
        Reading::Missing(missing) => Err(unknown(missing, what, at)),
    }
}

/// Why `what` is not known, which something with these `gaps` would have told: somebody left that out, else nobody
/// collected it.
pub fn untold<'a>(what: impl Into<String>, gaps: impl IntoIterator<Item = &'a Unknown>) -> Unknown {
    let left = gaps.into_iter().find(|gap| matches!(gap.state, State::Withheld | State::Skipped));
    match left {
        Some(gap) => Unknown { artifact: gap.artifact.clone(), ..Unknown::new(gap.state, what) },
        None => Unknown::new(State::NotCollected, what),
    }
}

/// Why a reading holds nothing, as a reason that names its artifact.
#[must_use]
pub fn unknown(missing: &Missing, what: &str, at: &Evidence) -> Unknown {
    let what = if missing.reason.is_empty() { what.to_owned() } else { format!("{what} ({})", missing.reason) };
    Unknown { artifact: Some(at.artifact.clone()), ..Unknown::new(missing.missing, what) }
}

/// Characters that an excerpt has at most.
const MOST: usize = 400;

/// The text of `item`, cut off behind what an excerpt can show.
fn beginning(item: &Value) -> String {
    let mut text = Beginning(Vec::new());
    // Refusing more is how the rest is saved.
    let _ = serde_json::to_writer(&mut text, item);
    let Beginning(mut bytes) = text;
    let whole = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
    bytes.truncate(whole);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Takes a little more than the longest excerpt has bytes.
struct Beginning(Vec<u8>);

impl std::io::Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let taken = bytes.len().min((4 * (MOST + 2)).saturating_sub(self.0.len()));
        self.0.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// At most 400 characters of `text`, the rest marked.
#[must_use]
pub fn excerpt(text: &str) -> String {
    if text.chars().nth(MOST).is_none() {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
