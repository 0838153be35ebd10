//! A comparison of two reports as text, JSON or one HTML page.

use std::io::{self, Write};

use askama::Template;

use super::{escape::visible, html::filters, words};
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
#[template(
    ext = "html",
    source = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src 'none'"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>KOFF comparison</title></head>
<body><main>
<h1>{{ c.old|shown }} → {{ c.new|shown }}</h1>
{% for (title, list) in sections %}
<h2>{{ title }} ({{ list.len() }})</h2>
<ul>{% for item in list %}<li>{{ item.level|word }} <code>{{ item.rule|shown }}</code> {{ item.message|shown }}{% if !item.reason.is_empty() %} ({{ item.reason|shown }}){% endif %}</li>{% endfor %}</ul>
{% endfor %}
<h2>Facts that changed ({{ c.facts.len() }})</h2>
<table border="1"><thead><tr><th scope="col">Fact</th><th scope="col">Which</th><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
<tbody>{% for fact in c.facts %}<tr><td>{{ fact.kind|shown }}</td><td>{{ fact.which|shown }}</td><td>{{ fact.field|shown }}</td><td>{{ fact.before|shown }}</td><td>{{ fact.after|shown }}</td></tr>{% endfor %}</tbody></table>
</main></body></html>
"#
)]
struct Page<'a> {
    c: &'a Comparison,
    sections: [(&'static str, &'a [Changed]); 4],
}

/// Writes `comparison` as `format`.
///
/// # Errors
/// Only what `out` reports.
pub fn render_comparison(comparison: &Comparison, format: ComparisonFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ComparisonFormat::Text => text(comparison, out),
        ComparisonFormat::Html => Page { c: comparison, sections: sections(comparison) }.write_into(&mut *out),
        ComparisonFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, comparison)?;
            out.write_all(b"\n")
        }
    }
}

fn sections(comparison: &Comparison) -> [(&'static str, &[Changed]); 4] {
    [
        ("Fixed", &comparison.fixed),
        ("New", &comparison.appeared),
        ("Still there", &comparison.still),
        ("Now unknown", &comparison.now_unknown),
    ]
}

fn text(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} -> {}", visible(&comparison.old), visible(&comparison.new))?;
    for (title, list) in sections(comparison) {
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
