//! What `check` found, as a readable difference, JUnit XML or JSON: a case per bundle.

use std::io::{self, Write};

use super::{
    escape::{shorten, visible},
    junit::xml,
};
use crate::expect::{Case, Difference, Outcome};

/// Formats of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFormat {
    /// For people: what differs, rule by rule.
    Text,
    /// JUnit XML for CI: a test case per bundle.
    Junit,
    /// The cases, schema `koff-check/1`.
    Json,
}

/// Writes `cases` as `format`.
///
/// # Errors
/// Only what `out` reports.
pub fn render_check(cases: &[Case], format: CheckFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        CheckFormat::Text => text(cases, out),
        CheckFormat::Junit => junit(cases, out),
        CheckFormat::Json => {
            let document = serde_json::json!({ "schema": "koff-check/1", "cases": cases });
            serde_json::to_writer_pretty(&mut *out, &document)?;
            out.write_all(b"\n")
        }
    }
}

fn text(cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    let mut wrong = 0;
    for case in cases {
        let (bundle, file) = (visible(&case.bundle), visible(&case.expected));
        wrong += usize::from(case.outcome.is_wrong());
        match &case.outcome {
            Outcome::Same(_) => {}
            Outcome::Failed(why) => writeln!(out, "{bundle}: {}", visible(why))?,
            Outcome::Written(list) if list.is_empty() => {}
            Outcome::Differs(list) | Outcome::Written(list) => {
                let word = if case.outcome.is_wrong() { "differ from" } else { "changed in" };
                writeln!(out, "{bundle}: {} {word} {file}", count(list.len(), "verdict"))?;
                for one in list {
                    writeln!(out, "    {}", line(one))?;
                }
            }
        }
    }
    let fine = cases.len() - wrong;
    writeln!(out, "{}: {fine} as expected, {wrong} not", count(cases.len(), "bundle"))
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// `rule: expected pass, found fail (why)`.
fn line(one: &Difference) -> String {
    let word = |verdict: &Option<String>| match verdict {
        Some(word) => word.replace('_', " "),
        None => "nothing".to_owned(),
    };
    let why = if one.why.is_empty() { String::new() } else { format!(" ({})", shorten(&one.why, 240)) };
    visible(&format!("{}: expected {}, found {}{why}", one.rule, word(&one.expected), word(&one.found)))
}

fn junit(cases: &[Case], out: &mut dyn Write) -> io::Result<()> {
    let wrong = cases.iter().filter(|case| case.outcome.is_wrong()).count();
    let counts = format!(r#"tests="{}" failures="{wrong}" errors="0""#, cases.len());
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="koff-analyze check" {counts}>"#)?;
    writeln!(out, r#"  <testsuite name="check" {counts} skipped="0">"#)?;
    for case in cases {
        let (name, class) = (xml(&case.bundle), xml(&case.expected));
        match &case.outcome {
            Outcome::Same(_) | Outcome::Written(_) => {
                writeln!(out, r#"    <testcase name="{name}" classname="{class}"/>"#)?;
            }
            Outcome::Failed(why) => {
                let why = xml(why);
                writeln!(
                    out,
                    r#"    <testcase name="{name}" classname="{class}"><failure type="not compared" message="{why}"/></testcase>"#
                )?;
            }
            Outcome::Differs(list) => {
                writeln!(out, r#"    <testcase name="{name}" classname="{class}">"#)?;
                let message = count(list.len(), "verdict");
                writeln!(out, r#"      <failure type="verdicts" message="{message} not as expected">"#)?;
                for one in list {
                    writeln!(out, "{}", xml(&line(one)))?;
                }
                writeln!(out, "      </failure>\n    </testcase>")?;
            }
        }
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}
