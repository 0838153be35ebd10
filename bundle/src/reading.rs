//! A value or the reason why there is none. Owns [`Reading`]; used wherever "missing" must not look like "no".

use serde::{Deserialize, Serialize};

use crate::acquisition::{Acquisition, State};

/// A value read from the host, or how obtaining it ended instead. On the wire: the bare value, or
/// `{"missing": "denied", "reason": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Reading<T> {
    /// There is none, and this is why. Stands first so that `untagged` tries the narrower shape first.
    Missing(Missing),
    /// The value.
    Value(T),
}

/// Why a [`Reading`] holds no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// How obtaining it ended; never [`State::Complete`].
    pub missing: State,
    /// Why, in words.
    #[serde(default)]
    pub reason: String,
    /// The operating system's error code, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_error: Option<i64>,
}

impl<T> Reading<T> {
    /// There is none because of `state` and `reason`.
    #[must_use]
    pub fn missing(state: State, reason: impl Into<String>) -> Self {
        Self::Missing(Missing { missing: state, reason: reason.into(), os_error: None })
    }

    /// The value, if there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// Why there is none, if there is none.
    pub fn why_missing(&self) -> Option<&Missing> {
        match self {
            Self::Value(_) => None,
            Self::Missing(missing) => Some(missing),
        }
    }
}

impl<T> Default for Reading<T> {
    /// A field that an older tool did not write is unknown, never zero.
    fn default() -> Self {
        Self::missing(State::NotCollected, "not in this bundle")
    }
}

impl<T> From<Result<T, Acquisition>> for Reading<T> {
    fn from(result: Result<T, Acquisition>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(end) => Self::Missing(Missing { missing: end.state, reason: end.reason, os_error: end.os_error }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_field_is_unknown_and_a_value_stays_bare() {
        #[derive(Serialize, Deserialize)]
        struct Memory {
            #[serde(default)]
            bytes: Reading<u64>,
        }
        let old: Memory = serde_json::from_str("{}").unwrap();
        assert_eq!(old.bytes.why_missing().unwrap().missing, State::NotCollected);
        let new: Memory = serde_json::from_str(r#"{"bytes": 5}"#).unwrap();
        assert_eq!(new.bytes.value(), Some(&5));
        assert_eq!(serde_json::to_string(&new).unwrap(), r#"{"bytes":5}"#);
    }
}
