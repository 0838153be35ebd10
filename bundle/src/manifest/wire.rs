//! A manifest's entry as it is read: with the keys of its acquisition among its own. Owns that shape only. What `flatten`
//! would derive copies every key and value of every entry first.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::{Entry, FlushPoints, Gap};
use crate::acquisition::{Acquisition, State};

#[derive(Deserialize)]
struct Flat {
    name: String,
    artifact: String,
    user: Option<String>,
    origin: String,
    method: String,
    state: State,
    #[serde(default)]
    reason: String,
    os_error: Option<i64>,
    #[serde(default)]
    gaps: Vec<Gap>,
    #[serde(default)]
    bytes_read: u64,
    #[serde(default)]
    bytes_kept: u64,
    #[serde(default)]
    duration_ms: u64,
    sha256: Option<String>,
    #[serde(default)]
    masks: BTreeMap<String, u64>,
    flush_points: Option<FlushPoints>,
    modified: Option<Timestamp>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let flat = Flat::deserialize(deserializer)?;
        Ok(Self {
            name: flat.name,
            artifact: flat.artifact,
            user: flat.user,
            origin: flat.origin,
            method: flat.method,
            acquisition: Acquisition { state: flat.state, reason: flat.reason, os_error: flat.os_error },
            gaps: flat.gaps,
            bytes_read: flat.bytes_read,
            bytes_kept: flat.bytes_kept,
            duration_ms: flat.duration_ms,
            sha256: flat.sha256,
            masks: flat.masks,
            flush_points: flat.flush_points,
            modified: flat.modified,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_that_is_written_is_read() {
        let gap = Gap { place: "sub".to_owned(), acquisition: Acquisition::ended(State::Denied, "no") };
        let entry = Entry {
            user: Some("user-1".to_owned()),
            acquisition: Acquisition { state: State::Truncated, reason: "head and tail".to_owned(), os_error: Some(5) },
            gaps: vec![gap],
            bytes_read: 1,
            bytes_kept: 2,
            duration_ms: 3,
            sha256: Some("00".to_owned()),
            masks: [("user".to_owned(), 4)].into(),
            flush_points: Some(FlushPoints { interval: 5, offsets: vec![0], sha256: None }),
            modified: Some(Timestamp::UNIX_EPOCH),
            ..super::super::sample::entry("logs/a.log", "connector-logs")
        };
        let written = serde_json::to_value(&entry).unwrap();
        assert_eq!(serde_json::from_value::<Entry>(written.clone()).unwrap(), entry);
        let keys: Vec<&String> = written.as_object().unwrap().keys().collect();
        assert_eq!(keys.len(), 16, "{keys:?}: a new key has its place in `Flat`, too");
        let mut newer = written;
        newer["a key of tomorrow"] = true.into();
        assert!(serde_json::from_value::<Entry>(newer).is_ok());
    }
}
