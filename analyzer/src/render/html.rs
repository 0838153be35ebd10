//! HTML: one self-contained page. Templates escape by themselves; style and script are inline and named by hash in the
//! content security policy, so nothing else can run or load, whatever a bundle holds.

use std::{collections::BTreeSet, io};

use askama::Template;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use regex::{Regex, RegexBuilder};

use crate::{
    evidence::Evidence,
    finding::Finding,
    report::{CannotTell, Report, Step},
};

pub(super) mod filters;
mod sheet;
mod space;
mod timeline;

pub(super) use sheet::Sheet;
use space::Space;
use timeline::Timeline;

/// Reasons for unknown verdicts that the first screen names.
const GAPS_SHOWN: usize = 3;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    cause: Option<&'a Finding>,
    explains: Vec<&'a str>,
    others: usize,
    next: Option<&'a Step>,
    gaps: &'a [CannotTell],
    findings: Vec<Shown<'a>>,
    timeline: Option<Timeline<'a>>,
    spaces: Vec<Space<'a>>,
    areas: BTreeSet<&'a str>,
    age: Option<String>,
    sheet: Sheet,
}

/// A finding with its excerpts cut into plain and highlighted pieces.
struct Shown<'a> {
    finding: &'a Finding,
    evidence: Vec<Quoted<'a>>,
}

struct Quoted<'a> {
    evidence: &'a Evidence,
    pieces: Vec<(&'a str, bool)>,
}

#[derive(Template)]
#[template(path = "failure.html")]
struct NoPage<'a> {
    bundle: &'a str,
    error: &'a str,
    sheet: Sheet,
}

pub(super) fn render(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let rule = report.summary.cause.as_deref();
    let cause = report.findings.iter().find(|finding| Some(finding.rule.as_str()) == rule);
    let symptoms = report
        .findings
        .iter()
        .filter(|finding| rule.is_some_and(|rule| finding.explained_by.iter().any(|by| by == rule)));
    let explains: BTreeSet<&str> = symptoms.map(|finding| finding.rule.as_str()).collect();
    let page = Page {
        report,
        cause,
        explains: explains.into_iter().collect(),
        others: report.summary.other_causes,
        next: report.remediation.iter().find(|step| Some(&step.title) == report.summary.next_step.as_ref()),
        gaps: report.cannot_tell.get(..GAPS_SHOWN).unwrap_or(&report.cannot_tell),
        findings: report.findings.iter().map(shown).collect(),
        timeline: Timeline::new(&report.timeline),
        spaces: report.rooms.iter().map(Space::new).collect(),
        areas: report.verdicts.iter().map(|verdict| verdict.area.as_str()).collect(),
        age: age(report),
        sheet: Sheet::default(),
    };
    page.write_into(&mut *out)
}

/// A page that says that there is no report.
pub(super) fn failure(bundle: &str, error: &str, out: &mut dyn io::Write) -> io::Result<()> {
    NoPage { bundle, error, sheet: Sheet::default() }.write_into(&mut *out)
}

fn shown(finding: &Finding) -> Shown<'_> {
    let any = finding.matched.iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
    let pattern = (!any.is_empty()).then(|| RegexBuilder::new(&any).case_insensitive(true).build().ok()).flatten();
    let quoted = |evidence| Quoted { evidence, pieces: pieces(evidence, pattern.as_ref()) };
    Shown { finding, evidence: finding.evidence.iter().map(quoted).collect() }
}

/// The excerpt in pieces, and which of them matched.
fn pieces<'a>(evidence: &'a Evidence, pattern: Option<&Regex>) -> Vec<(&'a str, bool)> {
    let excerpt = evidence.excerpt.as_str();
    let Some(pattern) = pattern else { return vec![(excerpt, false)] };
    let (mut pieces, mut at) = (Vec::new(), 0);
    for hit in pattern.find_iter(excerpt) {
        pieces.push((excerpt.get(at..hit.start()).unwrap_or_default(), false));
        pieces.push((hit.as_str(), true));
        at = hit.end();
    }
    pieces.push((excerpt.get(at..).unwrap_or_default(), false));
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

/// How old the rules' tables were when the bundle was collected.
fn age(report: &Report) -> Option<String> {
    let collected: Timestamp = report.bundle.collected.as_ref()?.parse().ok()?;
    let made: Date = report.pack.date.parse().ok()?;
    let days = (collected.to_zoned(TimeZone::UTC).date() - made).get_days();
    Some(match days {
        0 => "of the day of collection".to_owned(),
        days if days > 0 => format!("{days} day{} old at collection", if days == 1 { "" } else { "s" }),
        days => format!("{} day{} younger than the bundle", -days, if days == -1 { "" } else { "s" }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Place;

    #[test]
    fn an_excerpt_is_highlighted_where_it_matched_and_nowhere_else() {
        let evidence = Evidence {
            artifact: "a.log".into(),
            sha256: String::new(),
            place: Place::Whole,
            excerpt: "Open FAILED: kofmsp32.dll failed".into(),
        };
        let pattern = RegexBuilder::new("failed").case_insensitive(true).build().unwrap();
        let marked: Vec<_> = pieces(&evidence, Some(&pattern)).into_iter().filter(|(_, hit)| *hit).collect();
        assert_eq!(marked, [("FAILED", true), ("failed", true)]);
        let all: String = pieces(&evidence, Some(&pattern)).into_iter().map(|(text, _)| text).collect();
        assert_eq!(all, evidence.excerpt);
    }
}
