//! JUnit XML for CI: a suite per area, a test case per rule; fail is a failure, unknown and not applicable are skipped
//! with the reason, and so is what someone accepted.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use super::{
    escape::{shorten, visible},
    words,
};
use crate::report::{Report, RuleVerdict};

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut areas: BTreeMap<&str, Vec<&RuleVerdict>> = BTreeMap::new();
    for verdict in &report.verdicts {
        areas.entry(&verdict.area).or_default().push(verdict);
    }
    let tests: usize = report.summary.verdicts.iter().sum();
    let fail = report.verdicts.iter().filter(|verdict| fails(report, verdict)).count();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="koff-analyze" tests="{tests}" failures="{fail}" errors="0">"#)?;
    for (area, verdicts) in areas {
        suite(report, area, &verdicts, out)?;
    }
    writeln!(out, "</testsuites>")
}

/// Whether a rule failed with a finding that nobody accepted.
fn fails(report: &Report, verdict: &RuleVerdict) -> bool {
    verdict.verdict == "fail" && accepted(report, verdict).is_none()
}

/// Why a failing rule is no failure: someone accepted every finding of it.
fn accepted(report: &Report, verdict: &RuleVerdict) -> Option<String> {
    let open = report.findings.iter().any(|finding| finding.rule == verdict.rule);
    let item = report.suppressed.iter().find(|item| item.finding.rule == verdict.rule)?;
    (!open).then(|| format!("suppressed until {}: {}", item.expires, item.reason))
}

fn suite(report: &Report, area: &str, verdicts: &[&RuleVerdict], out: &mut dyn Write) -> io::Result<()> {
    let failures = verdicts.iter().filter(|verdict| fails(report, verdict)).count();
    let passed = verdicts.iter().filter(|verdict| verdict.verdict == "pass").count();
    writeln!(
        out,
        r#"  <testsuite name="{}" tests="{}" failures="{}" errors="0" skipped="{}">"#,
        xml(area),
        verdicts.len(),
        failures,
        verdicts.len() - failures - passed
    )?;
    for verdict in verdicts {
        let name = xml(&verdict.rule);
        let class = xml(&format!("{}.{area}", report.bundle.name));
        match verdict.verdict.as_str() {
            "fail" if fails(report, verdict) => {
                writeln!(out, r#"    <testcase name="{name}" classname="{class}">"#)?;
                failure_text(report, verdict, out)?;
                writeln!(out, "    </testcase>")?;
            }
            "pass" => writeln!(out, r#"    <testcase name="{name}" classname="{class}"/>"#)?,
            word => {
                let told = || format!("{}: {}", word.replace('_', " "), verdict.reason);
                let message = xml(&accepted(report, verdict).unwrap_or_else(told));
                writeln!(
                    out,
                    r#"    <testcase name="{name}" classname="{class}"><skipped message="{message}"/></testcase>"#
                )?;
            }
        }
    }
    writeln!(out, "  </testsuite>")
}

fn failure_text(report: &Report, verdict: &RuleVerdict, out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<_> = report.findings.iter().filter(|finding| finding.rule == verdict.rule).collect();
    let message = findings.first().map_or(verdict.title.as_str(), |finding| finding.message.as_str());
    writeln!(out, r#"      <failure type="{}" message="{}">"#, words::level(verdict.level), xml(message))?;
    for finding in findings {
        writeln!(out, "{}", xml(&finding.message))?;
        for evidence in &finding.evidence {
            writeln!(out, "{}", xml(&format!("  {}: {}", words::place(evidence), shorten(&evidence.excerpt, 160))))?;
        }
    }
    writeln!(out, "      </failure>")
}

/// A suite with one erroneous case, for when there is no report.
pub(super) fn failure(bundle: &str, error: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="koff-analyze" tests="1" failures="1" errors="0">"#)?;
    writeln!(out, r#"  <testsuite name="report" tests="1" failures="1" errors="0" skipped="0">"#)?;
    writeln!(
        out,
        r#"    <testcase name="report" classname="{}"><failure type="no report" message="{}"/></testcase>"#,
        xml(bundle),
        xml(error)
    )?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// `text` for an XML attribute or element; characters that XML 1.0 cannot hold, or a viewer would act on, become `\u{…}`.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c if matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundle_text_cannot_leave_its_attribute() {
        assert_eq!(xml("\"/><x a='\u{1}&"), "&quot;/&gt;&lt;x a='\\u{1}&amp;");
    }
}
