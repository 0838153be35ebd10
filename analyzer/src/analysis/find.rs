//! Finds bundles below a folder: zip files, sealed ones, bundles in volumes and folders with a manifest. Owns which names
//! those are; opens nothing but the first and last bytes of a file.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use koff_bundle::{seal, volumes};
use walkdir::WalkDir;

use crate::error::{Error, Result};

/// Bytes at the end of a zip file in which its table of contents is looked for.
const CONTENTS: u64 = 1 << 20;

/// How deep folders are searched.
pub(super) const DEEPEST: usize = 16;

/// Every bundle below `folder`, sorted by path: zip files, sealed or not, the first volume of each bundle in volumes
/// (named even where it is missing, so that somebody hears of it), and unpacked bundles.
///
/// # Errors
/// A folder that cannot be listed.
pub fn bundles(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut walk = WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| Error::io(folder.display().to_string(), error.into()))?;
        if entry.file_type().is_dir() {
            if entry.path().join("manifest.json").is_file() {
                found.push(entry.into_path());
                walk.skip_current_dir();
            }
        } else if let Some(whole) = volume_of(entry.path()) {
            let first = volumes::name(&whole, 1);
            if found.last() != Some(&first) {
                found.push(first);
            }
        } else if is_zip(entry.path()) || is_sealed(entry.path()) {
            found.push(entry.into_path());
        }
    }
    Ok(found)
}

/// Whether `path` is a folder that holds bundles, and neither a bundle itself nor evidence gathered by hand.
///
/// # Errors
/// A folder that cannot be listed.
pub fn holds_bundles(path: &Path) -> Result<bool> {
    if !path.is_dir() || path.join("manifest.json").is_file() {
        return Ok(false);
    }
    // What is sealed or in volumes is never evidence gathered by hand: only koff-collect writes it so.
    let told =
        |found: &PathBuf| found.is_dir() || volume_of(found).is_some() || is_sealed(found) || names_manifest(found);
    Ok(bundles(path)?.iter().any(told))
}

/// The name of a bundle without what says how it is packed: `x` of `x.zip`, `x.zip.age` and `x.zip.age.001`.
#[must_use]
pub fn stem(bundle: &Path) -> String {
    let whole = volume_of(bundle);
    let name = whole.as_deref().unwrap_or(bundle).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".age").unwrap_or(&name);
    name.strip_suffix(".zip").unwrap_or(name).to_owned()
}

/// The file that `path` is a volume of, by its name: `x.zip` of `x.zip.002`.
fn volume_of(path: &Path) -> Option<PathBuf> {
    let number = path.extension()?.to_str()?;
    let whole = path.with_extension("");
    let packed =
        whole.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip") || ext.eq_ignore_ascii_case("age"));
    (number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()) && packed).then_some(whole)
}

/// Whether the end of a zip file, where its table of contents stands, names a manifest.
fn names_manifest(path: &Path) -> bool {
    let mut end = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(CONTENTS)))?;
        file.take(CONTENTS).read_to_end(&mut end)
    });
    read.is_ok() && memchr::memmem::find(&end, b"manifest.json").is_some()
}

/// By name and, where it has another, by its first bytes.
fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip")) || begins(path, b"PK\x03\x04")
}

/// By name and, where it has another, by its first bytes.
fn is_sealed(path: &Path) -> bool {
    let named = path.to_string_lossy().to_ascii_lowercase().ends_with(".zip.age");
    path.is_file() && (named || begins(path, seal::MAGIC))
}

fn begins(path: &Path, wanted: &[u8]) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(wanted.len() as u64).read_to_end(&mut head));
    read.is_ok() && head == wanted
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_bundle_is_found_once_however_it_is_packed() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.zip", "b.zip.age", "c.zip.001", "c.zip.002", "d.zip.age.002", "debug.log.001", "debug.log.002"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::write(folder.path().join("renamed"), [seal::MAGIC, b"x"].concat()).unwrap();
        let found = bundles(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ["a.zip", "b.zip.age", "c.zip.001", "d.zip.age.001", "renamed"]);
        let stems: Vec<_> = found.iter().map(|path| stem(path)).collect();
        assert_eq!(stems, ["a", "b", "c", "d", "renamed"]);
    }
}
