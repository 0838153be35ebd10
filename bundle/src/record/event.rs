//! Event-log records, live or out of `.evtx`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One event of a Windows event log (`events/<channel>.ndjson`, one record a line).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventRecord {
    /// Channel, e.g. `Application`.
    pub channel: String,
    /// Provider name, e.g. `Application Error`.
    pub provider: String,
    /// Event id without qualifiers.
    pub id: u32,
    /// Level as in the event schema: 1 critical, 2 error, 3 warning, 4 information; 0 always.
    #[serde(default)]
    pub level: u8,
    /// When it was written, UTC.
    pub time: Timestamp,
    /// Record number inside its log.
    pub record: u64,
    /// Insertion strings in order, and named data under their names. Unnamed ones are called `1`, `2`, ….
    #[serde(default)]
    pub data: BTreeMap<String, String>,
    /// The rendered message where the host could render it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
