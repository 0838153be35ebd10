//! Every rule of `rules/` proves itself: lints clean, examples come out as they say, no mutant survives. And the public
//! promises of the catalogue hold, and every log line that somebody published is recognised.

use koff_analyze::{
    evaluate::evaluate_rule,
    facts::{
        Facts, Table,
        log::{
            layout::{Layout, detect},
            read::{Origin, read},
            scan::Patterns,
        },
        model::locale::Locale,
    },
    pack::{self, Pack},
    proof::{self, mutate},
    rule::RuleSet,
    verdict::Verdict,
};

#[test]
fn every_rule_lints_clean_and_its_examples_hold() {
    let checked = proof::check(None).unwrap();
    let shown: Vec<String> = checked.diagnostics.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{} complaints\n{}", shown.len(), shown.join("\n\n"));
    assert!(checked.files > 80, "{} rules", checked.files);
}

#[test]
fn no_mutant_of_any_rule_survives_its_examples() {
    let pack = Pack::embedded().unwrap();
    let mut survivors = Vec::new();
    let mut made = 0;
    for rule in RuleSet::embedded().unwrap().iter() {
        let score = mutate::mutate(rule, &pack);
        made += score.mutants;
        survivors.extend(score.survivors.into_iter().map(|what| format!("{}: {what}", rule.id)));
    }
    assert!(made > 700, "only {made} mutants were made");
    assert!(survivors.is_empty(), "{} of {made} mutants survive\n{}", survivors.len(), survivors.join("\n"));
}

/// Every line that a manual, a mailing list or a support article quotes is taken apart by its layout and found by its rule.
#[test]
fn quoted_lines_are_recognised() {
    let rules = RuleSet::embedded().unwrap();
    let patterns = Patterns::new(&rules.log_needs()).unwrap();
    let layouts: Vec<Layout> = pack::embedded_layouts().iter().map(|file| Layout::parse(file.text).unwrap()).collect();
    let table = include_str!("../fixtures/quoted-lines.tsv");
    let mut wrong = Vec::new();
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let [layout, source, rule, line] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("four columns: {row}")
        };
        let found = detect(&layouts, [line.as_bytes()].into_iter()).map_or("unknown", |layout| layout.name.as_str());
        if found != layout {
            wrong.push(format!("{found} instead of {layout}: {line}"));
        }
        let origin = Origin { member: "a.log", sha256: "", source, user: None, locale: &Locale::default() };
        let records = read(origin, line.as_bytes(), &layouts, &patterns).unwrap().records;
        let log = Table { records, gaps: Vec::new(), ..Table::default() };
        let facts = Facts { tables: [("log", log)].into() };
        let failing: Vec<&str> = rules
            .iter()
            .filter(|rule| evaluate_rule(rule, &rules, &facts, None).0 == Verdict::Fail)
            .map(|rule| rule.id.as_str())
            .collect();
        if (rule == "-") != failing.is_empty() || (rule != "-" && !failing.contains(&rule)) {
            wrong.push(format!("{failing:?} instead of {rule}: {line}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
