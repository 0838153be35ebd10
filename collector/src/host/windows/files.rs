//! Files and folders of the live machine. Opens shared and for reading only; tries backup semantics as a second way;
//! never makes a cloud provider download a file.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    os::windows::fs::{MetadataExt, OpenOptionsExt},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    record::FileStat,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_OFFLINE, FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS,
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_SEQUENTIAL_SCAN, FILE_SHARE_DELETE,
    FILE_SHARE_READ, FILE_SHARE_WRITE,
};

use super::{
    super::{Answer, Bytes, Child},
    refusal::{failed, io_refusal},
    wide::{extended, timestamp},
};

/// Sizes in a folder of at most this many files are asked of each file: the folder's own entry lags behind for files
/// that somebody writes to, which is what logs and databases are about.
const ASK_EACH: usize = 4096;

/// `path` as the system takes it; refuses what is not a full path to a file (relative, `\\.\` devices).
pub(super) fn checked(path: &WinPath) -> Answer<String> {
    let device = path.as_str().starts_with(r"\\.\") || path.as_str().starts_with(r"\\?");
    if device || !path.is_absolute() {
        return Err(failed(format!("{path}: not a full path with drive or share")));
    }
    Ok(extended(path))
}

pub(super) fn list(folder: &WinPath) -> Answer<Vec<Child>> {
    let place = checked(folder)?;
    let entries = fs::read_dir(place).map_err(|error| io_refusal(&error, folder.as_str()))?;
    let mut children = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| io_refusal(&error, folder.as_str()))?;
        let metadata = entry.metadata().map_err(|error| io_refusal(&error, folder.as_str()))?;
        children.push((entry.path(), entry.file_name().to_string_lossy().into_owned(), metadata));
    }
    let ask = children.len() <= ASK_EACH;
    let mut children: Vec<Child> = children
        .into_iter()
        .map(|(path, name, metadata)| {
            let fresh = if ask && metadata.is_file() { fs::symlink_metadata(path).ok() } else { None };
            Child { name, stat: file_stat(&fresh.unwrap_or(metadata)) }
        })
        .collect();
    children.sort_by_cached_key(|child| child.name.to_lowercase());
    Ok(children)
}

pub(super) fn stat(path: &WinPath) -> Answer<FileStat> {
    let place = checked(path)?;
    let own = fs::symlink_metadata(&place).map_err(|error| io_refusal(&error, path.as_str()))?;
    if own.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT == 0 {
        return Ok(file_stat(&own));
    }
    let target = fs::metadata(&place).map_err(|error| io_refusal(&error, path.as_str()))?;
    Ok(FileStat { reparse: true, ..file_stat(&target) })
}

fn file_stat(metadata: &Metadata) -> FileStat {
    // The standard library calls a junction no folder, whatever it leads to.
    let folder = metadata.file_attributes() & FILE_ATTRIBUTE_DIRECTORY != 0;
    FileStat {
        size: if folder { 0 } else { metadata.file_size() },
        folder,
        reparse: metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0,
        created: timestamp(metadata.creation_time()),
        modified: timestamp(metadata.last_write_time()),
    }
}

pub(super) fn resolve(path: &WinPath) -> Answer<WinPath> {
    let resolved = fs::canonicalize(checked(path)?).map_err(|error| io_refusal(&error, path.as_str()))?;
    Ok(WinPath::new(resolved.to_string_lossy()))
}

pub(super) fn open(path: &WinPath) -> Answer<Box<dyn Bytes>> {
    let place = checked(path)?;
    let metadata = fs::metadata(&place).map_err(|error| io_refusal(&error, path.as_str()))?;
    if metadata.is_dir() {
        return Err(failed(format!("{path}: a folder, not a file")));
    }
    if metadata.file_attributes() & (FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS | FILE_ATTRIBUTE_OFFLINE) != 0 {
        let reason = format!("{path}: kept in the cloud or on tape, not on this PC; it is not downloaded");
        return Err(Acquisition::ended(State::Failed, reason));
    }
    match open_shared(&place) {
        Ok(file) => Ok(Box::new(file)),
        Err(error) => Err(io_refusal(&error, path.as_str())),
    }
}

/// Opens what stands at `place` for reading, the plain way, then by backup semantics: with the backup privilege
/// (elevated runs) that passes the access check.
pub(super) fn open_shared(place: &str) -> io::Result<File> {
    let first = open_with(place, FILE_FLAG_SEQUENTIAL_SCAN);
    first.or_else(|error| open_with(place, FILE_FLAG_SEQUENTIAL_SCAN | FILE_FLAG_BACKUP_SEMANTICS).map_err(|_| error))
}

fn open_with(place: &str, flags: u32) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)
        .custom_flags(flags)
        .open(place)
}
