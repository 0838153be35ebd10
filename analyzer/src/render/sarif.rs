//! SARIF 2.1.0: every rule that ran, a result per finding, and one per rule that did not fail (`pass`, `open`,
//! `notApplicable`; level `none`, as SARIF 3.27.10 asks for). Of many bundles, a run each.

use std::{fmt::Write as _, io};

use serde_json::{Value, json};

use crate::{
    evidence::{Evidence, Place},
    finding::{Finding, Level},
    report::{Report, RuleVerdict},
};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What stands before the runs of many bundles, a line each.
pub(super) const HEAD: &str = concat!(
    r#"{"$schema":"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json","#,
    r#""version":"2.1.0","runs":["#,
    "\n"
);
/// What stands behind them.
pub(super) const TAIL: &str = "\n]}\n";

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    document(reported(report), out)
}

/// One run of several, in a line.
pub(super) fn run(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    Ok(serde_json::to_writer(out, &reported(report))?)
}

/// The same for a bundle of which there is no report.
pub(super) fn failed_run(bundle: &str, error: &str, out: &mut dyn io::Write) -> io::Result<()> {
    Ok(serde_json::to_writer(out, &unreported(bundle, error))?)
}

fn reported(report: &Report) -> Value {
    let place = |rule: &str| report.verdicts.iter().position(|verdict| verdict.rule == rule);
    let open = report.findings.iter().map(|finding| failed(finding, place(&finding.rule)));
    let accepted = report.suppressed.iter().map(|item| {
        let mut result = failed(&item.finding, place(&item.finding.rule));
        result["suppressions"] = json!([{ "kind": "external", "justification": item.reason }]);
        result
    });
    let others = report
        .verdicts
        .iter()
        .enumerate()
        .filter(|(_, verdict)| verdict.verdict != "fail")
        .map(|(index, verdict)| decided(verdict, index));
    json!({
        "tool": { "driver": {
            "name": report.tool.name,
            "semanticVersion": report.tool.version,
            "rules": report.verdicts.iter().map(rule).collect::<Vec<_>>(),
        } },
        "invocations": [{ "executionSuccessful": true }],
        "automationDetails": { "id": format!("koff-analyze/{}", report.bundle.name) },
        "columnKind": "unicodeCodePoints",
        "properties": { "bundle": report.bundle, "pack": report.pack },
        "results": open.chain(accepted).chain(others).collect::<Vec<_>>(),
    })
}

/// A document with an unsuccessful invocation, for when there is no report.
pub(super) fn failure(bundle: &str, error: &str, out: &mut dyn io::Write) -> io::Result<()> {
    document(unreported(bundle, error), out)
}

fn unreported(bundle: &str, error: &str) -> Value {
    json!({
        "tool": { "driver": { "name": "koff-analyze", "semanticVersion": env!("CARGO_PKG_VERSION"), "rules": [] } },
        "invocations": [{
            "executionSuccessful": false,
            "exitCode": 2,
            "toolExecutionNotifications": [{ "level": "error", "message": { "text": format!("{bundle}: {error}") } }],
        }],
        "automationDetails": { "id": format!("koff-analyze/{bundle}") },
        "results": [],
    })
}

fn document(run: Value, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))?;
    out.write_all(b"\n")
}

fn rule(verdict: &RuleVerdict) -> Value {
    json!({
        "id": verdict.rule,
        "shortDescription": { "text": verdict.title },
        "defaultConfiguration": { "level": level(verdict.level) },
        "properties": { "area": verdict.area },
    })
}

fn failed(finding: &Finding, index: Option<usize>) -> Value {
    let mut result = json!({
        "ruleId": finding.rule,
        "kind": "fail",
        "level": level(finding.level),
        "message": { "text": finding.message },
        "locations": finding.evidence.iter().map(location).collect::<Vec<_>>(),
        "properties": {
            "confidence": finding.confidence,
            "class": finding.class,
            "explainedBy": finding.explained_by,
            "remediation": finding.remediation,
        },
    });
    if let Some(index) = index {
        result["ruleIndex"] = json!(index);
    }
    result
}

fn decided(verdict: &RuleVerdict, index: usize) -> Value {
    let kind = match verdict.verdict.as_str() {
        "pass" => "pass",
        "not_applicable" => "notApplicable",
        _ => "open",
    };
    let text = if verdict.reason.is_empty() { "The fault is not there." } else { &verdict.reason };
    json!({
        "ruleId": verdict.rule,
        "ruleIndex": index,
        "kind": kind,
        "level": "none",
        "message": { "text": text },
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Critical | Level::High => "error",
        Level::Medium => "warning",
        Level::Low | Level::Informational => "note",
    }
}

fn location(evidence: &Evidence) -> Value {
    let snippet = json!({ "text": evidence.excerpt });
    let region = match &evidence.place {
        Place::Line { line, .. } | Place::Registry { line, .. } if *line > 0 => {
            Some(json!({ "startLine": line, "snippet": snippet }))
        }
        Place::Bytes { offset, length } => {
            Some(json!({ "byteOffset": offset, "byteLength": length, "snippet": snippet }))
        }
        _ => None,
    };
    let mut physical = json!({ "artifactLocation": { "uri": uri(&evidence.artifact) } });
    if let Some(region) = region {
        physical["region"] = region;
    }
    let mut location = json!({ "physicalLocation": physical });
    let logical = match &evidence.place {
        Place::Registry { key, value, .. } => Some(match value {
            Some(value) => format!("{key}\\{value}"),
            None => key.clone(),
        }),
        Place::Json { pointer } => Some(pointer.clone()),
        _ => None,
    };
    if let Some(name) = logical {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": name }]);
    }
    location
}

/// A member name as a relative URI reference.
fn uri(name: &str) -> String {
    let mut uri = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_many_runs_is_what_stands_around_one() {
        let many: Value = serde_json::from_str(&format!("{HEAD}{TAIL}")).unwrap();
        assert_eq!(many, json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [] }));
    }

    #[test]
    fn a_member_name_is_a_uri_whatever_it_holds() {
        assert_eq!(uri("files/a b/ü%.log"), "files/a%20b/%C3%BC%25.log");
    }
}
