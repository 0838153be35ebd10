//! Recognises loose evidence by its bytes, never by its name, and gives it a manifest of its own: as customers send it by
//! hand. Owns the recognition; what a file says is read by the parsers of its kind.

mod recognise;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use self::recognise::{Kind, recognise};
use crate::{
    acquisition::{Acquisition, State},
    error::{Error, Result},
    manifest::{Entry, FORMAT_VERSION, HostInfo, HostKind, Manifest, Redaction, Tool},
    reading::Reading,
};

/// How each entry of loose evidence was obtained.
pub const METHOD: &str = "loose";

/// How much of a member is looked at.
pub(crate) const HEAD: u64 = 64 << 10;

/// A manifest for evidence of unknown origin: every reading of the host is missing, its times are the epoch because
/// nobody knows when it was gathered.
pub(crate) fn blank() -> Manifest {
    Manifest {
        format_version: FORMAT_VERSION,
        tool: Tool { name: METHOD.to_owned(), version: String::new() },
        plan: METHOD.to_owned(),
        host: HostInfo {
            kind: HostKind::Loose,
            windows: unknown(),
            edition: unknown(),
            display_version: unknown(),
            build: unknown(),
            ubr: unknown(),
            architecture: unknown(),
            locale: unknown(),
            time_zone: unknown(),
            utc_offset_minutes: unknown(),
            elevated: unknown(),
            computer: unknown(),
        },
        started: Timestamp::UNIX_EPOCH,
        finished: Timestamp::UNIX_EPOCH,
        redaction: Redaction { names_masked: false, masks: BTreeMap::new() },
        entries: Vec::new(),
    }
}

fn unknown<T>() -> Reading<T> {
    Reading::missing(State::NotCollected, "evidence gathered by hand does not say")
}

/// One file of loose evidence, for [`manifest`].
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'a str,
    pub(crate) size: u64,
    /// Its first bytes ([`HEAD`] at most), or why they cannot be had.
    pub(crate) head: std::result::Result<Vec<u8>, String>,
}

/// The manifest of evidence at `place`: one entry per file, in their order.
pub(crate) fn manifest<'a>(place: &str, files: impl Iterator<Item = Candidate<'a>>) -> Result<Manifest> {
    let entries: Vec<Entry> = files.map(entry).collect();
    let nothing = [Kind::Unrecognised.id(), Kind::Archive.id()];
    if entries.iter().all(|entry| nothing.contains(&&*entry.artifact)) {
        let expected = "manifest.json, or evidence that can be recognised by its content";
        let found = format!("{} members, none of them recognised", entries.len());
        return Err(Error::format(place, expected, found));
    }
    Ok(Manifest { entries, ..blank() })
}

fn entry(file: Candidate<'_>) -> Entry {
    let (kind, acquisition) = match file.head {
        Err(why) => (Kind::Unrecognised, Acquisition::ended(State::Failed, why)),
        Ok(head) => match recognise(&head) {
            Kind::Archive => {
                let why = "an archive inside an archive is not opened; give its content by itself";
                (Kind::Archive, Acquisition::ended(State::Skipped, why))
            }
            kind => (kind, Acquisition::complete()),
        },
    };
    Entry {
        name: file.name.to_owned(),
        artifact: kind.id().to_owned(),
        user: None,
        origin: file.name.to_owned(),
        method: METHOD.to_owned(),
        acquisition,
        gaps: Vec::new(),
        bytes_read: file.size,
        bytes_kept: file.size,
        duration_ms: 0,
        sha256: None,
        masks: BTreeMap::new(),
        flush_points: None,
        modified: None,
    }
}
