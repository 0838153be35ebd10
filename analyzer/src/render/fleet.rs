//! Many bundles in one document: text, Markdown, JSON, JUnit (a case per bundle) or one HTML page with a table by bundle and
//! by rule.

use std::io::{self, Write};

use askama::Template;

use super::{
    Format,
    escape::{shorten, visible},
    html::{Sheet, filters},
    junit::xml,
    markdown::{code, inline},
    words,
};
use crate::fleet::{Fleet, Row, Tally};

/// Rules that a short list names.
const SHORT: usize = 20;

#[derive(Template)]
#[template(path = "fleet.html")]
struct Page<'a> {
    fleet: &'a Fleet,
    failing: Vec<(&'a str, &'a Tally)>,
    outliers: Vec<(&'a str, &'a Tally, String)>,
    with_cause: usize,
    sheet: Sheet,
}

/// Writes `fleet` as `format`; NDJSON and SARIF grow as each bundle is read ([`super::Growing`]), and are empty here.
///
/// # Errors
/// Only what `out` reports.
pub fn render_fleet(fleet: &Fleet, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text(fleet, out),
        Format::Markdown => markdown(fleet, out),
        Format::Junit => junit(fleet, out),
        Format::Html => {
            let failing = fleet.failing();
            let outliers =
                failing.iter().filter_map(|(rule, t)| Some((*rule, *t, t.outlier.as_ref()?.words()))).collect();
            let with_cause = fleet.bundles.iter().filter(|row| row.cause.is_some()).count();
            Page { fleet, failing, outliers, with_cause, sheet: Sheet::default() }.write_into(&mut *out)
        }
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, fleet)?;
            out.write_all(b"\n")
        }
        Format::Ndjson | Format::Sarif => Ok(()),
    }
}

/// Findings by level, and how many of them someone accepted.
fn levels(row: &Row) -> String {
    let mut parts: Vec<String> = row.levels.iter().map(|(level, count)| format!("{count} {level}")).collect();
    if row.suppressed > 0 {
        parts.push(format!("{} suppressed", row.suppressed));
    }
    if parts.is_empty() { "no findings".to_owned() } else { parts.join(", ") }
}

fn text(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let failing = fleet.failing();
    writeln!(out, "RULES THAT FAIL\n---------------")?;
    for (rule, tally) in &failing {
        let [fail, pass, unknown, _] = tally.verdicts;
        let (level, title) = (words::level(tally.level), visible(&tally.title));
        writeln!(out, "[{level}] {title}  ({})", visible(rule))?;
        let place =
            tally.outlier.as_ref().map(|outlier| format!("; {}", visible(&outlier.words()))).unwrap_or_default();
        writeln!(out, "    fail {fail}, pass {pass}, unknown {unknown}{place}")?;
    }
    if failing.is_empty() {
        writeln!(out, "None.")?;
    }
    writeln!(out, "\nBUNDLES\n-------")?;
    for row in &fleet.bundles {
        let unknown = row.verdicts[2];
        writeln!(out, "{}  {} ({unknown} unknown)", visible(&row.bundle), levels(row))?;
        writeln!(out, "    {}", visible(&row.host))?;
        writeln!(out, "    {}", visible(&shorten(&row.headline, 240)))?;
    }
    for one in &fleet.unread {
        writeln!(out, "{}  NOT READ: {}", visible(&one.bundle), visible(&one.error))?;
    }
    writeln!(out)?;
    if fleet.suppressed() > 0 {
        writeln!(out, "{} suppressed", fleet.suppressed())?;
    }
    for warning in &fleet.warnings {
        writeln!(out, "Warning: {}", visible(warning))?;
    }
    let (bundles, unread) = (fleet.bundles.len(), fleet.unread.len());
    writeln!(out, "Bundles: {bundles}, not read: {unread}; rules with findings: {}.", failing.len())
}

fn markdown(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let failing = fleet.failing();
    writeln!(out, "## Bundles: {}, rules with findings: {}\n", fleet.bundles.len(), failing.len())?;
    if !failing.is_empty() {
        writeln!(out, "| Level | Rule | Fail | Pass | Not told | Where |\n|---|---|---|---|---|---|")?;
        for (rule, tally) in failing.iter().take(SHORT) {
            let [fail, pass, unknown, _] = tally.verdicts;
            let place = tally.outlier.as_ref().map(|outlier| inline(&outlier.words())).unwrap_or_default();
            let level = words::level(tally.level);
            writeln!(
                out,
                "| {level} | {} {} | {fail} | {pass} | {unknown} | {place} |",
                code(rule),
                inline(&tally.title)
            )?;
        }
        writeln!(out)?;
    }
    writeln!(out, "| Bundle | PC | Findings | Most likely cause |\n|---|---|---|---|")?;
    for row in &fleet.bundles {
        let (host, headline) = (inline(&row.host), inline(&shorten(&row.headline, 160)));
        writeln!(out, "| {} | {host} | {} | {headline} |", code(&row.bundle), levels(row))?;
    }
    for one in &fleet.unread {
        writeln!(out, "| {} |  | not read | {} |", code(&one.bundle), inline(&one.error))?;
    }
    if fleet.suppressed() > 0 {
        writeln!(out, "\n{} suppressed", fleet.suppressed())?;
    }
    for warning in &fleet.warnings {
        writeln!(out, "\n**Warning:** {}", inline(warning))?;
    }
    Ok(())
}

fn junit(fleet: &Fleet, out: &mut dyn Write) -> io::Result<()> {
    let (tests, wrong) = (
        fleet.bundles.len() + fleet.unread.len(),
        fleet.bundles.iter().filter(|row| row.cause.is_some()).count() + fleet.unread.len(),
    );
    let counts = format!(r#"tests="{tests}" failures="{wrong}" errors="0""#);
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="koff-analyze" {counts}>"#)?;
    writeln!(out, r#"  <testsuite name="bundles" {counts} skipped="0">"#)?;
    for row in &fleet.bundles {
        let name = xml(&row.bundle);
        match &row.cause {
            None => writeln!(out, r#"    <testcase name="{name}" classname="bundles"/>"#)?,
            Some(cause) => {
                let (cause, message) = (xml(cause), xml(&row.headline));
                writeln!(
                    out,
                    r#"    <testcase name="{name}" classname="bundles"><failure type="{cause}" message="{message}"/></testcase>"#
                )?;
            }
        }
    }
    for one in &fleet.unread {
        let (name, error) = (xml(&one.bundle), xml(&one.error));
        writeln!(
            out,
            r#"    <testcase name="{name}" classname="bundles"><failure type="no report" message="{error}"/></testcase>"#
        )?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}
