//! Where the bundle goes: a temporary name beside its final one, renamed when it is complete. Nothing half-written ever
//! stands under the final name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use tempfile::NamedTempFile;

use crate::error::{Error, Result};

/// `koff-bundle-YYYYMMDD-HHMMSSZ.zip`.
pub(super) fn default_name(now: Timestamp) -> String {
    let now = now.to_zoned(TimeZone::UTC);
    format!(
        "koff-bundle-{:04}{:02}{:02}-{:02}{:02}{:02}Z.zip",
        now.year(),
        now.month(),
        now.day(),
        now.hour(),
        now.minute(),
        now.second()
    )
}

/// The final name: what was asked for, a default name in the folder asked for, or in the first of `folders` that takes
/// a file.
pub(super) fn choose(asked: Option<&Path>, folders: &[PathBuf], now: Timestamp) -> PathBuf {
    let name = default_name(now);
    match asked {
        Some(path) if path.is_dir() => path.join(name),
        Some(path) => path.to_path_buf(),
        None => {
            let writable = folders.iter().find(|folder| tempfile::tempfile_in(folder).is_ok());
            writable.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name))
        }
    }
}

/// A file under a temporary name in the folder of `target`.
///
/// # Errors
/// Where the folder is not there or takes no file.
pub(super) fn open(target: &Path) -> Result<NamedTempFile> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let refused = |source| Error::Write { place: target.to_path_buf(), source };
    if target.file_name().is_none() {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, "expected a file name at the end");
        return Err(refused(source));
    }
    // Asked first, so that the words are about the folder and not about a temporary name.
    fs::metadata(folder).map_err(|source| Error::Write { place: folder.to_path_buf(), source })?;
    tempfile::Builder::new().prefix(".koff-bundle-").suffix(".part").tempfile_in(folder).map_err(refused)
}

/// Gives a complete bundle its final name.
///
/// # Errors
/// Where the disk does not take the last bytes or the name.
pub(super) fn complete(file: NamedTempFile, target: &Path) -> Result<()> {
    let refused = |source| Error::Write { place: target.to_path_buf(), source };
    file.as_file().sync_all().map_err(refused)?;
    readable(&file);
    file.persist(target).map_err(|error| refused(error.error))?;
    Ok(())
}

/// A temporary file is its owner's alone; the bundle is to be sent, with the rights any new file has.
#[cfg(unix)]
fn readable(file: &NamedTempFile) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file.as_file().set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_file: &NamedTempFile) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_its_name_only_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = choose(Some(folder.path()), &[], "2026-01-02T03:04:05Z".parse().unwrap());
        assert!(target.ends_with("koff-bundle-20260102-030405Z.zip"));
        let file = open(&target).unwrap();
        assert!(!target.exists());
        complete(file, &target).unwrap();
        assert!(target.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = open(Path::new("/no/such/folder/x.zip")).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/folder: "), "{error}");
    }
}
