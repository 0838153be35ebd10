//! What is in a bundle may be hostile: no format interprets any of it. Every text of a real report is replaced by each payload,
//! every format is rendered, and a parser of that format must find the same structure as with a harmless text.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing that goes wrong")]

#[path = "support/ticket.rs"]
mod ticket;

use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

use html5gum::{Token, Tokenizer};
use koff_analyze::{
    compare::{self, Changed, Comparison, FactChange},
    expect::{Case, Difference, Outcome},
    facts::Facts,
    finding::Level,
    fleet::Fleet,
    render::{
        CheckFormat, ComparisonFormat, Format, Screen, dress, render, render_check, render_comparison, render_failure,
        render_fleet, render_part,
    },
    report::Report,
};
use pulldown_cmark::{Event, Options, Parser};
use serde_json::Value;

const PAYLOADS: &[&str] = &[
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)\" x='y",
    "</pre></code></td></table></style></title><svg onload=alert(1)>",
    "[click](javascript:alert(1)) ![x](http://evil.example/x.png) <http://evil.example>",
    "https://evil.example www.evil.example a@evil.example #1 @admin !1",
    "` `` ``` | a | b |\n|---|---|\n# title\n- list\n> quote\n    code\n***",
    "\u{1b}[31mred\u{1b}[0m \u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7}\u{9b}2J\r\u{8}",
    "invoice\u{202e}fdp.exe \u{2066}a\u{2069} \u{200b}\u{feff}\u{e0041}",
    "=cmd|' /C calc'!A0",
    "- [ ] list",
    "1. list $x$ $$y$$",
    "+ list\n\n    code\n\n---\n",
    "    code",
    "]]></failure></testcase><testcase name=\"forged\"/><!--",
    "ok\n[critical] Forged finding  (forged-rule, confidence high)\n    forged\nMOST LIKELY CAUSE\n-----------------\nnothing",
    "{\"forged\": true}\n{\"rule\": \"x\"}",
    r"\\server\share\CON C:\Users\..\x.dll %COMSPEC% $(id) `id` ${x}",
    "\u{fffd}\u{fffe}\u{ffff}\u{0}\u{85}\u{2028}\u{2029}\u{10ffff}",
];

/// Renders a document that holds the given text everywhere.
type Document<'a> = &'a dyn Fn(&str, Format) -> String;

/// What a harmless bundle holds in the same place.
const HARMLESS: &str = "harmless";

/// Keys whose values are words of ours, or times and numbers written as text.
const OURS: &[&str] = &[
    "schema",
    "level",
    "levels",
    "confidence",
    "class",
    "verdict",
    "kind",
    "state",
    "time",
    "collected",
    "date",
    "rule",
    "rules",
    "explained_by",
    "place",
    "cause",
    "step",
    "area",
    "overall",
    "tool",
];

/// `value` with every text of a bundle replaced.
fn poison(key: &str, value: &mut Value, payload: &str) {
    match value {
        Value::String(text) if !OURS.contains(&key) => payload.clone_into(text),
        Value::Array(list) if !OURS.contains(&key) => list.iter_mut().for_each(|one| poison(key, one, payload)),
        Value::Object(map) => {
            map.iter_mut().filter(|(key, _)| key.as_str() != "tool").for_each(|(key, one)| poison(key, one, payload))
        }
        _ => {}
    }
}

/// A report of a real story that has every section, with every text of it replaced.
fn reports() -> impl Fn(&str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let zip = folder.path().join("x.zip");
    ticket::collect("exclusions-partial", &zip);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args: [OsString; 5] = ["koff-analyze".into(), "report".into(), zip.into(), "--format".into(), "json".into()];
    koff_analyze::cli::run(args, &mut out, &mut err);
    let mut document: Value = serde_json::from_slice(&out).unwrap();
    document["warnings"] = serde_json::json!(["w"]);
    document["bundle"]["problems"] = serde_json::json!(["p"]);
    document["timeline"] = serde_json::json!([
        { "time": "2026-05-04T08:00:00Z", "kind": "change", "text": "t", "first_failure": false },
        { "time": "2026-05-04T09:00:00Z", "kind": "failure", "text": "t", "first_failure": true }]);
    let finding = document["findings"][0].clone();
    document["suppressed"] = serde_json::json!([{ "finding": finding, "reason": "r", "expires": "e" }]);
    for finding in document["findings"].as_array_mut().unwrap() {
        finding["matched"] = serde_json::json!(["m"]);
        finding["notes"] = serde_json::json!(["n"]);
    }
    move |payload| {
        let mut poisoned = document.clone();
        poison("", &mut poisoned, payload);
        serde_json::from_value(poisoned).unwrap()
    }
}

fn shown(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    render(report, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Tags with the names of their attributes; a link leads inside the page, and no attribute acts.
fn tags(html: &str) -> Vec<String> {
    let mut tags = Vec::new();
    for Ok(token) in Tokenizer::new(html) {
        if let Token::StartTag(tag) = token {
            let name = String::from_utf8_lossy(&tag.name).into_owned();
            let names: Vec<String> =
                tag.attributes.keys().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            assert!(names.iter().all(|name| !name.starts_with("on") && name != "style" && name != "src"), "{names:?}");
            if let Some(link) = tag.attributes.get(b"href".as_slice()) {
                assert!(link.starts_with(b"#"), "a link leaves the page");
            }
            tags.push(format!("{name} {}", names.join(" ")));
        }
    }
    tags
}

/// The structure that a ticket system sees; how text is cut into pieces does not count.
fn outline(markdown: &str) -> Vec<String> {
    let dialect = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let piece = |event: Event<'_>| match event {
        Event::Start(tag) => Some(format!("{tag:?}").split(['(', ' ', '{']).next().unwrap().to_owned()),
        Event::Code(_) => Some("Code".to_owned()),
        Event::Text(_) | Event::SoftBreak | Event::End(_) => None,
        other => Some(format!("{other:?}").chars().take(12).collect()),
    };
    Parser::new_ext(markdown, dialect).filter_map(piece).collect()
}

fn elements(xml: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).unwrap();
    let name = |node: roxmltree::Node<'_, '_>| {
        let names: Vec<&str> = node.attributes().map(|attribute| attribute.name()).collect();
        format!("{} {}", node.tag_name().name(), names.join(" "))
    };
    document.descendants().filter(roxmltree::Node::is_element).map(name).collect()
}

/// Nothing in `text` acts on a terminal or turns its letters around.
fn assert_quiet(text: &str, what: &str) {
    let acts = |c: &char| {
        c.is_control() && *c != '\n'
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    assert_eq!(text.chars().find(acts), None, "{what}");
}

#[test]
fn no_format_interprets_what_a_bundle_holds() {
    let report = reports();
    let harmless = report(HARMLESS);
    for payload in PAYLOADS {
        let hostile = report(payload);
        let both = |format| (shown(&harmless, format), shown(&hostile, format));

        let (plain, found) = both(Format::Html);
        assert_eq!(tags(&plain), tags(&found), "HTML: {payload:?}");
        assert_quiet(&found, "HTML");

        let (plain, found) = both(Format::Markdown);
        assert_eq!(outline(&plain), outline(&found), "Markdown: {payload:?}\n{found}");
        assert_quiet(&found, "Markdown");

        let (plain, found) = both(Format::Junit);
        assert_eq!(elements(&plain), elements(&found), "JUnit: {payload:?}");

        let (plain, found) = both(Format::Text);
        assert_eq!(plain.lines().count(), found.lines().count(), "text: {payload:?}");
        assert_quiet(&found, "text");
        let coloured = dress(&found, Screen { colour: true, width: Some(80), progress: false });
        let bare = ["\x1b[1m", "\x1b[2m", "\x1b[0m", "\x1b[1;31m", "\x1b[31m", "\x1b[33m", "\x1b[32m", "\x1b[36m"]
            .iter()
            .fold(coloured, |text, style| text.replace(style, ""));
        assert_quiet(&bare, "terminal");

        let document: Value = serde_json::from_str(&shown(&hostile, Format::Json)).unwrap();
        assert_eq!(document, serde_json::to_value(&hostile).unwrap(), "JSON gives back what it was given");
        let lines = shown(&hostile, Format::Ndjson);
        assert_eq!(lines.lines().count(), hostile.findings.len(), "NDJSON: {payload:?}");
        assert!(
            lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|one| one["message"] == *payload))
        );
        for format in [Format::Ndjson, Format::Sarif] {
            let mut part = Vec::new();
            render_part(&hostile, format, &mut part).unwrap();
            let lines = String::from_utf8(part).unwrap();
            assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{format:?}: {payload:?}");
        }
        let sarif: Value = serde_json::from_str(&shown(&hostile, Format::Sarif)).unwrap();
        assert_eq!(sarif["runs"][0]["results"][0]["message"]["text"], *payload);
    }
}

#[test]
fn neither_do_documents_over_many_bundles_nor_those_of_a_failure() {
    let report = reports();
    let fleet = |payload: &str, format| {
        let mut fleet = Fleet::of(payload, &report(payload), &Facts::default());
        fleet.add(Fleet::unread(payload, payload));
        let mut out = Vec::new();
        render_fleet(&fleet.finish(), format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let failure = |payload: &str, format| {
        let mut out = Vec::new();
        render_failure(payload, payload, format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let documents: [Document<'_>; 2] = [&fleet, &failure];
    for payload in PAYLOADS {
        for document in documents {
            let both = |format| (document(HARMLESS, format), document(payload, format));
            let (plain, found) = both(Format::Html);
            assert_eq!(tags(&plain), tags(&found), "HTML: {payload:?}");
            let (plain, found) = both(Format::Markdown);
            assert_eq!(outline(&plain), outline(&found), "Markdown: {payload:?}\n{found}");
            let (plain, found) = both(Format::Junit);
            assert_eq!(elements(&plain), elements(&found), "JUnit: {payload:?}");
            let (plain, found) = both(Format::Text);
            assert_eq!(plain.lines().count(), found.lines().count(), "text: {payload:?}");
            assert_quiet(&found, "text");
            serde_json::from_str::<Value>(&document(payload, Format::Json)).unwrap();
        }
    }
}

/// A comparison whose every text is `payload`, a finding in each of its sections.
fn comparison(payload: &str, format: ComparisonFormat) -> String {
    let text = || payload.to_owned();
    let changed = || vec![Changed { rule: "rule".to_owned(), level: Level::High, message: text(), reason: text() }];
    let fact =
        FactChange { kind: "dll".to_owned(), which: text(), field: "path".to_owned(), before: text(), after: text() };
    let comparison = Comparison {
        schema: compare::SCHEMA,
        old: text(),
        new: text(),
        fixed: changed(),
        appeared: changed(),
        still: changed(),
        now_unknown: changed(),
        facts: vec![fact],
    };
    let mut out = Vec::new();
    render_comparison(&comparison, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A check with a case of each outcome whose every text is `payload`.
fn checked(payload: &str, format: CheckFormat) -> String {
    let text = || payload.to_owned();
    let difference =
        || vec![Difference { rule: text(), expected: Some("pass".to_owned()), found: Some(text()), why: text() }];
    let outcomes =
        [Outcome::Same(1), Outcome::Differs(difference()), Outcome::Written(difference()), Outcome::Failed(text())];
    let cases: Vec<Case> =
        outcomes.into_iter().map(|outcome| Case { bundle: text(), expected: text(), outcome }).collect();
    let mut out = Vec::new();
    render_check(&cases, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Every text of `value` that is not a word of ours.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(list) => list.iter().for_each(|one| texts(one, found)),
        Value::Object(map) => map.values().for_each(|one| texts(one, found)),
        _ => {}
    }
}

#[test]
fn neither_does_a_comparison_nor_a_check() {
    for payload in PAYLOADS {
        let both = |format| (comparison(HARMLESS, format), comparison(payload, format));
        let (plain, found) = both(ComparisonFormat::Html);
        assert_eq!(tags(&plain), tags(&found), "HTML: {payload:?}");
        assert_quiet(&found, "HTML");
        let (plain, found) = both(ComparisonFormat::Text);
        assert_eq!(plain.lines().count(), found.lines().count(), "text: {payload:?}");
        assert_quiet(&found, "text");

        let both = |format| (checked(HARMLESS, format), checked(payload, format));
        let (plain, found) = both(CheckFormat::Junit);
        assert_eq!(elements(&plain), elements(&found), "JUnit: {payload:?}");
        let (plain, found) = both(CheckFormat::Text);
        assert_eq!(plain.lines().count(), found.lines().count(), "text: {payload:?}");
        assert_quiet(&found, "text");

        for (document, times) in
            [(comparison(payload, ComparisonFormat::Json), 13), (checked(payload, CheckFormat::Json), 15)]
        {
            let document: Value = serde_json::from_str(&document).unwrap();
            let mut found = Vec::new();
            texts(&document, &mut found);
            let given_back = found.iter().filter(|text| *text == payload).count();
            assert_eq!(given_back, times, "JSON gives back what it was given: {document}");
        }
    }
}

/// The same from outside: names of files, registry values and log lines, some of which are no UTF-8 and one of which is a
/// megabyte long.
#[test]
fn evidence_full_of_payloads_gives_sound_documents_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let evidence = folder.path().join("evidence");
    fs::create_dir(&evidence).unwrap();
    let mut registry =
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software\\Kerio\\Outlook Connector]\r\n"
            .to_owned();
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let value = payload.replace('\\', "\\\\").replace('"', "\\\"").replace(['\r', '\n', '\0'], " ");
        registry.push_str(&format!("\"v{number}\"=\"{value}\"\r\n"));
        let name: String = payload.chars().filter(|c| !matches!(c, '/' | '\0')).take(60).collect();
        let mut log = format!("[04/May/2026 08:00:0{}][1] {payload}\r\n", number % 10).into_bytes();
        log.extend(b"\xff\xfe\x80 not UTF-8\r\n");
        log.resize(log.len() + if number == 0 { 1 << 20 } else { 1 << 10 }, b'A');
        fs::write(evidence.join(format!("{name}.log")), log).unwrap();
    }
    fs::write(evidence.join("export.reg"), registry).unwrap();
    let run = |format: &str| {
        let mut out = Vec::new();
        let args: [OsString; 5] =
            ["koff-analyze".into(), "report".into(), evidence.clone().into(), "--format".into(), format.into()];
        let code = koff_analyze::cli::run(args, &mut out, &mut Vec::new());
        assert!(code < 2, "{format}: there is a report");
        String::from_utf8(out).unwrap()
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for tag in tags(&run("html")) {
        *counts.entry(tag.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!((counts.get("script"), counts.get("img"), counts.get("iframe")), (Some(&1), None, None));
    elements(&run("junit"));
    assert_quiet(&run("text"), "text");
    assert_quiet(&run("markdown"), "Markdown");
    let links = outline(&run("markdown")).into_iter().filter(|one| one.starts_with("Link") || one.starts_with("Image"));
    assert_eq!(links.count(), 0);
    for format in ["json", "sarif"] {
        serde_json::from_str::<Value>(&run(format)).unwrap();
    }
    assert!(run("ndjson").lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));

    // Compared with nothing, and checked against nothing, everything in it is a difference.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::write(
        empty.join("export.reg"),
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Software]\r\n",
    )
    .unwrap();
    fs::write(folder.path().join("evidence.expected.txt"), "# nothing yet\n").unwrap();
    let run = |args: &[&str], paths: &[&Path]| {
        let words = ["koff-analyze"].iter().chain(args).map(OsString::from);
        let mut out = Vec::new();
        let code = koff_analyze::cli::run(words.chain(paths.iter().map(OsString::from)), &mut out, &mut Vec::new());
        assert!(code < 2, "{args:?}");
        String::from_utf8(out).unwrap()
    };
    assert_quiet(&run(&["diff"], &[&empty, &evidence]), "diff");
    let page = run(&["diff", "--format", "html"], &[&empty, &evidence]);
    assert_eq!(tags(&page).iter().filter(|tag| tag.starts_with("script") || tag.starts_with("img")).count(), 1);
    serde_json::from_str::<Value>(&run(&["diff", "--format", "json"], &[&empty, &evidence])).unwrap();
    assert_quiet(&run(&["check"], &[folder.path()]), "check");
    elements(&run(&["check", "--format", "junit"], &[folder.path()]));
}
