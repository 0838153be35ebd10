//! Alternate data streams on a disk that is mounted or copied: as extended attributes (ntfs-3g), or as files called
//! `name:stream` beside the file (copying tools, and NTFS itself where the analyst's machine is a Windows).

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use koff_bundle::record::Stream;

use super::tree::{Place, refusal};
use crate::host::{Answer, unsupported};

/// The most text of a stream that is kept.
const MOST_TEXT: u64 = 4096;
/// The stream that tells where a file came from; asked for by name where streams cannot be listed.
const ZONE: &str = "Zone.Identifier";

/// The file's streams, sorted by name. An empty list only where the file system really lists streams.
pub(super) fn streams(place: &Place) -> Answer<Vec<Stream>> {
    let (mut streams, listed) = attributes(&place.real);
    for beside in beside(&place.real, place)? {
        if !streams.iter().any(|stream| stream.name.eq_ignore_ascii_case(&beside.name)) {
            streams.push(beside);
        }
    }
    if streams.is_empty() && !listed {
        return Err(unsupported(format!("{}: this copy of the disk keeps no alternate data streams", place.path)));
    }
    streams.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(streams)
}

/// Files called `name:stream`, with or without `:$DATA` behind.
fn beside(real: &Path, place: &Place) -> Answer<Vec<Stream>> {
    let Some(name) = real.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for suffix in [format!(":{ZONE}"), format!(":{ZONE}:$DATA")] {
        match read(&real.with_file_name(format!("{name}{suffix}"))) {
            Ok((size, bytes)) => {
                found.push(stream(ZONE, size, &bytes));
                break;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidFilename) => {}
            Err(error) => return Err(refusal(&place.path, &error)),
        }
    }
    Ok(found)
}

fn read(path: &Path) -> io::Result<(u64, Vec<u8>)> {
    let meta = fs::symlink_metadata(path)?;
    if !meta.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_TEXT).read_to_end(&mut bytes)?;
    Ok((meta.len(), bytes))
}

fn stream(name: &str, size: u64, bytes: &[u8]) -> Stream {
    let kept = bytes.get(..bytes.len().min(MOST_TEXT as usize)).unwrap_or_default();
    Stream { name: name.to_owned(), size, text: Some(String::from_utf8_lossy(kept).into_owned()) }
}

/// Streams that are extended attributes, and whether the file system lists them all (ntfs-3g does).
#[cfg(unix)]
fn attributes(real: &Path) -> (Vec<Stream>, bool) {
    const LIST: &str = "ntfs.streams.list";
    let attribute = |name: &str| -> Option<Vec<u8>> {
        let mut bytes = vec![0; 1 << 16];
        let length = rustix::fs::lgetxattr(real, name, &mut bytes).ok()?;
        bytes.truncate(length);
        Some(bytes)
    };
    let mut names = vec![0; 1 << 16];
    let length = rustix::fs::llistxattr(real, &mut names).unwrap_or(0);
    let names = names.get(..length).unwrap_or_default();
    let mut streams = Vec::new();
    for name in names.split(|byte| *byte == 0).filter_map(|name| std::str::from_utf8(name).ok()) {
        if let Some(stream_name) = name.strip_prefix("user.")
            && let Some(bytes) = attribute(name)
            && (stream_name == ZONE || attribute(LIST).is_some())
        {
            streams.push(stream(stream_name, bytes.len() as u64, &bytes));
        }
    }
    (streams, attribute(LIST).is_some())
}

#[cfg(not(unix))]
fn attributes(_: &Path) -> (Vec<Stream>, bool) {
    (Vec::new(), false)
}
