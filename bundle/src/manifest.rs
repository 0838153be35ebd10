//! The manifest, `manifest.json`: what was planned, how obtaining each artifact ended, and on which host. Owns the wire
//! types of format version 1; reading and writing the zip around it is `reader` and `writer`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{acquisition::Acquisition, reading::Reading};

mod wire;

/// The format version this crate writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;

/// The member that every bundle holds first.
pub const MANIFEST_NAME: &str = "manifest.json";

/// The bundle's table of contents. Unknown keys are ignored, so that a later tool may add some within one version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Manifest {
    /// [`FORMAT_VERSION`] of the writer. Read before anything else.
    pub format_version: u32,
    /// The program that wrote the bundle.
    pub tool: Tool,
    /// Name of the collection plan, e.g. `default`.
    pub plan: String,
    /// The machine that the artifacts come from.
    pub host: HostInfo,
    /// When collecting began, UTC.
    pub started: Timestamp,
    /// When collecting ended, UTC.
    pub finished: Timestamp,
    /// What redaction did to this bundle as a whole.
    pub redaction: Redaction,
    /// One entry per *planned* artifact, obtained or not, in the order of the plan.
    pub entries: Vec<Entry>,
}

/// Name and version of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// Program name, e.g. `koff-collect`.
    pub name: String,
    /// Semantic version.
    pub version: String,
}

/// Through which door the host was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostKind {
    /// The running machine.
    Live,
    /// The root of a Windows system disk.
    Disk,
    /// Played back from a fixture.
    Recorded,
    /// Evidence gathered by hand, without a manifest.
    Loose,
}

/// The host diagnosed. Every reading may be missing; a missing one is unknown, never "no".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HostInfo {
    /// Through which door it was read.
    pub kind: HostKind,
    /// `ProductName`, e.g. `Windows 10 Pro` (Windows 11 says so too; the build tells).
    #[serde(default)]
    pub windows: Reading<String>,
    /// `EditionID`, e.g. `Professional`.
    #[serde(default)]
    pub edition: Reading<String>,
    /// `DisplayVersion` or `ReleaseId`, e.g. `22H2`.
    #[serde(default)]
    pub display_version: Reading<String>,
    /// `CurrentBuildNumber`, e.g. 22631.
    #[serde(default)]
    pub build: Reading<u32>,
    /// Update build revision (`UBR`).
    #[serde(default)]
    pub ubr: Reading<u32>,
    /// `x86`, `x64` or `arm64`.
    #[serde(default)]
    pub architecture: Reading<String>,
    /// System locale, BCP 47 where known, e.g. `de-DE`.
    #[serde(default)]
    pub locale: Reading<String>,
    /// Windows name of the time zone, e.g. `W. Europe Standard Time`.
    #[serde(default)]
    pub time_zone: Reading<String>,
    /// Offset of local time from UTC in minutes when collecting (east positive).
    #[serde(default)]
    pub utc_offset_minutes: Reading<i32>,
    /// Whether the collector ran elevated.
    #[serde(default)]
    pub elevated: Reading<bool>,
    /// NetBIOS name (a pseudonym where redacted).
    #[serde(default)]
    pub computer: Reading<String>,
}

/// What redaction did to a bundle as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Redaction {
    /// Whether names were replaced by pseudonyms (secrets are removed in every mode).
    pub names_masked: bool,
    /// Masks by kind, over all artifacts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub masks: BTreeMap<String, u64>,
}

/// One planned artifact.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entry {
    /// Member name inside the zip, e.g. `registry/machine/kerio.reg`; also the name of an artifact that has no member
    /// because it could not be obtained. Unique.
    pub name: String,
    /// Id of the artifact in the catalogue, e.g. `registry-kerio`. An unknown id is kept.
    pub artifact: String,
    /// The user whose it is (`id` in `facts/users.json`), if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where it was: a Windows path, a registry key (`HKEY_LOCAL_MACHINE\…`), an event channel, an API.
    pub origin: String,
    /// How it was obtained, e.g. `registry tree`, `registry values`, `hive`, `file`, `api`.
    pub method: String,
    /// How that ended.
    #[serde(flatten)]
    pub acquisition: Acquisition,
    /// Parts that could not be obtained although the rest was (a denied sub-key, a locked file of a listing).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// Bytes read on the host.
    #[serde(default)]
    pub bytes_read: u64,
    /// Bytes kept in the member, uncompressed, after caps and redaction.
    #[serde(default)]
    pub bytes_kept: u64,
    /// How long obtaining it took, in milliseconds.
    #[serde(default)]
    pub duration_ms: u64,
    /// SHA-256 of the member's uncompressed bytes, lower-case hex; absent without a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Masks in this member by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub masks: BTreeMap<String, u64>,
    /// Where the deflate stream can be entered, for large members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flush_points: Option<FlushPoints>,
    /// Last write time of the original, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

/// A part of an artifact that is missing although the rest is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Gap {
    /// Which part: a sub-key, a file, a byte range.
    pub place: String,
    /// How obtaining it ended.
    #[serde(flatten)]
    pub acquisition: Acquisition,
}

/// Deflate full-flush points: after each `interval` raw bytes the compressor forgets its window and byte-aligns, so that
/// each stretch inflates by itself. Any unzip tool reads the member as one ordinary stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlushPoints {
    /// Raw bytes between two points; the last stretch may be shorter.
    pub interval: u64,
    /// Offset of each stretch in the member's compressed data, the first being 0.
    pub offsets: Vec<u64>,
    /// SHA-256 of the member's compressed data, with the entry's `sha256` (64 digits of hex) and the container's CRC-32 (8
    /// digits) behind them, lower-case hex. Where it is right, all three are as they were written, and the raw bytes need be
    /// neither hashed nor summed up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// Manifests for tests of this crate.
#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    pub(crate) fn manifest(kind: HostKind) -> Manifest {
        let host = serde_json::from_value(serde_json::json!({ "kind": kind })).unwrap();
        Manifest {
            format_version: FORMAT_VERSION,
            tool: Tool { name: "koff-collect".to_owned(), version: "0.1.0".to_owned() },
            plan: "default".to_owned(),
            host,
            started: "2026-03-02T10:00:00Z".parse().unwrap(),
            finished: "2026-03-02T10:00:05Z".parse().unwrap(),
            redaction: Redaction { names_masked: false, masks: BTreeMap::new() },
            entries: Vec::new(),
        }
    }

    pub(crate) fn entry(name: &str, artifact: &str) -> Entry {
        let origin = format!("C:\\{name}");
        serde_json::from_value(serde_json::json!({
            "name": name, "artifact": artifact, "origin": origin, "method": "file", "state": "complete",
        }))
        .unwrap()
    }
}
