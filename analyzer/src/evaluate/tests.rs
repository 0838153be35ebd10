//! Verdict rules of the language: certain faults, unread evidence, gaps, applicability, stale tables, cause and symptom.

use koff_bundle::acquisition::State;

use super::*;
use crate::{finding::Confidence, pack::Pack};

const HEAD: &str = "title: T\nstatus: test\nlevel: high\nconfidence: high\ndescription: d\nfalsepositives: []\n\
                    remediation: [reinstall, clear-cache]\nreferences: []\nexamples: []\n";

fn rule(id: &str, rest: &str) -> Rule {
    let text = format!("id: {id}\n{HEAD}{rest}");
    Rule::parse(&format!("cache/{id}.yml"), &text, &Pack::embedded().unwrap())
        .unwrap_or_else(|wrong| panic!("{}", wrong[0]))
}

const REMOTE: &str = "fact: cache\napplies_to: {exists: true}\ndetection: {r: {remote: true}, condition: r}\nmessage: '{path} is remote'\n";

fn cache(exists: impl Into<Datum>, remote: impl Into<Datum>) -> Record {
    Record::default().with("exists", exists).with("remote", remote).with("path", r"C:\x").with("user", "u1")
}

fn denied() -> Unknown {
    Unknown::new(State::Denied, "the folder")
}

fn verdict(records: Vec<Record>, gaps: Vec<Unknown>) -> Verdict {
    let set = RuleSet::of(Pack::embedded().unwrap(), [rule("a", REMOTE)]);
    let facts = Facts { tables: [("cache", Table { records, gaps, ..Table::default() })].into() };
    evaluate(&set, &facts, None).verdicts.remove("a").unwrap()
}

#[test]
fn exactly_one_verdict_by_the_documented_order() {
    let unknown = Verdict::Unknown(vec![denied()]);
    assert_eq!(verdict(vec![cache(true, true), cache(true, denied())], vec![denied()]), Verdict::Fail);
    assert_eq!(verdict(vec![cache(true, false), cache(true, denied())], vec![]), unknown);
    assert_eq!(verdict(vec![cache(true, false)], vec![denied()]), unknown);
    assert_eq!(verdict(vec![cache(denied(), true)], vec![]), unknown, "whether it applies cannot be told");
    assert_eq!(verdict(vec![cache(denied(), false)], vec![]), Verdict::Pass, "no fault either way");
    assert_eq!(verdict(vec![cache(true, false), cache(false, true)], vec![]), Verdict::Pass);
    assert!(
        matches!(verdict(vec![cache(false, true)], vec![]), Verdict::NotApplicable(why) if why.contains("exists: true"))
    );
    assert!(matches!(verdict(vec![], vec![]), Verdict::NotApplicable(_)));
    assert_eq!(verdict(vec![], vec![denied()]), unknown);
}

#[test]
fn findings_carry_values_user_steps_in_ladder_order_and_doubts() {
    let text = format!(
        "{REMOTE}tables: [windows]\ndoubts: [{{when: {{path|contains: x}}, confidence: medium, because: 'looks odd'}}]\n"
    );
    let set = RuleSet::of(Pack::embedded().unwrap(), [rule("a", &text)]);
    let facts = Facts {
        tables: [("cache", Table { records: vec![cache(true, true)], gaps: vec![], ..Table::default() })].into(),
    };
    let now = evaluate(&set, &facts, Some("2026-12-01T00:00:00Z".parse().unwrap()));
    let finding = &now.findings[0];
    assert_eq!(finding.message, r"C:\x is remote");
    assert_eq!(finding.user.as_deref(), Some("u1"));
    assert_eq!(finding.remediation, ["clear-cache", "reinstall"]);
    assert_eq!(
        (finding.confidence, finding.notes.as_slice()),
        (Confidence::Medium, ["looks odd".to_owned()].as_slice())
    );
    let later = evaluate(&set, &facts, Some("2030-01-01T00:00:00Z".parse().unwrap()));
    assert_eq!(later.findings[0].confidence, Confidence::Low);
    assert!(later.findings[0].notes[1].contains("1136 days old"), "{:?}", later.findings[0].notes);
}

#[test]
fn a_cause_folds_its_symptom_only_where_both_may_concern_one_user() {
    let cause = format!("{REMOTE}explains: [b]\n");
    let set = RuleSet::of(
        Pack::embedded().unwrap(),
        [rule("a", &cause), rule("b", REMOTE.replace("remote: true", "stale: true").as_str())],
    );
    let facts = |user: &str| {
        let symptom = Record::default().with("exists", true).with("stale", true).with("user", user);
        Facts {
            tables: [("cache", Table { records: vec![cache(true, true), symptom], gaps: vec![], ..Table::default() })]
                .into(),
        }
    };
    let causes = |user: &str| {
        let all = evaluate(&set, &facts(user), None).findings;
        assert_eq!(all[0].rule, "a", "the cause stands first");
        all.into_iter().find(|finding| finding.rule == "b").unwrap().explained_by
    };
    assert_eq!(causes("u1"), ["a"]);
    assert!(causes("u2").is_empty());
}

#[test]
fn a_flood_of_one_message_is_one_finding_and_of_many_is_bounded() {
    let set = RuleSet::of(Pack::embedded().unwrap(), [rule("a", REMOTE)]);
    let many = (0..500).map(|n| cache(true, true).with("path", format!("C:\\{}", n.min(100)))).collect();
    let facts = Facts { tables: [("cache", Table { records: many, gaps: vec![], ..Table::default() })].into() };
    let found = evaluate(&set, &facts, None).findings;
    assert_eq!(found.len(), 20);
    assert!(found.iter().any(|finding| finding.notes.iter().any(|note| note.contains("further findings"))));
}

#[test]
fn times_in_a_repeated_hour_lower_the_confidence_of_what_is_counted() {
    let counted = "fact: log\ndetection: {e: {text|contains: error}, condition: e}\n\
                   correlation: {count: 2, timeframe: 1h}\nmessage: '{count} errors'\n";
    let set = RuleSet::of(Pack::embedded().unwrap(), [rule("a", counted)]);
    let found = |sure: &str| {
        let line = |minute: &str| {
            let time: Timestamp = format!("2026-10-25T00:{minute}:00Z").parse().unwrap();
            Record::default().with("text", "error").with("time", time).with("time_confidence", sure)
        };
        let log = Table { records: vec![line("10"), line("20")], ..Table::default() };
        evaluate(&set, &Facts { tables: [("log", log)].into() }, None).findings.remove(0)
    };
    assert_eq!((found("local").confidence, found("local").notes.len()), (Confidence::High, 0));
    assert_eq!(found("repeated").confidence, Confidence::Medium);
    assert!(found("skipped").notes[0].contains("ran through twice"), "{:?}", found("skipped").notes);
}
