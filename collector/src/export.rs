//! From what a source brought to a member of the bundle. The only place that touches the bundle's writer; what it writes
//! has passed redaction. Owns the text forms (`.reg`, JSON array, one JSON object a line), decides nothing.

use std::io::{Seek, Write};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::{Entry, FORMAT_VERSION, HostInfo, Manifest, Redaction, Tool},
    writer::Writer,
};

use crate::{
    error::Result,
    plan::{self, Plan},
    source::Raw,
};

mod form;
mod secrets;

/// A bundle under way.
pub struct Export<W: Write + Seek> {
    writer: Writer<W>,
}

impl<W: Write + Seek> Export<W> {
    /// Begins a bundle in `out`.
    pub fn begin(out: W, _plan: &Plan, host: HostInfo, started: Timestamp) -> Self {
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            tool: Tool { name: "koff-collect".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            plan: plan::NAME.to_owned(),
            host,
            started,
            finished: started,
            redaction: Redaction { names_masked: false, masks: std::collections::BTreeMap::new() },
            entries: Vec::new(),
        };
        Self { writer: Writer::create(out, manifest) }
    }

    /// An entry that was obtained.
    ///
    /// # Errors
    /// Where the bundle cannot be written.
    pub fn add(&mut self, entry: Entry, _artifact: Artifact, raw: Raw) -> Result<()> {
        let mut entry = Entry {
            acquisition: raw.acquisition(),
            gaps: raw.gaps,
            bytes_read: raw.bytes_read,
            modified: raw.modified,
            ..entry
        };
        let mut content = raw.content;
        entry.masks = secrets::remove(&mut content);
        match form::bytes(content) {
            Ok(bytes) => {
                self.writer.add(entry, &mut bytes.as_slice())?;
            }
            Err(error) => {
                entry.acquisition = Acquisition::ended(State::Failed, format!("no text form: {error}"));
                self.writer.note(entry)?;
            }
        }
        Ok(())
    }

    /// An entry that was planned and not obtained.
    ///
    /// # Errors
    /// Where its name breaks the bundle's rules.
    pub fn note(&mut self, entry: Entry) -> Result<()> {
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
        for entry in &manifest.entries {
            for (kind, count) in &entry.masks {
                *manifest.redaction.masks.entry(kind.clone()).or_default() += count;
            }
        }
        Ok(self.writer.finish()?)
    }
}
