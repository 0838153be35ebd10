//! Processes that matter: those that hold a connector DLL, Outlook, and the connector's own.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{path::WinPath, reading::Reading};

/// All processes seen, in one record (`facts/processes.json`, exactly one record).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessSurvey {
    /// Processes that hold a connector DLL, and every Outlook and Kerio process.
    pub processes: Vec<ProcessRecord>,
    /// How many processes ran.
    pub total: u32,
    /// How many of them would not show their modules (elevation would help).
    pub unseen: u32,
    /// Length of the sampling window in milliseconds.
    pub window_ms: u64,
    /// Number of connection samples taken in the window.
    pub samples: u32,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessRecord {
    /// Process id.
    pub pid: u32,
    /// Image name, e.g. `OUTLOOK.EXE`.
    pub name: String,
    /// Full path of the program.
    #[serde(default)]
    pub path: Reading<WinPath>,
    /// Command line.
    #[serde(default)]
    pub command_line: Reading<String>,
    /// Parent process id and image name.
    #[serde(default)]
    pub parent: Reading<(u32, String)>,
    /// Terminal session.
    #[serde(default)]
    pub session: Reading<u32>,
    /// Start time, UTC.
    #[serde(default)]
    pub started: Reading<Timestamp>,
    /// `x86`, `x64` or `arm64`.
    #[serde(default)]
    pub architecture: Reading<String>,
    /// Signer of the program as Windows names it.
    #[serde(default)]
    pub signer: Reading<String>,
    /// Connector DLLs loaded in it, full paths.
    #[serde(default)]
    pub connector_dlls: Reading<Vec<WinPath>>,
    /// CPU over the window in percent of one processor.
    #[serde(default)]
    pub cpu_percent: Reading<f64>,
    /// Bytes read and written by the process over the window.
    #[serde(default)]
    pub io_bytes: Reading<u64>,
    /// Working set in bytes.
    #[serde(default)]
    pub memory: Reading<u64>,
    /// TCP connections seen.
    #[serde(default)]
    pub connections: Reading<Vec<ConnectionRecord>>,
}

/// One TCP connection of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionRecord {
    /// Remote address, v4 or v6.
    pub remote: String,
    /// Remote port.
    pub port: u16,
    /// `established`, `listen`, `syn_sent`, … as in the MIB.
    pub state: String,
    /// In how many samples it was seen.
    pub samples: u32,
}
