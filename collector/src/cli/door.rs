//! Which host: the running PC, or the root of a Windows disk. And the folders where a person looks for a new file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use koff_bundle::manifest::HostKind;

use crate::{
    error::{Error, Result},
    host::Host,
};

/// The host to read, and its kind.
///
/// # Errors
/// Where there is no Windows under `root`, or no live host on this operating system.
pub(super) fn open(root: Option<&Path>, clock: Option<Timestamp>) -> Result<(Arc<dyn Host>, HostKind)> {
    match root {
        Some(root) => disk(root, clock),
        None => live(),
    }
}

fn disk(root: &Path, _clock: Option<Timestamp>) -> Result<(Arc<dyn Host>, HostKind)> {
    Err(Error::NotWindows { place: root.to_path_buf(), found: "no reader for disks".to_owned() })
}

fn live() -> Result<(Arc<dyn Host>, HostKind)> {
    Err(Error::NoLiveHost)
}

/// Where the bundle goes without `--output`: the Desktop of whoever sits at the screen, then of whoever runs this; with
/// a disk, or where no Desktop takes a file, the current folder.
pub(super) fn desktops(disk: bool, host: &dyn Host) -> Vec<PathBuf> {
    let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    if disk {
        return vec![here];
    }
    let mut accounts = host.accounts().unwrap_or_default();
    accounts.retain(|account| account.current || account.at_screen);
    accounts.sort_by_key(|account| !account.at_screen);
    let mut folders: Vec<PathBuf> = accounts
        .iter()
        .filter_map(|account| crate::source::survey::desktop(host, account))
        .map(|path| PathBuf::from(path.as_str()))
        .collect();
    folders.push(here);
    folders.push(std::env::temp_dir());
    folders
}
