//! Which host: the running PC, or the root of a Windows disk. And the folders where a person looks for a new file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use koff_bundle::{manifest::HostKind, path::WinPath};

use crate::{
    error::{Error, Result},
    host::{Host, disk::DiskHost},
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

fn disk(root: &Path, clock: Option<Timestamp>) -> Result<(Arc<dyn Host>, HostKind)> {
    let not_windows = |found: String| Error::NotWindows { place: root.to_path_buf(), found };
    let host = DiskHost::open(root, clock.unwrap_or_else(Timestamp::now)).map_err(|end| not_windows(end.reason))?;
    // A damaged hive is an entry that fails; no place for hives at all is the wrong folder.
    let windows = host.variable("SystemRoot", None).unwrap_or_else(|_| r"C:\Windows".to_owned());
    if host.stat(&WinPath::new(windows).join(r"System32\config")).is_err() {
        return Err(Error::NoConfig { place: root.to_path_buf() });
    }
    Ok((Arc::new(host), HostKind::Disk))
}

#[cfg(windows)]
fn live() -> Result<(Arc<dyn Host>, HostKind)> {
    Ok((Arc::new(crate::host::windows::Windows::new()), HostKind::Live))
}

#[cfg(not(windows))]
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
