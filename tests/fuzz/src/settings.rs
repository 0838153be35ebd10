//! What people write or hand back: rules, layouts, tables, accepted findings, reports.

use std::sync::OnceLock;

use koff_analyze::{
    evaluate::evaluate,
    facts::Facts,
    pack::Pack,
    proof::lint::lint,
    render::{Format, render},
    report::Report,
    rule::{Rule, RuleSet},
    suppress::Config,
    verify::verify,
};
use koff_bundle::{limits::Limits, reader::Bundle};

use super::{now, pack};

/// Text as a rule, a log layout, a table of the pack, a file of accepted findings. A rule that is taken is checked, judged
/// and explained.
pub(super) fn rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = koff_analyze::facts::log::layout::Layout::parse(text);
    let _ = Pack::of([("pack.yml", text)].into_iter());
    let _ = Pack::of([("lists/known-bad.yml", text)].into_iter());
    let _ = toml::from_str::<Config>(text);
    match Rule::parse("dll/fuzz.yml", text, pack()) {
        Err(diagnostics) => assert!(!diagnostics.is_empty(), "refused without a reason"),
        Ok(rule) => {
            let _ = lint(std::slice::from_ref(&rule), &[], pack());
            let _ = evaluate(&RuleSet::of(pack().clone(), [rule]), &Facts::default(), Some(now()));
        }
    }
}

/// Text as a report: every renderer takes it, and every quotation of it is looked up.
pub(super) fn report(bytes: &[u8]) {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    let bundle = BUNDLE.get_or_init(|| {
        let text =
            b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Kerio]\r\n\"a\"=\"b\"\r\n";
        Bundle::from_bytes("a.reg", text.to_vec(), Limits::default()).expect("a registry export is evidence")
    });
    let Ok(report) = serde_json::from_slice::<Report>(bytes) else { return };
    for format in
        [Format::Text, Format::Html, Format::Markdown, Format::Json, Format::Ndjson, Format::Sarif, Format::Junit]
    {
        let mut out = Vec::new();
        render(&report, format, &mut out).expect("memory takes everything");
        assert!(std::str::from_utf8(&out).is_ok());
        assert!(!out.contains(&0x1b), "{format:?}: an escape character reaches the reader's terminal");
    }
    let quotations: usize = report.findings.iter().map(|finding| finding.evidence.len()).sum();
    assert_eq!(verify(&report, bundle).len(), quotations);
}
