//! Writes a bundle: members as deflate streams with full-flush points, the manifest, the central directory. Owns the
//! order and the bookkeeping; the caller writes to a temporary file and renames it when [`Writer::finish`] returned.
//!
//! `manifest.json` is written last, when everything is known, and stands first in the central directory.

use std::{
    collections::BTreeSet,
    io::{Read, Seek, SeekFrom, Write},
};

use crate::{
    acquisition::{Acquisition, State},
    container::{
        layout::{DEFLATED, End, FLAG_UTF8, Header, dos_stamp},
        squeeze::{INTERVAL, Squeezed, Squeezer},
    },
    error::{Error, Result},
    limits::{Limits, name_problems},
    manifest::{Entry, FlushPoints, MANIFEST_NAME, Manifest},
};

/// A bundle under way. Same members in the same order give the same bytes, on any number of threads.
#[derive(Debug)]
pub struct Writer<W: Write + Seek> {
    out: W,
    at: u64,
    manifest: Manifest,
    headers: Vec<Header>,
    names: BTreeSet<String>,
    stamp: u32,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins a bundle at the start of `out`. `manifest` is complete but for its entries, which come by [`Writer::add`]
    /// and [`Writer::note`], and what [`Writer::manifest_mut`] sets later. Members are dated `manifest.started`.
    #[must_use]
    pub fn create(out: W, manifest: Manifest) -> Self {
        let stamp = dos_stamp(manifest.started);
        let names = BTreeSet::from([MANIFEST_NAME.to_owned()]);
        Self { out, at: 0, manifest, headers: Vec::new(), names, stamp }
    }

    /// The manifest so far, to set what is known at the end only (`finished`, `redaction`).
    pub fn manifest_mut(&mut self) -> &mut Manifest {
        &mut self.manifest
    }

    /// An entry without a member: planned and not obtained.
    ///
    /// # Errors
    /// A name that breaks the name rules or is taken.
    pub fn note(&mut self, entry: Entry) -> Result<&mut Entry> {
        self.claim(&entry.name)?;
        Ok(push(&mut self.manifest.entries, entry))
    }

    /// An entry with its member, read from `content` to the end. Fills in size, digest and flush points; the entry is
    /// given back for what the caller learns while content passes by (masks, bytes read). A `content` that fails is not
    /// an error: what came before is kept as *truncated*, and where nothing came the entry is *failed*, without member.
    ///
    /// # Errors
    /// What the output says, or a name that breaks the name rules or is taken.
    pub fn add(&mut self, mut entry: Entry, content: &mut dyn Read) -> Result<&mut Entry> {
        self.claim(&entry.name)?;
        let mut squeezer = Squeezer::begin(content);
        if let Some(error) = squeezer.failed_at_once() {
            entry.acquisition = ended(State::Failed, &error);
            return Ok(push(&mut self.manifest.entries, entry));
        }
        let done = self.member(&entry.name, squeezer)?;
        entry.bytes_kept = done.size;
        entry.sha256 = Some(done.sha256);
        entry.flush_points = (done.offsets.len() > 1).then_some(FlushPoints {
            interval: INTERVAL as u64,
            offsets: done.offsets,
            sha256: Some(done.proof),
        });
        if let Some(error) = done.failure {
            entry.acquisition = ended(State::Truncated, &error);
        }
        Ok(push(&mut self.manifest.entries, entry))
    }

    /// Writes manifest and central directory; gives back the output and the manifest as written. The file is complete
    /// and flushed, but not synced to the disk.
    ///
    /// # Errors
    /// What the output says.
    pub fn finish(mut self) -> Result<(W, Manifest)> {
        let place = |error| Error::io(MANIFEST_NAME, error);
        let mut json = serde_json::to_vec_pretty(&self.manifest).map_err(|error| place(error.into()))?;
        json.push(b'\n');
        self.member(MANIFEST_NAME, Squeezer::begin(&mut &*json))?;
        if let Some(manifest) = self.headers.pop() {
            self.headers.insert(0, manifest);
        }
        let offset = self.at;
        let headers = std::mem::take(&mut self.headers);
        for header in &headers {
            self.write("central directory", &header.central())?;
        }
        let end = End { entries: headers.len() as u64, size: self.at - offset, offset };
        self.write("end of central directory", &end.encode(self.at))?;
        self.out.flush().map_err(|error| Error::io("end of central directory", error))?;
        Ok((self.out, self.manifest))
    }

    /// Takes a name, or says why it may not be one.
    fn claim(&mut self, name: &str) -> Result<()> {
        if let Some(problem) = name_problems(name, &Limits::default()).into_iter().next() {
            return Err(Error::format(name, problem.expected, problem.found));
        }
        if self.names.insert(name.to_lowercase()) {
            Ok(())
        } else {
            Err(Error::format(name, "a name that no other member has, case ignored", "it twice"))
        }
    }

    fn member(&mut self, name: &str, squeezer: Squeezer<'_>) -> Result<Squeezed> {
        let long = squeezer.is_long();
        let mut header = Header {
            name: name.as_bytes().to_vec(),
            flags: FLAG_UTF8,
            method: DEFLATED,
            stamp: self.stamp,
            crc: 0,
            compressed: 0,
            size: 0,
            offset: self.at,
            // Unix, not DOS: for DOS members Info-ZIP takes names for OEM text and warns about each umlaut.
            system: 3,
            attributes: 0o100_644 << 16,
        };
        self.write(name, &header.local(long))?;
        let out = &mut self.out;
        let done = squeezer.run(&mut |piece| out.write_all(piece)).map_err(|error| Error::io(name, error))?;
        self.at += done.compressed;
        (header.crc, header.compressed, header.size) = (done.crc, done.compressed, done.size);
        // Sizes are known only now: the header is written again, same length.
        self.rewrite(header.offset, &header.local(long)).map_err(|error| Error::io(name, error))?;
        self.headers.push(header);
        Ok(done)
    }

    fn rewrite(&mut self, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
        self.out.seek(SeekFrom::Start(offset))?;
        self.out.write_all(bytes)?;
        self.out.seek(SeekFrom::Start(self.at))?;
        Ok(())
    }

    fn write(&mut self, place: &str, bytes: &[u8]) -> Result<()> {
        self.out.write_all(bytes).map_err(|error| Error::io(place, error))?;
        self.at += bytes.len() as u64;
        Ok(())
    }
}

fn push(entries: &mut Vec<Entry>, entry: Entry) -> &mut Entry {
    let at = entries.len();
    entries.push(entry);
    &mut entries[at]
}

fn ended(state: State, error: &std::io::Error) -> Acquisition {
    let os_error = error.raw_os_error().map(i64::from);
    Acquisition { state, reason: format!("reading it failed: {error}"), os_error }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::manifest::{HostKind, sample};

    fn entry(name: &str) -> Entry {
        sample::entry(name, "connector-logs")
    }

    /// A bundle with a long, a short and an empty member, and one entry without member.
    fn write() -> (Vec<u8>, Manifest) {
        let mut writer = Writer::create(Cursor::new(Vec::new()), sample::manifest(HostKind::Disk));
        let long = b"[02/Mar/2026 10:00:00] a line of a log\r\n".repeat(300_000);
        writer.add(entry("logs/long.log"), &mut &*long).unwrap().bytes_read = 7;
        writer.add(entry("logs/kurz ü.log"), &mut &b"short"[..]).unwrap();
        writer.add(entry("logs/empty.log"), &mut &b""[..]).unwrap();
        let mut denied = entry("logs/denied.log");
        denied.acquisition = Acquisition::ended(State::Denied, "access is denied");
        writer.note(denied).unwrap();
        let (out, manifest) = writer.finish().unwrap();
        (out.into_inner(), manifest)
    }

    #[test]
    fn another_reader_finds_every_member_whole_and_the_manifest_first() {
        let (bytes, manifest) = write();
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(archive.len(), 4);
        assert_eq!(archive.by_index(0).unwrap().name().unwrap(), MANIFEST_NAME);
        assert!(!archive.has_overlapping_files().unwrap());
        for entry in manifest.entries.iter().filter(|entry| entry.acquisition.state.has_content()) {
            let mut content = Vec::new();
            archive.by_name(&entry.name).unwrap().read_to_end(&mut content).unwrap();
            assert_eq!(entry.sha256, Some(crate::digest::sha256(&content)), "{}", entry.name);
            assert_eq!(entry.bytes_kept, content.len() as u64);
        }
        let mut json = String::new();
        archive.by_name(MANIFEST_NAME).unwrap().read_to_string(&mut json).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&json).unwrap(), manifest);
        assert_eq!(manifest.entries[0].bytes_read, 7);
        assert_eq!(manifest.entries[0].flush_points.as_ref().unwrap().offsets.len(), 12);
        assert_eq!(manifest.entries[3].sha256, None);
    }

    #[test]
    fn one_thread_and_many_write_the_same_bytes() {
        let run = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(write).0;
        assert!(run(1) == run(4));
    }

    #[test]
    fn names_are_held_to_the_rules_and_used_once() {
        let mut writer = Writer::create(Cursor::new(Vec::new()), sample::manifest(HostKind::Disk));
        writer.note(entry("a/b.log")).unwrap();
        for name in ["A/B.log", "../b", MANIFEST_NAME, "c:\\x"] {
            assert!(writer.note(entry(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn content_that_breaks_ends_the_member_and_not_the_bundle() {
        struct Breaks;
        impl Read for Breaks {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::from_raw_os_error(5))
            }
        }
        let mut writer = Writer::create(Cursor::new(Vec::new()), sample::manifest(HostKind::Disk));
        writer.add(entry("cut.log"), &mut (&b"half"[..]).chain(Breaks)).unwrap();
        writer.add(entry("none.log"), &mut Breaks).unwrap();
        let (bytes, manifest) = writer.finish().unwrap();
        let ends: Vec<_> = manifest.entries.iter().map(|entry| (entry.acquisition.state, entry.bytes_kept)).collect();
        assert_eq!(ends, [(State::Truncated, 4), (State::Failed, 0)]);
        assert_eq!(manifest.entries[1].acquisition.os_error, Some(5));
        assert_eq!(zip::ZipArchive::new(bytes).unwrap().len(), 2);
    }
}
