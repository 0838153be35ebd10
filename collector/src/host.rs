//! The only door to a machine. Owns the trait [`Host`] and the types that pass through it; the implementations are
//! `windows` (live), `disk` (root of a Windows system disk, on any OS) and `recorded` (played back). Judges nothing.

pub mod disk;
mod filetime;
pub mod licensing;
pub mod network;
pub mod protection;
pub mod recorded;
mod servicing;
pub mod shadow;
pub mod tray;
#[cfg(windows)]
pub mod windows;

use std::io::{Read, Seek};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::HostInfo,
    path::WinPath,
    record::{
        AntivirusRecord, EventRecord, FileStat, ProcessSurvey, ReachRecord, ServiceLicence, Stream, UpdateRecord,
        VolumeRecord, WindowsVerdict,
    },
    registry::Key,
};

/// Why the host did not give something. [`State::Absent`] alone means "asked, and there is none".
pub type Refusal = Acquisition;

/// What the host gives, or why not.
pub type Answer<T> = Result<T, Refusal>;

/// Bytes of a file on the host, opened shared.
pub trait Bytes: Read + Seek + Send {}
impl<T: Read + Seek + Send> Bytes for T {}

/// Whose registry a key belongs to. Keys below are given without root and without leading `\`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `HKEY_LOCAL_MACHINE`; `SYSTEM\CurrentControlSet` is resolved by the host; the 64-bit view, with
    /// `WOW6432Node` spelled out for the other.
    Machine,
    /// `HKEY_CURRENT_USER` of the account with this [`Account::key`].
    User(String),
}

/// A person's account as the host knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// How [`Root::User`] names it: the SID where known, else the name of the profile folder.
    pub key: String,
    /// Security identifier, where known.
    pub sid: Option<String>,
    /// Account name, where known.
    pub name: Option<String>,
    /// Profile folder.
    pub profile: WinPath,
    /// Whether the collector runs as this account.
    pub current: bool,
    /// Whether this account sits at the screen: it owns the desktop of the collector's session. Differs from `current`
    /// when somebody ran the collector "as administrator" with another account's password.
    pub at_screen: bool,
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Name in its stored case.
    pub name: String,
    /// Size and times.
    pub stat: FileStat,
}

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Channel, e.g. `Application`.
    pub channel: String,
    /// Provider names; empty for all.
    pub providers: Vec<String>,
    /// Nothing older than this.
    pub since: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: usize,
}

/// Events read, and what was damaged on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events {
    /// In order of time.
    pub records: Vec<EventRecord>,
    /// Damaged records or chunks, each in words; the rest is still there.
    pub damaged: Vec<String>,
    /// Whether older matching records were left out because of the limit.
    pub cut: bool,
}

/// What a picture of the screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// The foremost window of Outlook.
    Outlook,
    /// The icons beside the clock.
    NotificationArea,
}

/// A picture of a part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Red, green and blue of each pixel, row by row from the top.
    pub rgb: Vec<u8>,
}

/// A machine. Every method answers quickly or not at all (the caller may abandon it), changes nothing on the machine,
/// and treats paths by Windows rules: case-insensitive, short names and junctions followed.
pub trait Host: Send + Sync {
    /// Through which door, and what Windows it is. Readings that fail are missing, never guessed.
    fn info(&self) -> HostInfo;

    /// The present moment on the host (a disk: the caller's clock).
    fn now(&self) -> Timestamp;

    /// Accounts with a profile folder, service accounts left out, sorted by key.
    fn accounts(&self) -> Answer<Vec<Account>>;

    /// A machine-wide environment variable's text with `%…%` expanded, or a user's where `user` names an
    /// [`Account::key`].
    fn variable(&self, name: &str, user: Option<&str>) -> Answer<String>;

    /// One registry key, not its sub-keys' content.
    fn key(&self, root: &Root, path: &str) -> Answer<Key>;

    /// Names in a folder, sorted by lower-case name.
    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>>;

    /// Size and times of a file or folder, links followed.
    fn stat(&self, path: &WinPath) -> Answer<FileStat>;

    /// Where a path really leads once short names, junctions and case are resolved.
    fn resolve(&self, path: &WinPath) -> Answer<WinPath>;

    /// The bytes of a file, opened shared, by backup semantics where the plain way is refused.
    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>>;

    /// The bytes of a file as the newest shadow copy of its volume that is there already holds it, and which one that
    /// is, in words. For files that another program keeps to itself; never makes a shadow copy.
    fn shadowed(&self, _path: &WinPath) -> Answer<(Box<dyn Bytes>, String)> {
        Err(unsupported("only a running PC has shadow copies of its own"))
    }

    /// Alternate data streams.
    fn streams(&self, path: &WinPath) -> Answer<Vec<Stream>>;

    /// Owner of a file, and the accounts beyond administrators and the system that may write it.
    fn security(&self, path: &WinPath) -> Answer<(String, Vec<String>)>;

    /// Every volume, mapped drives too.
    fn volumes(&self) -> Answer<Vec<VolumeRecord>>;

    /// Installed memory in bytes.
    fn memory(&self) -> Answer<u64>;

    /// When Windows was started.
    fn booted(&self) -> Answer<Timestamp>;

    /// Installed Windows updates.
    fn updates(&self) -> Answer<Vec<UpdateRecord>>;

    /// Run state of a service: `running`, `stopped`, ….
    fn service_state(&self, name: &str) -> Answer<String>;

    /// Processes that hold one of `dlls` (lower-case file names) or are called one of `programs`.
    fn processes(&self, dlls: &[&str], programs: &[&str]) -> Answer<ProcessSurvey>;

    /// Registered antivirus products.
    fn antivirus(&self) -> Answer<Vec<AntivirusRecord>>;

    /// Registered firewalls; Windows' own is not among them.
    fn firewalls(&self) -> Answer<Vec<AntivirusRecord>>;

    /// Licences of Office with product keys, as a licensing service knows them. Starts no service.
    fn licences(&self, licensing: licensing::Licensing) -> Answer<Vec<ServiceLicence>>;

    /// Events of one channel.
    fn events(&self, query: &EventQuery) -> Answer<Events>;

    /// What Windows itself says of a file's signature.
    fn trust(&self, path: &WinPath) -> Answer<WindowsVerdict>;

    /// Hover texts of the connector's tray icon.
    fn tray(&self) -> Answer<Vec<String>>;

    /// Whether it is a PC that runs, with a screen and a network of its own.
    fn is_running(&self) -> bool {
        false
    }

    /// One contact with a server on one port. Asked for with a person's consent only.
    fn reach(&self, _server: &str, _port: u16, _encrypted: bool) -> Answer<ReachRecord> {
        Err(unsupported("only a running PC can reach a server"))
    }

    /// A picture of what stands on the screen now. Asked for with a person's consent only.
    fn picture(&self, _scene: Scene) -> Answer<Picture> {
        Err(unsupported("only a running PC has a screen"))
    }
}

/// "Asked, and there is none."
#[must_use]
pub fn absent(what: impl Into<String>) -> Refusal {
    Acquisition::ended(State::Absent, what)
}

/// "Something went wrong, and no code of the system says what."
#[must_use]
pub fn failed(what: impl Into<String>) -> Refusal {
    Acquisition::ended(State::Failed, what)
}

/// "This kind of host can never tell."
#[must_use]
pub fn unsupported(what: impl Into<String>) -> Refusal {
    Acquisition::ended(State::Unsupported, what)
}
