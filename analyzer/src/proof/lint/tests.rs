//! Each lint fires on a rule made to have that fault, and a sound rule passes them all.

use std::collections::BTreeSet;

use super::*;

const SOUND: &str = "id: sound
title: A sound rule
status: stable
level: high
confidence: high
fact: volume
applies_to: {holds_data: true}
detection:
  low:
    free_mb|lt: 100
  condition: low
message: '{root} is low'
description: A volume without free space keeps the database from being written at all.
falsepositives: [none known]
remediation: [free-disk-space]
references: [https://example.com/a]
examples:
  - {name: a, verdict: fail, records: [{holds_data: true, free_mb: 99}]}
  - {name: b, verdict: pass, records: [{holds_data: true, free_mb: 100}]}
  - {name: c, verdict: unknown, gaps: [denied]}
";

fn names(path: &str, text: &str) -> BTreeSet<&'static str> {
    let pack = Pack::embedded().unwrap();
    let rule = Rule::parse(path, text, &pack).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
    let twin =
        Rule::parse("system/aaa.yml", &SOUND.replace("id: sound", "id: aaa").replace("lt: 100", "lt: 77"), &pack)
            .unwrap();
    lint(&[rule], &[twin], &pack).into_iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn a_sound_rule_has_nothing_to_complain_about() {
    assert_eq!(names("system/sound.yml", SOUND), BTreeSet::new());
}

#[test]
fn every_lint_fires_on_its_fault() {
    let change = |from: &str, to: &str| {
        assert!(SOUND.contains(from), "{from}");
        SOUND.replace(from, to)
    };
    let log = |detection: &str| {
        change("fact: volume\napplies_to: {holds_data: true}\n", "fact: log\n")
            .replace("  low:\n    free_mb|lt: 100\n  condition: low\n", detection)
            .replace("{root}", "{text}")
            .replace("holds_data: true, free_mb: 99", "text: abc")
            .replace("holds_data: true, free_mb: 100", "text: x")
    };
    let pattern = |pattern: &str| log(&format!("  t:\n    text|re: '{pattern}'\n  condition: t\n"));
    let cases: Vec<(&str, String)> = vec![
        ("id-file-name", change("id: sound", "id: other")),
        ("id-shape", change("id: sound", "id: So_und")),
        ("class-area", change("fact:", "class: malicious\nfact:")),
        ("title-shape", change("A sound rule", "A sound rule.")),
        ("message-shape", change("is low'", "is low.'")),
        (
            "level-without-reason",
            change("A volume without free space keeps the database from being written at all.", "Bad."),
        ),
        ("reference-missing", change("[https://example.com/a]", "[]")),
        ("reference-shape", change("[https://example.com/a]", "[the manual]")),
        ("falsepositives-missing", change("[none known]", "[]")),
        ("remediation-missing", change("[free-disk-space]", "[]")),
        ("inferred-confidence", change("references:", "inferred: a guess\nreferences:")),
        (
            "doubt-without-effect",
            change("references:", "doubts: [{when: {free_mb: 1}, confidence: high, because: x}]\nreferences:"),
        ),
        ("file-shape", format!("{SOUND}\n")),
        ("condition-never", change("condition: low", "condition: low and not low")),
        ("condition-always", change("condition: low", "condition: low or not low")),
        ("selection-unused", change("  condition: low", "  more:\n    free_mb: 7\n  condition: low")),
        ("selection-contradicts", change("free_mb|lt: 100", "free_mb|lt: 100\n    free_mb|gt: 100")),
        ("selection-twice", change("  condition: low", "  more:\n    free_mb|lt: 100\n  condition: low and more")),
        ("value-twice", change("free_mb|lt: 100", "free_mb: [99, 99]")),
        ("duplicate-rule", change("lt: 100", "lt: 77")),
        ("pattern-matches-everything", pattern("a*")),
        ("pattern-unescaped-dot", pattern("koff.dll")),
        ("pattern-padded", pattern(".*ab+c")),
        ("pattern-is-text", pattern("abc")),
        ("pattern-flag", pattern("(?i)ab+c")),
        ("text-too-short", log("  t:\n    text|contains: ab\n  condition: t\n")),
        ("example-fail-missing", change("verdict: fail", "verdict: pass")),
        ("example-pass-missing", change("verdict: pass", "verdict: fail")),
        ("example-unknown-missing", change("verdict: unknown", "verdict: pass")),
        ("example-name-twice", change("name: b", "name: a")),
        (
            "example-part-unproven",
            change(
                "message:",
                "also: [{fact: system, detection: {a: {build: 1}, condition: a}, message: m}]\nmessage:",
            ),
        ),
        ("example-unknown-without-cause", change("gaps: [denied]", "gaps: []")),
        ("link-unknown", change("references:", "related: [nowhere]\nreferences:")),
        ("link-self", change("references:", "explains: [sound]\nreferences:")),
        ("link-twice", change("references:", "explains: [aaa]\nrelated: [aaa]\nreferences:")),
        ("step-twice", change("[free-disk-space]", "[free-disk-space, free-disk-space]")),
    ];
    for (name, text) in &cases {
        let found = names("system/sound.yml", text);
        assert!(found.contains(name), "{name} is not in {found:?} for\n{text}");
    }
    let tried: BTreeSet<&str> = cases.iter().map(|(name, _)| *name).chain(["explains-cycle"]).collect();
    let known: BTreeSet<&str> = all().iter().map(|lint| lint.name).collect();
    assert_eq!(tried, known, "every lint is tried, and none is called twice");
}

#[test]
fn a_circle_of_causes_is_found_over_other_rules() {
    let pack = Pack::embedded().unwrap();
    let rule = |id: &str, explains: &str| {
        let text = SOUND
            .replace("id: sound", &format!("id: {id}"))
            .replace("references:", &format!("explains: [{explains}]\nreferences:"));
        Rule::parse(&format!("system/{id}.yml"), &text, &pack).unwrap()
    };
    let rules = [rule("a", "b"), rule("b", "c"), rule("c", "a"), rule("d", "a")];
    let found = lint(&rules, &[], &pack);
    let cycles: Vec<&str> = found.iter().filter(|d| d.code == "explains-cycle").map(|d| d.file.as_str()).collect();
    assert_eq!(cycles, ["rules/system/a.yml", "rules/system/b.yml", "rules/system/c.yml"]);
}
