//! The report in one format each. A renderer gets the finished document and nothing else, and decides nothing.

mod escape;
mod json;
mod text;

use std::io;

use crate::report::Report;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Format {
    /// For people in a terminal and for grep: plain, stable, no colour.
    Text,
    /// The document itself, schema `koff-report/1`.
    Json,
}

/// Writes `report` as `format`.
///
/// # Errors
/// Only what `out` reports.
pub fn render(report: &Report, format: Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, out),
        Format::Json => json::render(report, out),
    }
}
