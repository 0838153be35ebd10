//! The root of a Windows system disk, mounted or copied, on any OS: real hives, real files, nothing that only a running
//! Windows has. Owns the mapping of [`Host`] onto the modules below; changes nothing on the disk and never leaves it.

mod accounts;
mod environment;
mod events;
pub mod hive;
mod info;
mod links;
mod registry;
mod short_names;
mod streams;
mod tree;
mod volumes;

use std::{
    fs::{self, File},
    path::Path,
    sync::OnceLock,
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::HostInfo,
    path::WinPath,
    record::{
        AntivirusRecord, FileStat, ProcessSurvey, ServiceLicence, Stream, UpdateRecord, VolumeRecord, WindowsVerdict,
    },
    registry::{Key, Value},
};

use self::{
    registry::Registry,
    tree::{Tree, refusal},
};
use super::{
    Account, Answer, Bytes, Child, EventQuery, Events, Host, Root, filetime,
    licensing::Licensing,
    servicing::{self, Protection},
    unsupported,
};

/// A Windows system disk below a folder.
pub struct DiskHost {
    tree: Tree,
    registry: Registry,
    accounts: OnceLock<Answer<Vec<Account>>>,
    now: Timestamp,
}

impl DiskHost {
    /// The disk whose root is the folder `root`; `now` is the caller's clock.
    ///
    /// # Errors
    /// [`State::Absent`], [`State::Denied`] or [`State::Failed`] where `root` is no folder that can be listed. A folder
    /// without a Windows on it is accepted: each thing asked for then says what is missing.
    pub fn open(root: &Path, now: Timestamp) -> Answer<Self> {
        let place = WinPath::new(root.to_string_lossy());
        let root = fs::canonicalize(root).map_err(|error| refusal(&place, &error))?;
        if !root.is_dir() {
            let reason = format!("{}: expected the root folder of a Windows disk, found a file", root.display());
            return Err(Acquisition::ended(State::Failed, reason));
        }
        let mut host =
            Self { tree: Tree::new(root.clone(), 'C'), registry: Registry::default(), accounts: OnceLock::new(), now };
        host.tree.names(&root).map_err(|error| refusal(&place, &error))?;
        let windows = host.machine_key(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
        let letter = host.text_value(windows.as_ref().ok(), "SystemRoot");
        if let Some(letter) = letter.and_then(|text| environment::drive_letter(&text)) {
            host.tree.set_letter(letter);
            host.registry = Registry::default();
        }
        Ok(host)
    }

    fn machine_key(&self, path: &str) -> Answer<Key> {
        self.registry.machine(&self.tree, path)
    }

    fn key_of(&self, root: &Root, path: &str) -> Answer<Key> {
        match accounts::profile(self, root)? {
            None => self.machine_key(path),
            Some(profile) => self.registry.user(&self.tree, &profile, path),
        }
    }

    fn account_list(&self) -> &Answer<Vec<Account>> {
        self.accounts.get_or_init(|| accounts::accounts(self))
    }

    fn text_value(&self, key: Option<&Key>, name: &str) -> Option<String> {
        key?.value(name).and_then(Value::text).filter(|text| !text.is_empty())
    }

    fn expand(&self, text: &str, account: Option<&Account>) -> String {
        environment::expand(self, text, account, 0)
    }

    /// Names in a folder; none where it cannot be listed.
    fn folder_names(&self, folder: &WinPath) -> Vec<String> {
        let names = self.tree.find(folder).ok().and_then(|place| self.tree.names(&place.real).ok());
        names.map(|names| names.iter().map(|name| name.text.clone()).collect()).unwrap_or_default()
    }
}

/// Size and times of what really lies at `real`. A creation time is not told: that of a copy is not the original's.
fn file_stat(meta: &fs::Metadata, reparse: bool) -> FileStat {
    let modified = meta.modified().ok().and_then(|time| Timestamp::try_from(time).ok()).map(filetime::in_steps);
    let folder = meta.is_dir();
    FileStat { size: if folder { 0 } else { meta.len() }, folder, reparse, created: None, modified }
}

impl Host for DiskHost {
    fn info(&self) -> HostInfo {
        info::info(self)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn accounts(&self) -> Answer<Vec<Account>> {
        self.account_list().clone()
    }

    fn variable(&self, name: &str, user: Option<&str>) -> Answer<String> {
        environment::variable(self, name, user)
    }

    fn key(&self, root: &Root, path: &str) -> Answer<Key> {
        self.key_of(root, path)
    }

    fn list(&self, folder: &WinPath) -> Answer<Vec<Child>> {
        let place = self.tree.find(folder)?;
        let names = self.tree.names(&place.real).map_err(|error| refusal(folder, &error))?;
        let mut children = Vec::new();
        for name in names.iter().filter(|name| !name.text.contains(':')) {
            // A link is shown as what it leads to; one that leads nowhere as an empty reparse point.
            let path = place.path.join(&name.text);
            let stat = self.stat(&path).unwrap_or(FileStat {
                size: 0,
                folder: false,
                reparse: true,
                created: None,
                modified: None,
            });
            children.push(Child { name: name.text.clone(), stat });
        }
        Ok(children)
    }

    fn stat(&self, path: &WinPath) -> Answer<FileStat> {
        let place = self.tree.find(path)?;
        let meta = fs::symlink_metadata(&place.real).map_err(|error| refusal(path, &error))?;
        Ok(file_stat(&meta, self.tree.is_link(path)))
    }

    fn resolve(&self, path: &WinPath) -> Answer<WinPath> {
        self.tree.find(path).map(|place| place.path)
    }

    fn open(&self, path: &WinPath) -> Answer<Box<dyn Bytes>> {
        let place = self.tree.find(path)?;
        let meta = fs::symlink_metadata(&place.real).map_err(|error| refusal(path, &error))?;
        if !meta.is_file() {
            let found = if meta.is_dir() { "a folder" } else { "something that is no regular file" };
            return Err(Acquisition::ended(State::Failed, format!("{path}: expected a file, found {found}")));
        }
        Ok(Box::new(File::open(&place.real).map_err(|error| refusal(path, &error))?))
    }

    fn streams(&self, path: &WinPath) -> Answer<Vec<Stream>> {
        streams::streams(&self.tree.find(path)?)
    }

    fn security(&self, path: &WinPath) -> Answer<(String, Vec<String>)> {
        Err(unsupported(format!("{path}: a copy of a disk does not keep owners and permissions")))
    }

    fn volumes(&self) -> Answer<Vec<VolumeRecord>> {
        volumes::volumes(self)
    }

    fn memory(&self) -> Answer<u64> {
        Err(unsupported("a disk does not tell how much memory the PC has"))
    }

    fn booted(&self) -> Answer<Timestamp> {
        Err(unsupported("a disk is not running"))
    }

    fn updates(&self) -> Answer<Vec<UpdateRecord>> {
        servicing::updates(self)
    }

    fn service_state(&self, name: &str) -> Answer<String> {
        Err(unsupported(format!("{name}: services do not run on a disk")))
    }

    fn processes(&self, _: &[&str], _: &[&str]) -> Answer<ProcessSurvey> {
        Err(unsupported("programs do not run on a disk"))
    }

    fn antivirus(&self) -> Answer<Vec<AntivirusRecord>> {
        servicing::registered(self, Protection::Antivirus, |path| self.expand(path, None))
    }

    fn firewalls(&self) -> Answer<Vec<AntivirusRecord>> {
        servicing::registered(self, Protection::Firewall, |path| self.expand(path, None))
    }

    fn licences(&self, _: Licensing) -> Answer<Vec<ServiceLicence>> {
        Err(unsupported("only a running Windows tells what its licensing services know"))
    }

    fn events(&self, query: &EventQuery) -> Answer<Events> {
        events::events(self, query)
    }

    fn trust(&self, path: &WinPath) -> Answer<WindowsVerdict> {
        Err(unsupported(format!("{path}: only a running Windows gives its verdict on a signature")))
    }

    fn tray(&self) -> Answer<Vec<String>> {
        Err(unsupported("a disk has no screen"))
    }
}

#[cfg(test)]
mod tests;
