//! Markdown for tickets: short first, then tables and code spans that survive Zendesk, Jira and GitHub. Everything out
//! of the bundle goes through [`inline`] or [`code`], so nothing in it is interpreted.

use std::io::{self, Write};

use super::{
    escape::{shorten, visible},
    words,
};
use crate::{
    finding::Finding,
    report::{DllRow, Report, Step},
};

/// Characters that Markdown, or HTML inside it, would act on.
const ACTIVE: &str = "\\`*_{}[]()<>#+-.!|~:@&=\"'$^";

/// `text` as literal Markdown on one line.
pub(super) fn inline(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = visible(text);
    // What stands first in a line could begin a list, a rule or a code block.
    let text = text.trim();
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    for (place, c) in text.chars().enumerate() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // A dot, colon or dash inside a word is harmless, and escaping them makes paths unreadable.
            '-' | '+' | '=' if place == 0 => escaped.extend(['\\', c]),
            '.' | ')' if place > 0 && place == digits => escaped.extend(['\\', c]),
            '.' | ':' | '-' | '(' | ')' | '\'' | '"' | '=' | '@' | '+' => escaped.push(c),
            c if ACTIVE.contains(c) => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // Autolinks need no brackets: break the schemes and mail addresses that viewers link by themselves.
    escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace('@', "&#64;")
}

/// `text` as a code span that holds any number of backticks, safe inside a table.
pub(super) fn code(text: &str) -> String {
    let text = visible(text).replace('|', "¦");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

pub(super) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", inline(&report.summary.headline))?;
    if let Some(step) = &report.summary.next_step {
        writeln!(out, "**Next step:** {}\n", inline(step))?;
    }
    if let Some(seen) = &report.summary.confirmed_if {
        writeln!(out, "**Confirmed if after it:** {}\n", inline(seen))?;
    }
    writeln!(out, "{}, {}\n", inline(&report.bundle.host), code(&report.bundle.name))?;
    if report.bundle.names_masked == Some(false) {
        writeln!(out, "**Privacy:** names in this bundle are not masked.\n")?;
    }
    if report.bundle.incomplete {
        writeln!(out, "**Incomplete:** parts of this bundle were not read; what rests on them is unknown.\n")?;
    }
    for problem in &report.bundle.problems {
        writeln!(out, "**Bundle problem:** {}\n", inline(problem))?;
    }
    if !report.suppressed.is_empty() {
        writeln!(out, "{} suppressed\n", report.suppressed.len())?;
    }
    for warning in &report.warnings {
        writeln!(out, "Warning: {}\n", inline(warning))?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "| level | rule | what was found |\n|---|---|---|")?;
        for finding in &report.findings {
            row(finding, out)?;
        }
        writeln!(out)?;
    }
    if !report.remediation.is_empty() {
        writeln!(out, "### What to do (least invasive first)\n")?;
        for (number, step) in report.remediation.iter().enumerate() {
            remediation(number + 1, step, out)?;
        }
    }
    for dll in &report.dlls {
        dll_table(dll, out)?;
    }
    evidence(report, out)?;
    unknown(report, out)
}

fn row(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let class = finding.class.map(|class| format!(", {}", words::class(class))).unwrap_or_default();
    let symptom = match finding.explained_by.is_empty() {
        true => String::new(),
        false => format!(" (symptom of {})", inline(&finding.explained_by.join(", "))),
    };
    writeln!(
        out,
        "| {}{class} | {} | {}{symptom} |",
        words::level(finding.level),
        code(&finding.rule),
        inline(&finding.message)
    )
}

fn remediation(number: usize, step: &Step, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{number}. **{}** (lost: {})", inline(&step.title), inline(&step.lost))?;
    for line in &step.instructions {
        writeln!(out, "   - {}", inline(line))?;
    }
    if !step.paste.is_empty() {
        writeln!(out, "\n   ~~~text")?;
        for line in &step.paste {
            writeln!(out, "   {}", visible(line).replace("~~~", "~ ~ ~"))?;
        }
        writeln!(out, "   ~~~\n")?;
    }
    Ok(())
}

fn dll_table(dll: &DllRow, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {}: {}\n", code(&dll.path), inline(&dll.overall))?;
    writeln!(out, "| indicator | word | seen |\n|---|---|---|")?;
    for row in &dll.indicators {
        writeln!(out, "| {} | {} | {} |", inline(&row.indicator), inline(&row.class), inline(&row.seen))?;
    }
    writeln!(out)
}

fn evidence(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.iter().all(|finding| finding.evidence.is_empty()) {
        return Ok(());
    }
    writeln!(out, "### Evidence\n")?;
    for finding in &report.findings {
        for evidence in finding.evidence.iter().take(3) {
            let place = code(&words::place(evidence));
            writeln!(out, "- {}: {place} {}", code(&finding.rule), code(&shorten(&evidence.excerpt, 160)))?;
        }
    }
    writeln!(out)
}

fn unknown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.cannot_tell.is_empty() {
        return Ok(());
    }
    writeln!(out, "### What could not be told\n")?;
    for gap in &report.cannot_tell {
        writeln!(
            out,
            "- {} (rules: {}); to find out: {}",
            inline(&gap.why.words()),
            gap.rules.len(),
            inline(&gap.how)
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundle_text_is_never_markup() {
        let shown = inline("[x](javascript:alert(1)) <b>*y*</b> | `z` http://evil a@b.c");
        for active in ["[x]", "<b>", "*y*", " | ", " `z`", "http://", "a@b"] {
            assert!(!shown.contains(active), "{active} in {shown}");
        }
    }

    #[test]
    fn a_code_span_holds_backticks_and_pipes() {
        assert_eq!(code("a`b``c|d"), "```a`b``c¦d```");
        assert_eq!(code("`"), "`` ` ``");
    }
}
