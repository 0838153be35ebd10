//! The report in one format each. A renderer gets the finished document and nothing else, and decides nothing.

mod checked;
mod comparison;
mod escape;
mod fleet;
mod growing;
mod html;
mod json;
mod junit;
mod markdown;
mod ndjson;
mod sarif;
mod terminal;
mod text;
mod words;

use std::io;

pub use checked::{CheckFormat, render_check};
pub use comparison::{ComparisonFormat, render_comparison};
pub use escape::visible;
pub use fleet::render_fleet;
pub use growing::{Growing, render_failed_part, render_part};
pub use terminal::{Screen, dress};

use crate::report::{DllRow, Report};

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Format {
    /// For people in a terminal and for grep: plain, stable, no colour.
    Text,
    /// One self-contained page: no network, works from a keyboard, prints.
    Html,
    /// For tickets: tables and code fences that Zendesk, Jira and GitHub show alike.
    Markdown,
    /// The document itself, schema `koff-report/1`.
    Json,
    /// One line a finding.
    Ndjson,
    /// SARIF 2.1.0 for code-scanning viewers.
    Sarif,
    /// JUnit XML for CI.
    Junit,
}

/// Writes `report` as `format`.
///
/// # Errors
/// Only what `out` reports.
pub fn render(report: &Report, format: Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => text::render(report, out),
        Format::Html => html::render(report, out),
        Format::Markdown => markdown::render(report, out),
        Format::Json => json::render(report, out),
        Format::Ndjson => ndjson::render(report, out),
        Format::Sarif => sarif::render(report, out),
        Format::Junit => junit::render(report, out),
    }
}

/// Writes the indicator table of one DLL as text, as it stands in the text report.
///
/// # Errors
/// Only what `out` reports.
pub fn render_dll(dll: &DllRow, out: &mut dyn io::Write) -> io::Result<()> {
    text::dll_table(dll, out)
}

/// Writes a valid document of `format` that says that there is no report, and why.
///
/// # Errors
/// Only what `out` reports.
pub fn render_failure(bundle: &str, error: &str, format: Format, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Text => writeln!(out, "No report on {}: {}", visible(bundle), visible(error)),
        Format::Html => html::failure(bundle, error, out),
        Format::Markdown => writeln!(out, "**No report** on {}: {}", markdown::inline(bundle), markdown::inline(error)),
        Format::Json | Format::Ndjson => json::failure(bundle, error, out),
        Format::Sarif => sarif::failure(bundle, error, out),
        Format::Junit => junit::failure(bundle, error, out),
    }
}
