//! Finds bundles below a folder: zip files, folders with a manifest, and what an expected file stands beside. Owns which
//! names those are; opens nothing but the first bytes of a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use walkdir::WalkDir;

use crate::error::{Error, Result};

/// Name of an expected file that speaks of the one bundle beside it; `NAME.expected.txt` speaks of `NAME` or `NAME.zip`.
pub const EXPECTED: &str = "expected.txt";

/// Bytes at the end of a zip file in which its table of contents is looked for.
const CONTENTS: u64 = 1 << 20;

/// How deep folders are searched.
const DEEPEST: usize = 16;

/// Every bundle below `folder`, sorted by path: zip files and unpacked bundles.
///
/// # Errors
/// A folder that cannot be listed.
pub fn bundles(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut walk = WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = entry.map_err(|error| Error::io(folder.display().to_string(), error.into()))?;
        if entry.file_type().is_dir() {
            if entry.path().join("manifest.json").is_file() {
                found.push(entry.into_path());
                walk.skip_current_dir();
            }
        } else if is_zip(entry.path()) {
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
    Ok(bundles(path)?.iter().any(|found| found.is_dir() || names_manifest(found)))
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

/// Each bundle below `folder` with the expected file that belongs to it (which may not exist yet), sorted by path.
///
/// # Errors
/// A folder that cannot be listed.
pub fn cases(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut cases: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let all = bundles(folder)?;
    for bundle in &all {
        let alone = all.iter().filter(|other| other.parent() == bundle.parent()).count() == 1;
        let shared = bundle.with_file_name(EXPECTED);
        let own = beside(bundle);
        let expected = if alone && shared.is_file() && !own.is_file() && bundle != folder { shared } else { own };
        cases.insert(bundle.clone(), expected);
    }
    // Evidence gathered by hand looks like anything: there the expected file tells.
    let taken: BTreeSet<PathBuf> = cases.values().cloned().collect();
    for entry in WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::io(folder.display().to_string(), error.into()))?;
        let name = entry.file_name().to_string_lossy();
        let inside = all.iter().any(|bundle| entry.path().starts_with(bundle));
        if let Some(stem) = name.strip_suffix(".expected.txt")
            && !inside
            && !taken.contains(entry.path())
        {
            cases.insert(entry.path().with_file_name(stem), entry.path().to_owned());
        }
    }
    Ok(cases.into_iter().collect())
}

/// `x.expected.txt` for `x.zip` and for the folder or file `x`.
fn beside(bundle: &Path) -> PathBuf {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = if bundle.is_file() { name.strip_suffix(".zip").unwrap_or(&name) } else { &name };
    bundle.with_file_name(format!("{stem}.{EXPECTED}"))
}

/// By name and, where it has another, by its first bytes.
fn is_zip(path: &Path) -> bool {
    let mut head = [0; 4];
    let named = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip"));
    named || File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *b"PK\x03\x04"
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_shape_of_bundle_finds_its_expected_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["one", "open/x", "loose", "two"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        for name in ["one/bundle.zip", "one/expected.txt", "two/a.zip", "two/b.zip", "two/expected.txt"] {
            fs::write(at(name), "").unwrap();
        }
        for name in ["open/x/manifest.json", "open/x/inner.zip", "loose/a.log", "loose.expected.txt"] {
            fs::write(at(name), "").unwrap();
        }
        let shown: Vec<_> = cases(folder.path())
            .unwrap()
            .into_iter()
            .map(|(bundle, expected)| {
                let name = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().display().to_string();
                (name(bundle), name(expected))
            })
            .collect();
        let wanted = [
            ("loose", "loose.expected.txt"),
            ("one/bundle.zip", "one/expected.txt"),
            ("open/x", "open/x.expected.txt"),
            ("two/a.zip", "two/a.expected.txt"),
            ("two/b.zip", "two/b.expected.txt"),
        ];
        assert_eq!(shown, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
