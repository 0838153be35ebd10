//! The machine: users, folders they own, volumes, memory, updates, services, security products.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{path::WinPath, reading::Reading};

/// A person's account on the host (`facts/users.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRecord {
    /// Id inside this bundle, `user-1`, …: what [`crate::manifest::Entry::user`] refers to.
    pub id: String,
    /// Security identifier.
    pub sid: Reading<String>,
    /// Account name.
    pub name: Reading<String>,
    /// Profile folder, e.g. `C:\Users\anna`.
    pub profile: WinPath,
    /// Whether the collector ran as this user.
    #[serde(default)]
    pub current: bool,
    /// Whether this user owned the desktop while collecting. Differs from `current` when the collector was run with
    /// another account's password.
    #[serde(default)]
    pub at_screen: bool,
    /// Whether the user's registry hive could be read.
    pub hive: Reading<bool>,
    /// Whether anything of the connector belongs to the user.
    pub trace_of_connector: bool,
    /// The user's folders, with redirections followed.
    pub folders: UserFolders,
}

/// Folders of one user, from `User Shell Folders` and the environment, redirections followed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserFolders {
    /// `%LOCALAPPDATA%`
    #[serde(default)]
    pub local_app_data: Reading<WinPath>,
    /// `%APPDATA%`
    #[serde(default)]
    pub roaming_app_data: Reading<WinPath>,
    /// Desktop
    #[serde(default)]
    pub desktop: Reading<WinPath>,
    /// Downloads
    #[serde(default)]
    pub downloads: Reading<WinPath>,
    /// `%TEMP%`
    #[serde(default)]
    pub temp: Reading<WinPath>,
    /// Root folders of sync clients (OneDrive and others).
    #[serde(default)]
    pub synced: Reading<Vec<WinPath>>,
}

/// What carries a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum VolumeKind {
    /// Built-in disk.
    Fixed,
    /// USB stick, card.
    Removable,
    /// Mapped network drive or UNC share.
    Remote,
    /// CD, DVD.
    Optical,
    /// RAM disk.
    Ram,
}

/// What kind of disk carries a fixed volume. The vendor advises an SSD \[K1\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// Without moving parts: no penalty for seeking.
    Solid,
    /// With a head that has to move.
    Rotating,
}

/// One volume (`facts/volumes.json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VolumeRecord {
    /// Root, e.g. `C:\`, or `\\server\share`.
    pub root: WinPath,
    /// What carries it.
    pub kind: Reading<VolumeKind>,
    /// Whether it has to seek, for volumes on disks.
    #[serde(default)]
    pub medium: Reading<Medium>,
    /// Where a mapped drive leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<WinPath>,
    /// The user who mapped it, if it is one user's drive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// File system name, e.g. `NTFS`.
    #[serde(default)]
    pub file_system: Reading<String>,
    /// Capacity in bytes.
    #[serde(default)]
    pub total: Reading<u64>,
    /// Free bytes for the user.
    #[serde(default)]
    pub free: Reading<u64>,
}

/// The machine as a whole (`facts/system.json`, exactly one record).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SystemRecord {
    /// Installed memory in bytes.
    #[serde(default)]
    pub memory: Reading<u64>,
    /// Last start of Windows, UTC.
    #[serde(default)]
    pub booted: Reading<Timestamp>,
    /// Installed Windows updates.
    #[serde(default)]
    pub updates: Reading<Vec<UpdateRecord>>,
    /// Machine-wide `PATH`, split.
    #[serde(default)]
    pub path: Reading<Vec<WinPath>>,
    /// Security products registered with Windows (`root\SecurityCenter2`).
    #[serde(default)]
    pub antivirus: Reading<Vec<AntivirusRecord>>,
    /// Firewalls registered with Windows beside its own.
    #[serde(default)]
    pub firewalls: Reading<Vec<AntivirusRecord>>,
    /// Text shown when hovering over the connector's tray icon.
    #[serde(default)]
    pub tray_text: Reading<Vec<String>>,
}

/// One installed update.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UpdateRecord {
    /// e.g. `KB5031356`.
    pub id: String,
    /// When it was installed, UTC, where known.
    #[serde(default)]
    pub installed: Reading<Timestamp>,
}

/// A security product registered with Windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AntivirusRecord {
    /// Display name.
    pub name: String,
    /// `productState` as registered.
    #[serde(default)]
    pub state: Reading<u32>,
    /// Path of the product's program.
    #[serde(default)]
    pub path: Reading<WinPath>,
}

/// One Windows service of Kerio or that the diagnosis asks about (`facts/services.json`), found by image path below a
/// Kerio folder or by the name `KOFFIndexingService` \[R1\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ServiceRecord {
    /// Service name.
    pub name: String,
    /// Display name.
    #[serde(default)]
    pub display_name: Reading<String>,
    /// Program of the service, arguments and quotes removed.
    #[serde(default)]
    pub image: Reading<WinPath>,
    /// `boot`, `system`, `automatic`, `manual` or `disabled`.
    #[serde(default)]
    pub start: Reading<String>,
    /// `running`, `stopped`, `paused` or a pending state; a disk cannot tell.
    #[serde(default)]
    pub state: Reading<String>,
}
