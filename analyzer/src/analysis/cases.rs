//! Which expected file belongs to which bundle of a folder. Owns the names: `NAME.expected.txt` or `expected.txt` beside a
//! bundle; where bundles stand apart, the same names below two folders. Opens neither.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::find::{self, DEEPEST};
use crate::error::{Error, Result};

/// Name of an expected file that speaks of the one bundle beside it; `NAME.expected.txt` speaks of `NAME` or `NAME.zip`.
const EXPECTED: &str = "expected.txt";

/// Each bundle below `folder` with the expected file that belongs to it (which may not exist yet), sorted by path.
///
/// # Errors
/// A folder that cannot be listed.
pub fn beside(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut cases: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let all = find::bundles(folder)?;
    for bundle in &all {
        let alone = all.iter().filter(|other| other.parent() == bundle.parent()).count() == 1;
        let shared = bundle.with_file_name(EXPECTED);
        let own = bundle.with_file_name(format!("{}.{EXPECTED}", find::stem(bundle)));
        let expected = if alone && shared.is_file() && !own.is_file() && bundle != folder { shared } else { own };
        cases.insert(bundle.clone(), expected);
    }
    // Evidence gathered by hand looks like anything: there the expected file tells.
    let taken: BTreeSet<PathBuf> = cases.values().cloned().collect();
    for entry in texts(folder)? {
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

/// Each bundle below `bundles` with its expected file below `folder`, and each expected file there with the bundle that is
/// missing; sorted by expected file. `NAME.zip` belongs to `NAME/expected.txt` where `NAME` is a folder, `NAME.KIND.zip` to
/// `NAME/expected.KIND.txt`, and any other to `NAME.expected.txt`.
///
/// # Errors
/// A folder that cannot be listed.
pub fn apart(folder: &Path, bundles: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut cases: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    for bundle in find::bundles(bundles)? {
        let below = bundle.parent().and_then(|place| place.strip_prefix(bundles).ok()).unwrap_or(Path::new(""));
        cases.insert(expected(&folder.join(below), &find::stem(&bundle)), bundle);
    }
    for entry in texts(folder)? {
        let place = entry.path().parent().and_then(|place| place.strip_prefix(folder).ok()).unwrap_or(Path::new(""));
        let name = entry.file_name().to_string_lossy();
        let missing = match (name.as_ref(), name.strip_suffix(".expected.txt")) {
            (_, Some(stem)) => bundles.join(place).join(format!("{stem}.zip")),
            (EXPECTED, _) if place.as_os_str().is_empty() => continue,
            (EXPECTED, _) => named(&bundles.join(place), ".zip"),
            (kind, _) => match kind.strip_prefix("expected.").and_then(|kind| kind.strip_suffix(".txt")) {
                Some(kind) => named(&bundles.join(place), &format!(".{kind}.zip")),
                None => continue,
            },
        };
        cases.entry(entry.into_path()).or_insert(missing);
    }
    Ok(cases.into_iter().map(|(expected, bundle)| (bundle, expected)).collect())
}

fn expected(below: &Path, stem: &str) -> PathBuf {
    if below.join(stem).is_dir() {
        return below.join(stem).join(EXPECTED);
    }
    match stem.rsplit_once('.') {
        Some((name, kind)) if below.join(name).is_dir() => below.join(name).join(format!("expected.{kind}.txt")),
        _ => below.join(format!("{stem}.{EXPECTED}")),
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Files below `folder` whose name ends in `.txt`, sorted by path.
fn texts(folder: &Path) -> Result<Vec<DirEntry>> {
    let failed = |error: walkdir::Error| Error::io(folder.display().to_string(), error.into());
    let walk = WalkDir::new(folder).max_depth(DEEPEST).sort_by_file_name().into_iter();
    let text = |entry: &walkdir::Result<DirEntry>| {
        entry.as_ref().map_or(true, |entry| {
            entry.file_type().is_file() && entry.path().extension().is_some_and(|ext| ext == "txt")
        })
    };
    walk.filter(text).collect::<walkdir::Result<_>>().map_err(failed)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn laid(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    fn shown(cases: Vec<(PathBuf, PathBuf)>, folder: &Path) -> Vec<(String, String)> {
        let name = |path: PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
        cases.into_iter().map(|(bundle, expected)| (name(bundle), name(expected))).collect()
    }

    fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn every_shape_of_bundle_finds_its_expected_file() {
        let folder = laid(&[
            "one/bundle.zip",
            "one/expected.txt",
            "two/a.zip",
            "two/b.zip.age",
            "two/expected.txt",
            "open/x/manifest.json",
            "open/x/inner.zip",
            "loose/a.log",
            "loose.expected.txt",
        ]);
        let wanted = owned(&[
            ("loose", "loose.expected.txt"),
            ("one/bundle.zip", "one/expected.txt"),
            ("open/x", "open/x.expected.txt"),
            ("two/a.zip", "two/a.expected.txt"),
            ("two/b.zip.age", "two/b.expected.txt"),
        ]);
        assert_eq!(shown(beside(folder.path()).unwrap(), folder.path()), wanted);
    }

    #[test]
    fn bundles_that_stand_apart_find_theirs_by_the_same_names_and_a_missing_one_is_named() {
        let folder = laid(&[
            "texts/pc/story.yml",
            "texts/pc/expected.txt",
            "texts/pc/expected.live.txt",
            "texts/gone/expected.txt",
            "texts/team/4711.expected.txt",
            "texts/team/notes.txt",
            "kept/pc.zip",
            "kept/pc.live.zip",
            "kept/team/4711.zip.age",
            "kept/new.zip",
        ]);
        let wanted = owned(&[
            ("kept/gone.zip", "texts/gone/expected.txt"),
            ("kept/new.zip", "texts/new.expected.txt"),
            ("kept/pc.live.zip", "texts/pc/expected.live.txt"),
            ("kept/pc.zip", "texts/pc/expected.txt"),
            ("kept/team/4711.zip.age", "texts/team/4711.expected.txt"),
        ]);
        let found = apart(&folder.path().join("texts"), &folder.path().join("kept")).unwrap();
        assert_eq!(shown(found, folder.path()), wanted);
    }
}
