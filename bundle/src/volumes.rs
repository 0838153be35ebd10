//! A bundle in volumes `….001`, `….002`, … that any tool joins by putting them one behind the other, and the list of their
//! digests beside them. Owns the names and the list; the bytes are the container's.

use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::{
    digest,
    error::{Error, Result},
};

/// More volumes than this are no bundle for mail.
const MOST: usize = 999;

/// The name of volume `number`, counted from 1, of the file `whole`.
#[must_use]
pub fn name(whole: &Path, number: usize) -> PathBuf {
    appended(whole, &format!("{number:03}"))
}

/// The list of digests beside the volumes of `whole`, in the form that `sha256sum --check` reads; its last line is the
/// digest of the joined file.
#[must_use]
pub fn list(whole: &Path) -> PathBuf {
    appended(whole, "sha256")
}

fn appended(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// All volumes, in order, where `path` is the first of them or the name of the whole that is not there itself; `None`
/// where it is neither.
///
/// # Errors
/// A volume is missing: before one that is there, or by the list.
pub fn find(path: &Path) -> Result<Option<Vec<PathBuf>>> {
    let first = path.extension().is_some_and(|extension| extension == "001");
    let whole = if first { path.with_extension("") } else { path.to_path_buf() };
    if path.is_dir() || !first && path.exists() || !name(&whole, 1).is_file() && !name(&whole, 2).is_file() {
        return Ok(None);
    }
    let there = |number: &usize| name(&whole, *number).is_file();
    let listed = fs::read_to_string(list(&whole)).unwrap_or_default();
    let last = whole.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // What follows the name in a line of the list is its number, but for the line of the whole.
    let number = |line: &str| line.rsplit_once(' ')?.1.strip_prefix(&last)?.strip_prefix('.')?.parse::<usize>().ok();
    let told = listed.lines().take(MOST + 1).filter_map(number).max().unwrap_or(0);
    // Without a list the numbers must do; with one, a volume that an older and larger bundle left behind is not meant.
    let count = if told > 0 { told.min(MOST) } else { (1..=MOST).rev().find(there).unwrap_or(0) };
    match (1..=count).find(|number| !there(number)) {
        Some(missing) => {
            let found = format!("{} of {count} volumes without it", (1..=count).filter(there).count());
            Err(Error::format(name(&whole, missing).display().to_string(), "this volume of the bundle", found))
        }
        None => Ok(Some((1..=count).map(|number| name(&whole, number)).collect())),
    }
}

/// Copies `reader` into volumes of at most `size` bytes, each opened by `open` with its number, and gives the number of
/// volumes and the text of the list.
///
/// # Errors
/// Where it cannot be read or written, or would need more than 999 volumes.
pub fn split<W: Write>(
    reader: &mut impl Read,
    size: u64,
    whole: &Path,
    mut open: impl FnMut(usize) -> io::Result<W>,
) -> io::Result<(usize, String)> {
    let called = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (mut text, mut all, mut number) = (String::new(), Sha256::new(), 0);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let (mut left, mut one, mut out) = (size.max(1), Sha256::new(), None);
        while left > 0 {
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = reader.read(buffer.get_mut(..wanted).unwrap_or_default())?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            if out.is_none() {
                number += 1;
                if number > MOST {
                    let why = format!("expected at most {MOST} volumes: choose a larger size");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
                }
                out = Some(open(number)?);
            }
            if let Some(out) = &mut out {
                out.write_all(bytes)?;
            }
            one.update(bytes);
            all.update(bytes);
            left -= read as u64;
        }
        let Some(mut out) = out else { break };
        out.flush()?;
        text.push_str(&format!("{}  {}\n", digest::hex(&one.finalize()), called(&name(whole, number))));
    }
    text.push_str(&format!("{}  {}\n", digest::hex(&all.finalize()), called(whole)));
    Ok((number, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_are_found_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let whole = folder.path().join("x.zip");
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
        let open = |number: usize| fs::File::create(name(&whole, number));
        let (count, text) = split(&mut &bytes[..], 30_000, &whole, open).unwrap();
        fs::write(list(&whole), &text).unwrap();
        assert_eq!(count, 4);
        let joined: Vec<u8> = (1..=4).flat_map(|number| fs::read(name(&whole, number)).unwrap()).collect();
        assert!(joined == bytes);
        assert_eq!(text.lines().count(), 5);
        assert!(text.ends_with("  x.zip\n") && text.contains("  x.zip.003\n"), "{text}");
        assert_eq!(find(&whole).unwrap().unwrap().len(), 4);
        assert_eq!(find(&name(&whole, 1)).unwrap().unwrap().len(), 4);
        assert_eq!(find(&name(&whole, 3)).unwrap(), None);
        let second = fs::read(name(&whole, 2)).unwrap();
        for missing in [4, 2, 1] {
            fs::write(name(&whole, 2), &second).unwrap();
            fs::remove_file(name(&whole, missing)).unwrap();
            let message = find(&name(&whole, 1)).unwrap_err().to_string();
            assert!(message.contains(&format!("x.zip.00{missing}: expected this volume")), "{message}");
        }
        fs::write(&whole, "there").unwrap();
        assert_eq!(find(&whole).unwrap(), None);
    }
}
