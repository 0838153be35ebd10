//! Files and folders as facts: listings, connector DLLs, databases.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PeSummary;
use crate::{path::WinPath, reading::Reading};

/// Size and times of a file or folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileStat {
    /// Bytes; 0 for a folder.
    pub size: u64,
    /// Whether it is a folder.
    #[serde(default)]
    pub folder: bool,
    /// Whether it is a reparse point (junction, symbolic link, cloud placeholder).
    #[serde(default)]
    pub reparse: bool,
    /// Creation time, UTC, where the host tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// Last write time, UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<Timestamp>,
}

/// What a listed folder is to the connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FolderRole {
    /// A user's `%LOCALAPPDATA%\Kerio\Outlook Connector`: one sub-folder per Outlook profile \[K2\]\[K6\].
    Data,
    /// A program folder of the connector.
    Program,
    /// The updater's folder.
    Updater,
    /// Outlook's own logging folder.
    OutlookLogging,
    /// Anything else the plan lists.
    Other,
}

/// The listing of one folder with everything below it (`facts/folders.json`). A folder that does not exist has a
/// record too, with `entries` missing as *absent*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FolderRecord {
    /// The folder.
    pub path: WinPath,
    /// What it is to the connector.
    pub role: FolderRole,
    /// The user whose it is, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where the path really leads when it is a junction, link or redirection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolves_to: Option<WinPath>,
    /// Everything below it, folders too, sorted by path.
    pub entries: Reading<Vec<FolderEntry>>,
}

/// One line of a [`FolderRecord`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FolderEntry {
    /// Path relative to the listed folder.
    pub path: String,
    /// Size and times.
    #[serde(flatten)]
    pub stat: FileStat,
    /// File version (`a.b.c.d`) of a PE file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// How a copy of a connector file came to notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// Lies in an install folder of the connector.
    Install,
    /// Named by an Outlook profile.
    Profile,
    /// Named by a MAPISVC.INF.
    Mapisvc,
    /// Named by a Windows service.
    Service,
    /// Lies in a folder of the PATH.
    Path,
    /// Lies in System32 or SysWOW64.
    System,
    /// Lies in an Office or MSMAPI folder.
    Office,
    /// Lies below a Temp folder.
    Temp,
    /// Lies below a Downloads folder.
    Downloads,
    /// Lies below a Roaming folder.
    Roaming,
    /// Lies below a Desktop.
    Desktop,
    /// Lies below ProgramData.
    ProgramData,
    /// Loaded in a process.
    Loaded,
    /// Part of loose evidence.
    Loose,
}

/// One connector DLL or program (`facts/programs.json`): everything needed to judge it without the file itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProgramRecord {
    /// Full path.
    pub path: WinPath,
    /// How it came to notice; every way that applies, sorted.
    pub found_by: Vec<FoundBy>,
    /// The user in whose profile it lies, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Size and times; missing as *absent* where it is registered and does not exist.
    pub stat: Reading<FileStat>,
    /// Headers, version, digests, certificate table and the rest.
    pub pe: Reading<PeSummary>,
    /// Alternate data streams with their text, e.g. `Zone.Identifier`.
    #[serde(default)]
    pub streams: Reading<Vec<Stream>>,
    /// Owner, as an account name or SID.
    #[serde(default)]
    pub owner: Reading<String>,
    /// Accounts other than administrators, system and TrustedInstaller that may write the file.
    #[serde(default)]
    pub writers: Reading<Vec<String>>,
    /// What Windows itself says about the signature (WinVerifyTrust), live only.
    #[serde(default)]
    pub windows_verdict: Reading<WindowsVerdict>,
}

/// An alternate data stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stream {
    /// Its name without `:` and `:$DATA`.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Its text, at most 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The operating system's own signature verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WindowsVerdict {
    /// Result of `WinVerifyTrust` with `WINTRUST_ACTION_GENERIC_VERIFY_V2`: 0 is good, else the HRESULT.
    pub code: i64,
    /// The constant's name where known, e.g. `TRUST_E_NOSIGNATURE`.
    pub name: String,
    /// The security catalogue that lists the file, if `CryptCATAdmin*` found one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<WinPath>,
}

/// A local Firebird database (`facts/databases.json`): file facts and header page, never more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DatabaseRecord {
    /// Full path.
    pub path: WinPath,
    /// The user whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Size and times.
    pub stat: Reading<FileStat>,
    /// The first 128 bytes at most (fixed part of Firebird's header page), lower-case hex.
    pub header: Reading<String>,
}
