//! Crash dumps by their headers: which program, which exception, which modules. Memory content is never part of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{path::WinPath, reading::Reading};

/// One minidump of Outlook or the connector (`facts/crash-dumps.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DumpRecord {
    /// Full path of the dump.
    pub path: WinPath,
    /// The user whose it is, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Bytes of the file.
    pub size: u64,
    /// Last write time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
    /// What its headers say; missing with the reason where it is no minidump.
    pub headers: Reading<DumpHeaders>,
}

/// The headers of a minidump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DumpHeaders {
    /// When it was written, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
    /// Exception code, `0x…`; absent in a dump of a hang.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Path of the module in which the exception happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub module: Option<WinPath>,
    /// Offset of the exception in that module, bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Loaded modules in the order of the dump, the program itself first.
    #[serde(default)]
    pub modules: Vec<DumpModule>,
}

/// A module loaded when the dump was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DumpModule {
    /// Full path.
    pub path: WinPath,
    /// File version `a.b.c.d`, where the module has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}
