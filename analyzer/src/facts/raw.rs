//! Raw inputs of the facts: members of the bundle as lookups that answer "there", "certainly not there" or "cannot be
//! told, because". Owns no model of Outlook or the connector and judges nothing.

pub mod altered;
#[cfg(test)]
pub(crate) mod bench;
pub mod files;
pub mod input;
pub mod registry;
pub mod rows;

use crate::{evidence::Evidence, verdict::Unknown};

/// Something found, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen<T> {
    /// What was found.
    pub value: T,
    /// Where it stands.
    pub at: Evidence,
}

impl<T> Seen<T> {
    /// The same place with another value made of this one.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Seen<U> {
        Seen { value: f(self.value), at: self.at }
    }
}

/// `Ok(Some)`: there. `Ok(None)`: the host was asked and has no such thing. `Err`: cannot be told.
pub type Answer<T> = Result<Option<T>, Unknown>;
