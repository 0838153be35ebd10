//! Documents over many bundles that grow as each is read, so that memory does not depend on their number: NDJSON with a
//! line a finding, SARIF with a run a bundle. Owns what stands before, between and behind the parts.

use std::io::{self, Write};

use super::{Format, json, ndjson, sarif};
use crate::report::Report;

/// A document that is being written.
pub struct Growing<'a> {
    format: Format,
    out: Box<dyn Write + 'a>,
    parts: usize,
}

impl<'a> Growing<'a> {
    /// Whether documents of `format` grow; any other is rendered from the finished fleet.
    #[must_use]
    pub fn grows(format: Format) -> bool {
        matches!(format, Format::Ndjson | Format::Sarif)
    }

    /// Begins a document of a growing `format`.
    ///
    /// # Errors
    /// Only what `out` reports.
    pub fn begin(format: Format, mut out: Box<dyn Write + 'a>) -> io::Result<Self> {
        if format == Format::Sarif {
            out.write_all(sarif::HEAD.as_bytes())?;
        }
        Ok(Self { format, out, parts: 0 })
    }

    /// The format.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// Adds a part, as [`render_part`] or [`render_failed_part`] wrote it.
    ///
    /// # Errors
    /// Only what the writer reports.
    pub fn add(&mut self, part: &[u8]) -> io::Result<()> {
        if self.format == Format::Sarif && self.parts > 0 {
            self.out.write_all(b",\n")?;
        }
        self.parts += 1;
        self.out.write_all(part)
    }

    /// Ends the document.
    ///
    /// # Errors
    /// Only what the writer reports.
    pub fn finish(mut self) -> io::Result<()> {
        if self.format == Format::Sarif {
            self.out.write_all(sarif::TAIL.as_bytes())?;
        }
        self.out.flush()
    }
}

/// Writes what a document of a growing `format` says of one bundle; nothing for any other.
///
/// # Errors
/// Only what `out` reports.
pub fn render_part(report: &Report, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Ndjson => ndjson::render(report, out),
        Format::Sarif => sarif::run(report, out),
        _ => Ok(()),
    }
}

/// The same for a bundle of which there is no report.
///
/// # Errors
/// Only what `out` reports.
pub fn render_failed_part(bundle: &str, error: &str, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Ndjson => json::failure(bundle, error, out),
        Format::Sarif => sarif::failed_run(bundle, error, out),
        _ => Ok(()),
    }
}
