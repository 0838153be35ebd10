//! Where the bundle goes: a temporary name beside its final one, renamed when it is complete. Nothing half-written ever
//! stands under the final name, no run takes another's name, and what a killed run left is removed by the next one.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use jiff::{Timestamp, tz::TimeZone};
use tempfile::TempPath;

use crate::error::{Error, Result};

/// Name of a file that is being written: redacted already, but not whole.
const BEGIN: &str = ".koff-bundle-";
const END: &str = ".part";

/// Files that a killed run left are removed at most so many at a time.
const MOST_LEFT: usize = 100;

/// Where the bundle is to stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// Full or relative path of the zip.
    pub(super) path: PathBuf,
    /// Whether that very name was asked for: then a file of that name is replaced. A name of our own gives way.
    pub(super) asked: bool,
}

impl Target {
    /// That very name.
    pub(super) fn asked(path: PathBuf) -> Self {
        Self { path, asked: true }
    }
}

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
pub(super) fn choose(asked: Option<&Path>, folders: &[PathBuf], now: Timestamp) -> Target {
    let name = default_name(now);
    let own = |path: PathBuf| Target { path, asked: false };
    match asked {
        Some(path) if path.is_dir() => own(path.join(name)),
        Some(path) => Target::asked(path.to_path_buf()),
        None => {
            let writable = folders.iter().find(|folder| tempfile::tempfile_in(folder).is_ok());
            own(writable.map_or_else(|| PathBuf::from(&name), |folder| folder.join(&name)))
        }
    }
}

/// A file under a temporary name, which goes with it unless the file gets its final one. The file stands before the name:
/// Windows removes no file that is held, so it is closed first.
#[derive(Debug)]
pub(super) struct Part {
    file: File,
    path: TempPath,
}

impl Part {
    /// The file, to write.
    pub(super) fn as_file(&self) -> &File {
        &self.file
    }

    /// Where it stands for now.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The file anew, to read from its beginning.
    ///
    /// # Errors
    /// As opening does.
    pub(super) fn reopen(&self) -> io::Result<File> {
        File::open(&self.path)
    }
}

/// A file under a temporary name in the folder of `target`. Nobody else's run removes it.
///
/// # Errors
/// Where the folder is not there or takes no file.
pub(super) fn open(target: &Path) -> Result<Part> {
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let refused = |source| Error::Write { place: target.to_path_buf(), source };
    if target.file_name().is_none() {
        return Err(Error::NoFileName { place: target.to_path_buf() });
    }
    // Asked first, so that the words are about the folder and not about a temporary name.
    fs::metadata(folder).map_err(|source| Error::Write { place: folder.to_path_buf(), source })?;
    sweep(folder);
    let made = tempfile::Builder::new().prefix(BEGIN).suffix(END).make_in(folder, held).map_err(refused)?;
    let (file, path) = made.into_parts();
    Ok(Part { file, path })
}

/// Removes what killed runs left in `folder`. A file that a run is writing is held by it, and stays.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let left = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let name = entry.file_name();
        let name = name.to_str()?;
        (name.starts_with(BEGIN) && name.ends_with(END) && entry.file_type().ok()?.is_file()).then(|| entry.path())
    });
    for path in left.take(MOST_LEFT) {
        if is_left(&path) {
            // What cannot be removed harms nobody: it holds nothing that redaction has not seen.
            let _ = fs::remove_file(path);
        }
    }
}

/// A new file that others can tell from a left one for as long as it is open: by a lock. Where the file system knows no
/// locks, files are never swept either.
#[cfg(unix)]
fn held(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path)?;
    let locked = file.try_lock().is_ok();
    // Another run that swept between making and locking: a new name, then.
    if locked && file.metadata()?.nlink() == 0 { Err(io::ErrorKind::AlreadyExists.into()) } else { Ok(file) }
}

#[cfg(unix)]
fn is_left(path: &Path) -> bool {
    OpenOptions::new().write(true).open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// A new file that nobody can remove while it is open: whoever tries gets a sharing violation.
#[cfg(windows)]
fn held(path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const READ_AND_WRITE: u32 = 1 | 2;
    OpenOptions::new().read(true).write(true).create_new(true).share_mode(READ_AND_WRITE).open(path)
}

#[cfg(windows)]
fn is_left(_path: &Path) -> bool {
    true
}

/// Gives a complete bundle its final name, and says which: a name of our own that is taken meanwhile gives way to the
/// next one (`…-2.zip`).
///
/// # Errors
/// Where the disk does not take the last bytes or the name.
pub(super) fn complete(part: Part, target: &Target) -> Result<PathBuf> {
    let refused = |source| Error::Write { place: target.path.clone(), source };
    part.file.sync_all().map_err(refused)?;
    readable(&part.file);
    // Windows renames no file that is held either.
    let Part { file, path: mut part } = part;
    drop(file);
    if target.asked {
        part.persist(&target.path).map_err(|error| refused(error.error))?;
        return Ok(target.path.clone());
    }
    for number in 1..MOST_NAMES {
        let name = numbered(&target.path, number);
        part = match unless_taken(part, &name) {
            Ok(()) => return Ok(name),
            Err((part, error)) if error.kind() == io::ErrorKind::AlreadyExists => part,
            Err((_, error)) => return Err(refused(error)),
        };
    }
    Err(refused(io::ErrorKind::AlreadyExists.into()))
}

/// Runs that can begin in the same folder in one second.
const MOST_NAMES: u32 = 10_000;

fn unless_taken(file: TempPath, name: &Path) -> std::result::Result<(), (TempPath, io::Error)> {
    file.persist_noclobber(name).map_err(|error| (error.path, error.error)).or_else(|(file, error)| {
        // Some file systems cannot rename in that way (`exfat` on an old kernel).
        if error.kind() == io::ErrorKind::AlreadyExists || name.exists() {
            return Err((file, io::ErrorKind::AlreadyExists.into()));
        }
        file.persist(name).map_err(|error| (error.path, error.error))
    })
}

/// `a.zip`, then `a-2.zip`, `a-3.zip`; what follows `.zip` stays.
pub(super) fn numbered(path: &Path, number: u32) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match name.split_once(".zip") {
        Some((stem, rest)) if number > 1 => path.with_file_name(format!("{stem}-{number}.zip{rest}")),
        _ => path.to_path_buf(),
    }
}

/// A temporary file is its owner's alone; the bundle is to be sent, with the rights any new file has.
#[cfg(unix)]
fn readable(file: &File) {
    use std::os::unix::fs::PermissionsExt;
    let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
fn readable(_file: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_its_name_only_when_complete() {
        let folder = tempfile::tempdir().unwrap();
        let target = choose(Some(folder.path()), &[], "2026-01-02T03:04:05Z".parse().unwrap());
        assert!(target.path.ends_with("koff-bundle-20260102-030405Z.zip"));
        let file = open(&target.path).unwrap();
        assert!(!target.path.exists());
        assert_eq!(complete(file, &target).unwrap(), target.path);
        assert!(target.path.exists());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn runs_of_the_same_second_get_a_name_each_and_what_was_asked_for_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let target = choose(Some(folder.path()), &[], "2026-01-02T03:04:05Z".parse().unwrap());
        let files = [open(&target.path).unwrap(), open(&target.path).unwrap(), open(&target.path).unwrap()];
        let names = files.map(|file| complete(file, &target).unwrap().file_name().unwrap().to_owned());
        assert_eq!(
            names,
            [
                "koff-bundle-20260102-030405Z.zip",
                "koff-bundle-20260102-030405Z-2.zip",
                "koff-bundle-20260102-030405Z-3.zip"
            ]
        );
        let asked = Target::asked(folder.path().join("x.zip"));
        for _ in 0..2 {
            assert_eq!(complete(open(&asked.path).unwrap(), &asked).unwrap(), asked.path);
        }
        assert_eq!(numbered(Path::new("a/b.zip.age"), 2), Path::new("a/b-2.zip.age"));
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_what_another_run_writes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join(".koff-bundle-Ab12.part");
        let foreign = folder.path().join("koff-bundle.part");
        fs::write(&left, "redacted").unwrap();
        fs::write(&foreign, "somebody else's").unwrap();
        let target = folder.path().join("x.zip");
        let running = open(&target).unwrap();
        assert!(!left.exists() && foreign.exists());
        let second = open(&target).unwrap();
        assert!(running.path().exists() && second.path().exists());
    }

    #[test]
    fn a_run_that_ends_early_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(&folder.path().join("x.zip")).unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = open(Path::new("/no/such/folder/x.zip")).unwrap_err().to_string();
        assert!(error.starts_with("/no/such/folder: "), "{error}");
    }
}
