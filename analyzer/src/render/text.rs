//! Plain text: most likely cause, what to do in ladder order, findings with evidence, what could not be told.

use std::io::{self, Write};

use super::{
    escape::{shorten, visible},
    words,
};
use crate::{
    evidence::Evidence,
    finding::Finding,
    report::{CannotTell, DllRow, Report, Step},
};

/// Evidence lines shown per finding; the JSON has them all.
const EVIDENCE_SHOWN: usize = 5;

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    head(report, out)?;
    if !report.remediation.is_empty() {
        title(out, "WHAT TO DO (least invasive first)")?;
        for (number, step) in report.remediation.iter().enumerate() {
            remediation(number + 1, step, out)?;
        }
    }
    if !report.findings.is_empty() {
        title(out, "FINDINGS")?;
        for finding in &report.findings {
            show_finding(finding, out)?;
        }
    }
    if !report.dlls.is_empty() {
        title(out, "IS THIS THE CONNECTOR'S DLL?")?;
        for dll in &report.dlls {
            dll_table(dll, out)?;
        }
    }
    if !report.cannot_tell.is_empty() {
        title(out, "WHAT COULD NOT BE TOLD")?;
        for gap in &report.cannot_tell {
            cannot_tell(gap, out)?;
        }
    }
    foot(report, out)
}

fn title(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{text}\n{}", "-".repeat(text.chars().count()))
}

fn head(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let bundle = &report.bundle;
    writeln!(out, "Bundle     {}", visible(&bundle.name))?;
    writeln!(out, "Host       {}", visible(&bundle.host))?;
    let collected = bundle.collected.as_deref().unwrap_or("at an unknown time");
    writeln!(out, "Collected  {} ({})", visible(collected), visible(&bundle.kind))?;
    if bundle.names_masked == Some(false) {
        writeln!(out, "PRIVACY    names in this bundle are NOT masked")?;
    }
    if bundle.incomplete {
        writeln!(out, "INCOMPLETE parts of this bundle were not read; what rests on them is unknown")?;
    }
    for problem in &bundle.problems {
        writeln!(out, "PROBLEM    {}", visible(problem))?;
    }
    title(out, "MOST LIKELY CAUSE")?;
    writeln!(out, "{}", visible(&report.summary.headline))?;
    if let Some(step) = &report.summary.next_step {
        writeln!(out, "Next step: {}", visible(step))?;
    }
    if let Some(seen) = &report.summary.confirmed_if {
        writeln!(out, "Confirmed if after it: {}", visible(seen))?;
    }
    let counts: Vec<String> = report.summary.levels.iter().map(|(level, n)| format!("{n} {level}")).collect();
    if !counts.is_empty() {
        writeln!(out, "Findings:  {}", counts.join(", "))?;
    }
    if !report.suppressed.is_empty() {
        writeln!(out, "{} suppressed", report.suppressed.len())?;
    }
    for warning in &report.warnings {
        writeln!(out, "Warning: {}", visible(warning))?;
    }
    Ok(())
}

fn remediation(number: usize, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{number}. {} [{}]", visible(&step.title), visible(&step.step))?;
    for line in &step.instructions {
        writeln!(out, "   - {}", visible(line))?;
    }
    for line in &step.paste {
        writeln!(out, "       {}", visible(line))?;
    }
    writeln!(out, "   Lost: {}", visible(&step.lost))?;
    writeln!(out, "   Worked if: {}", visible(&step.verify))?;
    writeln!(out, "   Asked for by: {}", visible(&step.rules.join(", ")))
}

fn show_finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let class = finding.class.map(|class| format!(", {}", words::class(class))).unwrap_or_default();
    writeln!(
        out,
        "[{}{class}] {}  ({}, confidence {})",
        words::level(finding.level),
        visible(&finding.title),
        visible(&finding.rule),
        words::confidence(finding.confidence)
    )?;
    writeln!(out, "    {}", visible(&finding.message))?;
    if !finding.explained_by.is_empty() {
        writeln!(out, "    symptom of: {}", visible(&finding.explained_by.join(", ")))?;
    }
    for evidence in finding.evidence.iter().take(EVIDENCE_SHOWN) {
        writeln!(out, "    > {}", evidence_line(evidence))?;
    }
    match finding.evidence.len().checked_sub(EVIDENCE_SHOWN) {
        Some(more) if more > 0 => writeln!(out, "    > and {more} more"),
        _ => Ok(()),
    }
}

/// `member:place: excerpt`, on one line.
fn evidence_line(evidence: &Evidence) -> String {
    visible(&format!("{}: {}", words::place(evidence), shorten(&evidence.excerpt, 160)))
}

pub(super) fn dll_table(dll: &DllRow, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  => {}", visible(&dll.path), visible(&dll.overall))?;
    if let Some(sha256) = &dll.sha256 {
        writeln!(out, "    SHA-256 {}", visible(sha256))?;
    }
    for row in &dll.indicators {
        writeln!(out, "    {:<14} {:<11} {}", visible(&row.indicator), visible(&row.class), visible(&row.seen))?;
        if !row.why.is_empty() {
            writeln!(out, "    {:<26} {}", "", visible(&row.why))?;
        }
    }
    Ok(())
}

fn cannot_tell(gap: &CannotTell, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "- {}", visible(&gap.why.words()))?;
    writeln!(out, "    leaves unknown: {}", visible(&gap.rules.join(", ")))?;
    writeln!(out, "    to find out: {}", visible(&gap.how))
}

fn foot(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let [fail, pass, unknown, not_applicable] = report.summary.verdicts;
    writeln!(
        out,
        "\n{} rules: {fail} fail, {pass} pass, {unknown} unknown, {not_applicable} not applicable. {} {}, rules {} {} ({}).",
        report.verdicts.len(),
        report.tool.name,
        report.tool.version,
        visible(&report.pack.name),
        visible(&report.pack.version),
        visible(&report.pack.date)
    )
}
