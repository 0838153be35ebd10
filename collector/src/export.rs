//! From what a source brought to a member of the bundle. The only place that touches the bundle's writer, and what it
//! writes there has passed redaction, manifest included. Decides nothing about what is collected.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, Write},
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::{Entry, FORMAT_VERSION, Gap, HostInfo, Manifest, Redaction, Tool},
    reading::Reading,
    writer::Writer,
};

use crate::{
    error::Result,
    plan,
    redact::{Masks, Mode, Redacted, Redactor},
    source::{Content, Raw},
};

/// A bundle under way.
pub struct Export<W: Write + Seek> {
    writer: Writer<W>,
    redactor: Redactor,
    /// Masks in the manifest itself.
    masks: Masks,
}

impl<W: Write + Seek> Export<W> {
    /// Begins a bundle in `out`.
    pub fn begin(out: W, host: HostInfo, started: Timestamp, redactor: Redactor) -> Self {
        let mut masks = Masks::new();
        let computer = match host.computer {
            Reading::Value(name) => Reading::Value(line(&redactor, &name, &mut masks)),
            missing @ Reading::Missing(_) => missing,
        };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            tool: Tool { name: "koff-collect".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            plan: plan::NAME.to_owned(),
            host: HostInfo { computer, ..host },
            started,
            finished: started,
            redaction: Redaction { names_masked: redactor.mode() == Mode::Mask, masks: BTreeMap::new() },
            entries: Vec::new(),
        };
        Self { writer: Writer::create(out, manifest), redactor, masks }
    }

    /// An entry that was obtained.
    ///
    /// # Errors
    /// Where the bundle cannot be written.
    pub fn add(&mut self, entry: Entry, raw: Raw) -> Result<()> {
        let entry = Entry {
            acquisition: raw.acquisition(),
            gaps: raw.gaps,
            bytes_read: raw.bytes_read,
            modified: raw.modified,
            ..entry
        };
        let entry = self.masked(entry);
        match redacted(&self.redactor, raw.content) {
            Ok(mut content) => {
                let entry = self.writer.add(entry, &mut content)?;
                entry.masks = content.masks();
            }
            Err(error) => {
                let why = format!("it has no text form: {error}");
                self.writer.note(Entry { acquisition: Acquisition::ended(State::Failed, why), ..entry })?;
            }
        }
        Ok(())
    }

    /// A file, redacted and written while it is read; `ended` says how reading it ended and how many bytes were read.
    ///
    /// # Errors
    /// Where the bundle cannot be written.
    pub fn file(
        &mut self,
        entry: Entry,
        file: impl Read + Send + 'static,
        ended: impl FnOnce() -> (Acquisition, u64),
    ) -> Result<()> {
        let entry = self.masked(entry);
        let mut content = self.redactor.text(file);
        let entry = self.writer.add(entry, &mut content)?;
        entry.masks = content.masks();
        let (end, read) = ended();
        entry.bytes_read = read;
        if end.state != State::Complete {
            let reason = line(&self.redactor, &end.reason, &mut self.masks);
            entry.acquisition = Acquisition { reason, ..end };
        }
        Ok(())
    }

    /// An entry that was planned and not obtained.
    ///
    /// # Errors
    /// Where its name breaks the bundle's rules.
    pub fn note(&mut self, entry: Entry) -> Result<()> {
        let entry = self.masked(entry);
        self.writer.note(entry)?;
        Ok(())
    }

    /// Writes manifest and directory; gives back the output and the manifest as written.
    ///
    /// # Errors
    /// Where the bundle cannot be written.
    pub fn finish(mut self, finished: Timestamp) -> Result<(W, Manifest)> {
        let manifest = self.writer.manifest_mut();
        manifest.finished = finished;
        let mut masks = self.masks;
        for (kind, count) in manifest.entries.iter().flat_map(|entry| &entry.masks) {
            *masks.entry(kind.clone()).or_default() += count;
        }
        manifest.redaction.masks = masks;
        Ok(self.writer.finish()?)
    }

    /// What the manifest says of an entry, redacted like everything else: paths, names of files, reasons.
    fn masked(&mut self, entry: Entry) -> Entry {
        let mut mask = |text: &str| line(&self.redactor, text, &mut self.masks);
        let acquisition = |mask: &mut dyn FnMut(&str) -> String, end: Acquisition| {
            let reason = mask(&end.reason);
            Acquisition { reason, ..end }
        };
        let gaps = entry
            .gaps
            .into_iter()
            .map(|gap| Gap { place: mask(&gap.place), acquisition: acquisition(&mut mask, gap.acquisition) });
        let gaps = gaps.collect();
        Entry {
            name: mask(&entry.name),
            origin: mask(&entry.origin),
            acquisition: acquisition(&mut mask, entry.acquisition),
            gaps,
            ..entry
        }
    }
}

fn line(redactor: &Redactor, text: &str, masks: &mut Masks) -> String {
    if text.is_empty() {
        return String::new();
    }
    let (line, counted) = redactor.line(text);
    for (kind, count) in counted {
        *masks.entry(kind).or_default() += count;
    }
    line
}

/// What `content` would be in a bundle, as text and with its masks; at most `most` bytes of it. Writes nothing.
///
/// # Errors
/// Where it has no text form or cannot be redacted.
pub fn look(redactor: &Redactor, content: Content, most: u64) -> io::Result<(String, Masks)> {
    head(redacted(redactor, content)?, most)
}

/// As [`look`], of a file.
///
/// # Errors
/// As there.
pub fn look_into(redactor: &Redactor, file: impl Read + Send + 'static, most: u64) -> io::Result<(String, Masks)> {
    head(redactor.text(file), most)
}

fn head(mut content: Redacted, most: u64) -> io::Result<(String, Masks)> {
    let mut bytes = Vec::new();
    content.by_ref().take(most).read_to_end(&mut bytes)?;
    Ok((readable(&bytes), content.masks()))
}

/// Text of a member: UTF-16 where its mark says so (registry exports), else UTF-8.
#[must_use]
pub fn readable(bytes: &[u8]) -> String {
    let units = |pair: &[u8; 2]| u16::from_le_bytes(*pair);
    match bytes.strip_prefix(b"\xFF\xFE") {
        Some(wide) => String::from_utf16_lossy(&wide.as_chunks::<2>().0.iter().map(units).collect::<Vec<_>>()),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

fn redacted(redactor: &Redactor, content: Content) -> serde_json::Result<Redacted> {
    Ok(match content {
        Content::Registry(keys) => redactor.registry(keys.into_iter().map(|export| (export.path, export.key))),
        Content::Program { name, bytes } => redactor.program(&name, bytes),
        Content::Catalogue(bytes) => redactor.catalogue(bytes),
        Content::Picture(bytes) => redactor.picture(bytes),
        Content::Records(records) => redactor.json(&records)?,
        Content::Events(events) => redactor.json_lines(events),
    })
}
