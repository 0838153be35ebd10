//! The live machine. Owns [`Windows`], the [`Host`] over Win32; the modules below, one Win32 family each, hold the only
//! `unsafe` code of the workspace. Reads only: starts no service, loads no hive, writes nothing, asks no network.

mod accounts;
mod antivirus;
mod com;
mod environment;
mod events;
mod files;
mod identity;
mod info;
mod language;
mod library;
mod licences;
mod priority;
mod processes;
mod protection;
mod refusal;
mod registry;
mod screen;
mod security;
mod services;
mod shadow;
mod streams;
mod tray;
mod trust;
mod volumes;
mod wide;
mod wmi;

use std::{path::Path, sync::OnceLock};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    manifest::HostInfo,
    path::WinPath,
    record::{
        AntivirusRecord, FileStat, ProcessSurvey, ReachRecord, ServiceLicence, Stream, UpdateRecord, VolumeRecord,
        WindowsVerdict,
    },
    registry::Key,
};

pub use self::language::language;
pub(super) use self::protection::{protect, unprotect};
pub(crate) use self::{library::function, wide::wide};

use processes::Watch;

use super::{
    Account, Answer, Bytes, Child, EventQuery, Events, Host, Picture, Root, Scene, absent,
    disk::DiskHost,
    licensing::Licensing,
    network,
    servicing::{self, Protection},
};

/// The running Windows.
pub struct Windows {
    watch: Watch,
    /// The system drive as files, for hives of people who are not signed in.
    disk: OnceLock<Answer<DiskHost>>,
}

impl Windows {
    /// Prepares this process for reading the machine: low priority, no system message boxes, and the backup privilege
    /// where its token carries it.
    #[must_use]
    pub fn new() -> Self {
        priority::be_modest();
        identity::enable_privilege("SeBackupPrivilege");
        Self { watch: Watch::default(), disk: OnceLock::new() }
    }

    /// A key of a person: out of the loaded hive, or out of the hive file of somebody who is not signed in.
    fn personal_key(&self, account: &str, path: &str) -> Answer<Key> {
        let live = registry::read(registry::Hive::Users, format!(r"{account}\{path}").trim_end_matches('\\'));
        match live {
            Err(refusal)
                if refusal.state == State::Absent && registry::read(registry::Hive::Users, account).is_err() =>
            {
                self.stored_key(account, path)
            }
            answer => answer,
        }
    }

    /// The hive file is read like that of a disk: never loaded into the registry, its transaction logs applied in memory.
    fn stored_key(&self, account: &str, path: &str) -> Answer<Key> {
        let profile = self.account(account)?.profile;
        let drive = profile.as_str().get(..3).filter(|drive| drive.eq_ignore_ascii_case(r"C:\"));
        let drive = drive.ok_or_else(|| refusal::failed(format!("{profile}: the profile is not on drive C:")))?;
        let disk = self.disk.get_or_init(|| DiskHost::open(Path::new(drive), Timestamp::now()));
        let disk = disk.as_ref().map_err(Clone::clone)?;
        disk.key(&Root::User(profile.file_name().to_owned()), path)
    }

    /// As WMI says, else out of the Security Center's own copy in the registry.
    fn registered(&self, protection: Protection) -> Answer<Vec<AntivirusRecord>> {
        let copy = || servicing::registered(self, protection, |path| environment::expanded(path));
        antivirus::registered(protection).or_else(|why| copy().map_err(|_| why))
    }

    fn account(&self, key: &str) -> Answer<Account> {
        let found = accounts::accounts()?.into_iter().find(|account| account.key == key);
        found.ok_or_else(|| absent(format!("account {key}: unknown")))
    }
}

impl Default for Windows {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for Windows {
    fn info(&self) -> HostInfo {
        info::info()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn accounts(&self) -> Answer<Vec<Account>> {
        accounts::accounts()
    }

    fn variable(&self, name: &str, user: Option<&str>) -> Answer<String> {
        let account = user.map(|key| self.account(key)).transpose()?;
        environment::variable(name, account.as_ref())
    }

    fn key(&self, root: &Root, path: &str) -> Answer<Key> {
        match root {
            Root::Machine => registry::read(registry::Hive::Machine, path),
            Root::User(account) => self.personal_key(account, path),
        }
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        files::list(folder)
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        files::stat(path)
    }

    fn resolve(&self, path: &WinPath) -> Answer<WinPath> {
        files::resolve(path)
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        files::open(path)
    }

    fn shadowed(&self, path: &WinPath) -> Answer<(Box<dyn Bytes>, String)> {
        let (file, copy) = shadow::open(path)?;
        Ok((Box::new(file), copy))
    }

    fn streams(&self, path: &WinPath) -> Answer<Vec<Stream>> {
        streams::streams(path)
    }

    fn security(&self, path: &WinPath) -> Answer<(String, Vec<String>)> {
        security::security(path, &accounts::accounts().unwrap_or_default())
    }

    fn volumes(&self) -> Answer<Vec<VolumeRecord>> {
        volumes::volumes(&accounts::accounts().unwrap_or_default())
    }

    fn memory(&self) -> Answer<u64> {
        info::memory()
    }

    fn booted(&self) -> Answer<Timestamp> {
        info::booted(self.now())
    }

    fn updates(&self) -> Answer<Vec<UpdateRecord>> {
        servicing::updates(self)
    }

    fn service_state(&self, name: &str) -> Answer<String> {
        services::state(name)
    }

    fn processes(&self, dlls: &[&str], programs: &[&str]) -> Answer<ProcessSurvey> {
        processes::survey(dlls, programs, self.watch)
    }

    fn antivirus(&self) -> Answer<Vec<AntivirusRecord>> {
        self.registered(Protection::Antivirus)
    }

    fn firewalls(&self) -> Answer<Vec<AntivirusRecord>> {
        self.registered(Protection::Firewall)
    }

    fn licences(&self, licensing: Licensing) -> Answer<Vec<ServiceLicence>> {
        licences::licences(licensing)
    }

    fn events(&self, query: &EventQuery) -> Answer<Events> {
        events::events(query)
    }

    fn trust(&self, path: &WinPath) -> Answer<WindowsVerdict> {
        trust::verdict(path)
    }

    fn tray(&self) -> Answer<Vec<String>> {
        tray::tray()
    }

    fn is_running(&self) -> bool {
        true
    }

    fn reach(&self, server: &str, port: u16, encrypted: bool) -> Answer<ReachRecord> {
        Ok(network::reach(server, port, encrypted))
    }

    fn picture(&self, scene: Scene) -> Answer<Picture> {
        screen::picture(scene)
    }
}
