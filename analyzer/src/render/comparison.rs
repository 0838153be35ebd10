//! A comparison of two reports as text, JSON or one HTML page.

use std::io::{self, Write};

use askama::Template;

use super::{
    escape::visible,
    html::{Sheet, filters},
    words,
};
use crate::compare::{Changed, Comparison};

/// Formats of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ComparisonFormat {
    /// For people in a terminal.
    Text,
    /// The document, schema `koff-diff/1`.
    Json,
    /// One self-contained page.
    Html,
}

#[derive(Template)]
#[template(path = "comparison.html")]
struct Page<'a> {
    c: &'a Comparison,
    sections: [(&'static str, &'static str, &'a [Changed]); 4],
    sheet: Sheet,
}

/// Writes `comparison` as `format`.
///
/// # Errors
/// Only what `out` reports.
pub fn render_comparison(comparison: &Comparison, format: ComparisonFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ComparisonFormat::Text => text(comparison, out),
        ComparisonFormat::Html => {
            Page { c: comparison, sections: sections(comparison), sheet: Sheet::default() }.write_into(&mut *out)
        }
        ComparisonFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, comparison)?;
            out.write_all(b"\n")
        }
    }
}

/// Title, tone of the page and findings.
fn sections(comparison: &Comparison) -> [(&'static str, &'static str, &[Changed]); 4] {
    [
        ("Fixed", "low", &comparison.fixed),
        ("New", "critical", &comparison.appeared),
        ("Still there", "high", &comparison.still),
        ("Now unknown", "medium", &comparison.now_unknown),
    ]
}

fn text(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} -> {}", visible(&comparison.old), visible(&comparison.new))?;
    for (title, _, list) in sections(comparison) {
        writeln!(out, "\n{title} ({})", list.len())?;
        for item in list {
            let reason = if item.reason.is_empty() { String::new() } else { format!(" ({})", visible(&item.reason)) };
            let (rule, message) = (visible(&item.rule), visible(&item.message));
            writeln!(out, "  [{}] {rule}: {message}{reason}", words::level(item.level))?;
        }
    }
    writeln!(out, "\nFacts that changed ({})", comparison.facts.len())?;
    for fact in &comparison.facts {
        let which = if fact.which.is_empty() { String::new() } else { format!(" {}", visible(&fact.which)) };
        let field = if fact.field.is_empty() { String::new() } else { format!(" {}", fact.field) };
        writeln!(out, "  {}{which}{field}: {} -> {}", fact.kind, visible(&fact.before), visible(&fact.after))?;
    }
    Ok(())
}
