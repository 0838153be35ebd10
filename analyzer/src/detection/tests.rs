//! The language's promises: each modifier on each type, three-valued logic, correlation with and without times.

use koff_bundle::acquisition::State;

use super::{
    correlation::{self, Correlation},
    patterns::needs,
    *,
};
use crate::{
    facts::{
        Datum, kind,
        log::{
            layout::Layout,
            needs::Needs,
            read::{Origin, read},
            scan::Patterns,
        },
        model::locale::Locale,
    },
    pack::Pack,
};

fn detection(kind: &'static crate::facts::Kind, yaml: &str) -> Result<Detection, Vec<Problem>> {
    let source = crate::yaml::parse("test", yaml).unwrap();
    compile_detection(kind, &source, &Pack::embedded().unwrap(), true)
}

fn truth(yaml: &str, record: &Record) -> Truth {
    detection(&kind::DLL, &format!("a: {{{yaml}}}\ncondition: a"))
        .unwrap_or_else(|p| panic!("{yaml}: {p:?}"))
        .truth(record)
}

fn dll() -> Record {
    Record::default()
        .with("path", r"C:\Users\Ann\AppData\Local\Temp\KofMsp32.dll")
        .with("size", 90_000_i64)
        .with("version", "9.10.0.5")
        .with("is_pe", true)
        .with("found_by", vec!["temp".to_owned(), "path".to_owned()])
        .with("publisher", Datum::Absent)
        .with("signed_at", Datum::Time("2024-05-01T00:00:00Z".parse().unwrap()))
        .with("downloaded_from", "192.0.2.77")
        .with("known_bad", Datum::from(Unknown::new(State::Denied, "file")))
}

#[test]
fn every_modifier_says_yes_and_no() {
    for (yes, no) in [
        (r"path: 'c:\users\ann\appdata\local\temp\kofmsp32.dll'", "path: kofmsp32.dll"),
        (r"path|contains: 'TEMP\'", "path|contains: downloads"),
        ("path|endswith: kofmsp32.dll", "path|endswith: kofmsp.dll"),
        ("path|startswith: 'c:'", "path|startswith: 'd:'"),
        (r"path|under: 'c:/users/ANN'", r"path|under: 'c:\users\an'"),
        (r"path|re: 'kofmsp\d\d\.dll$'", r"path|re: '^kofmsp'"),
        ("path|cased|contains: KofMsp", "path|cased|contains: kofmsp"),
        ("path|contains|all: [temp, kofmsp]", "path|contains|all: [temp, desktop]"),
        ("path|contains: [desktop, temp]", "path|contains: [desktop, roaming]"),
        ("size|lt: 102400", "size|lt: 90000"),
        ("size|lte: 90000", "size|gt: 90000"),
        ("size|gte: 90000", "size|gte: 90001"),
        ("size: [1, 90000]", "size: 1"),
        ("version|gt: '9.4'", "version|lt: '9.4'"),
        ("version: '9.10.0.5'", "version: '9.1.0.5'"),
        ("is_pe: true", "is_pe: false"),
        ("found_by: temp", "found_by: tem"),
        ("found_by|all: [temp, path]", "found_by|all: [temp, loaded]"),
        ("publisher|exists: false", "publisher|exists: true"),
        ("found_by|exists: true", "packed_why|exists: true"),
        ("signed_at|lt: '2025-01-01T00:00:00Z'", "signed_at|gte: '2025-01-01T00:00:00Z'"),
        ("downloaded_from|cidr: 192.0.2.64/26", "downloaded_from|cidr: 192.0.2.0/26"),
        ("downloaded_from|cidr: 0.0.0.0/0", "downloaded_from|cidr: '::/0'"),
    ] {
        assert_eq!(truth(yes, &dll()), Truth::True, "{yes}");
        assert_eq!(truth(no, &dll()), Truth::False, "{no}");
    }
}

#[test]
fn an_unread_value_is_unknown_whatever_is_asked_and_a_certain_other_line_decides() {
    assert!(matches!(truth("known_bad: true", &dll()), Truth::Unknown(_)));
    assert!(matches!(truth("known_bad|exists: true", &dll()), Truth::Unknown(_)));
    assert_eq!(truth("known_bad: true, is_pe: false", &dll()), Truth::False);
    assert_eq!(truth("publisher: x", &dll()), Truth::False, "a value that is not there equals nothing");
}

#[test]
fn lines_that_make_no_sense_are_refused_with_advice() {
    for (line, part) in [
        ("pth: x", "did you mean `path`?"),
        ("path|contians: x", "did you mean `contains`?"),
        ("size|contains: x", "does not work on `size`"),
        ("path|lt: x", "does not work on `path`"),
        ("is_pe: 'yes'", "of type Bool"),
        ("version: 9.4", "quotes"),
        ("version|lt: abc", "not a version"),
        ("path: '*.dll'", "no wildcards"),
        ("path|re: '('", "not a pattern"),
        (r"path|re: '(\w{200}){200}'", "not a pattern"),
        ("path|exists: 1", "true or false"),
        ("path|all: [x]", "at least two"),
        ("path: []", "empty list"),
        ("path: ''", "exists: false"),
        ("size: '5'", "of type Number"),
        ("publisher|table: publishrs", "no list"),
        ("downloaded_from|cidr: 1.2.3.4/40", "not a network"),
        ("path|re|contains: x", "after another"),
        ("signed_at|lt: yesterday", "not a moment"),
    ] {
        let found = detection(&kind::DLL, &format!("a: {{{line}}}\ncondition: a")).unwrap_err();
        let said = format!("{} {}", found[0].message, found[0].hint.clone().unwrap_or_default());
        assert!(said.contains(part), "{line}: {said}");
    }
}

fn log(time: Option<&str>, text: &str) -> Record {
    let record = Record::default().with("text", text).with("source", "connector");
    match time {
        Some(time) => record.with("time", Datum::Time(format!("2026-05-01T{time}Z").parse().unwrap())),
        None => record,
    }
}

fn correlated(rule: &str, correlation: &str, records: &[Record]) -> correlation::Seen {
    let detection = detection(&kind::LOG, rule).unwrap();
    let source = crate::yaml::parse("test", correlation).unwrap();
    let compiled: Correlation = correlation::compile(&kind::LOG, &source, &detection).unwrap();
    compiled.find(&detection, &records.iter().enumerate().collect::<Vec<_>>())
}

#[test]
fn counting_needs_enough_within_the_time_and_knows_when_it_cannot_tell() {
    let rule = "e: {text|contains: error}\ncondition: e";
    let count = "{count: 3, timeframe: 10m}";
    let at = |times: &[Option<&str>]| times.iter().map(|time| log(*time, "an error")).collect::<Vec<_>>();
    let seen = correlated(rule, count, &at(&[Some("08:00:00"), Some("08:05:00"), Some("08:10:00"), Some("08:19:00")]));
    assert_eq!(seen.hits, [correlation::Hit { records: vec![0, 1, 2] },]);
    let seen = correlated(rule, count, &at(&[Some("08:00:00"), Some("08:09:00"), Some("08:19:00")]));
    assert_eq!(seen, correlation::Seen::default());
    let seen = correlated(rule, count, &at(&[Some("08:00:00"), None, None]));
    assert!(seen.hits.is_empty() && !seen.maybe.is_empty(), "{seen:?}");
    let seen = correlated(rule, count, &at(&[Some("08:00:00"), None]));
    assert_eq!(seen, correlation::Seen::default(), "two are never three");
    let locked = || Datum::from(Unknown::new(State::Locked, "debug.log"));
    let unread = Record::default().with("time", locked()).with("text", locked());
    let seen = correlated(rule, count, &[unread]);
    assert!(seen.hits.is_empty() && seen.maybe.len() == 1, "a log that could not be read may hold any number");
}

#[test]
fn neighbours_sequences_and_absence() {
    let rule = "a: {text|contains: start}\nb: {text|contains: ready}";
    let (start, ready, other) =
        (log(Some("08:00:00"), "start"), log(Some("08:04:00"), "ready"), log(Some("09:00:00"), "x"));
    let early = log(Some("07:58:00"), "ready");
    let near = "{near: [a, b], timeframe: 5m}";
    let sequence = "{sequence: [a, b], timeframe: 5m}";
    let absent = "{absent_after: {after: a, expect: b}, timeframe: 5m}";
    let hits = |how: &str, records: &[Record]| correlated(rule, how, records).hits.len();
    assert_eq!(hits(near, &[start.clone(), ready.clone()]), 1);
    assert_eq!(hits(near, &[start.clone(), early.clone()]), 1);
    assert_eq!(hits(near, &[start.clone(), log(Some("08:06:00"), "ready")]), 0);
    assert_eq!(hits(sequence, &[start.clone(), ready.clone()]), 1);
    assert_eq!(hits(sequence, &[start.clone(), early.clone()]), 0);
    assert_eq!(hits(absent, &[start.clone(), ready, other.clone()]), 0);
    assert_eq!(hits(absent, &[start.clone(), early, other.clone()]), 1);
    let cut = correlated(rule, absent, std::slice::from_ref(&start));
    assert!(cut.hits.is_empty() && cut.maybe[0].what.contains("ends before"), "{cut:?}");
    let untimed = correlated(rule, absent, &[start, log(None, "ready"), other]);
    assert!(untimed.hits.is_empty() && !untimed.maybe.is_empty());
}

#[test]
fn what_a_line_must_hold_is_derived_and_never_too_strict() {
    let of = |rule: &str| needs(&detection(&kind::LOG, rule).unwrap(), None);
    let both = |texts: &[&str]| Needs { groups: texts.iter().map(|text| vec![format!("(?i){text}")]).collect() };
    let one = |text: &str| both(&[text]);
    assert_eq!(of("a: {text|contains: 'a.b', source: server}\ncondition: a"), one(r"a\.b"));
    assert_eq!(of("a: {text|re: 'x\\d'}\nb: {text|contains: no}\ncondition: a and not b"), one(r"x\d"));
    assert_eq!(of("a: {source: server}\nb: {text|contains: x}\ncondition: a or b"), Needs::default());
    assert_eq!(of("b: {text|contains: x}\ncondition: not b"), Needs::default());
    assert_eq!(of("a: [{text|contains: long_word}, {source: server}]\ncondition: a"), Needs::default());
    assert_eq!(of("a: {text|contains|all: [ab, abcdef]}\ncondition: a"), both(&["ab", "abcdef"]));
    let each = "a: {text|contains: x}\nb: {text|contains: [y, z]}\nc: {text|contains: w}\n";
    assert_eq!(
        of(&format!("{each}condition: a and (b or c)")).groups,
        [vec!["(?i)w", "(?i)y", "(?i)z"], vec!["(?i)x"]],
        "of each group one"
    );
}

/// What a log with these lines comes to.
fn across(how: &str, rule: &str, lines: &[(&str, &str)]) -> correlation::Seen {
    let text: String = lines.iter().map(|(time, text)| format!("2026-05-04 {time} {text}\n")).collect();
    let layout =
        "name: iso\ntitle: t\nline: '^(?<time>\\S+ \\S+) (?<text>.*)$'\nzone: utc\ntime: '%Y-%m-%d %H:%M:%S'\n";
    let layouts = [Layout::parse(layout).unwrap()];
    let locale = Locale::default();
    let origin = Origin { member: "debug.log", sha256: "", source: "connector", user: None, locale: &locale };
    let patterns = Patterns::new(&[Needs::one_of(vec!["start|ready|error".to_owned()])]).unwrap();
    correlated(rule, how, &read(origin, text.as_bytes(), &layouts, &patterns).unwrap().records)
}

#[test]
fn a_clock_set_back_neither_makes_nor_hides_a_sign() {
    let rule = "a: {text|contains: start}\nb: {text|contains: ready}";
    let (near, sequence) = ("{near: [a, b], timeframe: 5m}", "{sequence: [a, b], timeframe: 5m}");
    let absent = "{absent_after: {after: a, expect: b}, timeframe: 5m}";
    let set_back = [("10:05:00", "start"), ("09:06:00", "ready"), ("09:30:00", "end")];
    for how in [near, sequence, absent] {
        let seen = across(how, rule, &set_back);
        assert!(seen.hits.is_empty() && !seen.maybe.is_empty(), "{how}: by order it may be, by time it cannot be told");
    }
    // The clock shows the same time again an hour later: near by the clock, far by the order of the lines.
    let slow = [("09:20:00", "error"), ("09:55:00", "error"), ("10:04:00", "error")];
    let again = [&[("10:05:00", "start")][..], &slow, &[("10:06:00", "ready"), ("11:00:00", "end")]].concat();
    assert_eq!(across(sequence, rule, &again), correlation::Seen::default(), "an hour lies between at least");
    assert_eq!(across(near, rule, &again), correlation::Seen::default());
    // On one side of the setting everything is as ever, whichever it is.
    let after = [("10:05:00", "error"), ("09:06:00", "start"), ("09:07:00", "ready"), ("09:30:00", "end")];
    assert_eq!(across(sequence, rule, &after).hits, [correlation::Hit { records: vec![1, 2] }]);
    let before = [("10:05:00", "start"), ("10:06:00", "ready"), ("09:00:00", "error"), ("09:30:00", "end")];
    assert_eq!(across(near, rule, &before).hits.len(), 1);
    let missing = [("10:05:00", "error"), ("09:06:00", "start"), ("09:07:00", "x"), ("09:30:00", "error")];
    assert_eq!(across(absent, rule, &missing).hits, [correlation::Hit { records: vec![1] }]);
    let cut = [("10:05:00", "start"), ("09:06:00", "error"), ("11:30:00", "error")];
    assert!(across(absent, rule, &cut).hits.is_empty(), "the stretch ends before it can be told");
}

#[test]
fn counting_across_a_clock_that_was_set() {
    let rule = "e: {text|contains: error}\ncondition: e";
    let count = "{count: 3, timeframe: 10m}";
    let errors = |times: &[&'static str]| times.iter().map(|time| (*time, "error")).collect::<Vec<_>>();
    let seen = across(count, rule, &errors(&["10:05:00", "10:06:00", "09:05:00", "09:30:00"]));
    assert!(
        seen.hits.is_empty() && seen.maybe.len() == 1,
        "two before and one behind may be three in ten minutes: {seen:?}"
    );
    let seen = across(count, rule, &errors(&["10:05:00", "09:05:00", "09:30:00", "10:06:00"]));
    assert_eq!(seen, correlation::Seen::default(), "three at nearly one time by the clock, never within ten minutes");
    let seen = across(count, rule, &errors(&["10:05:00", "09:05:00", "09:06:00", "09:07:00"]));
    assert_eq!(seen.hits, [correlation::Hit { records: vec![1, 2, 3] }]);
    // Set forward by ten hours and back: by order there may be four in two minutes.
    let seen = across(count, rule, &errors(&["10:00:00", "10:01:00", "20:02:00", "10:02:00"]));
    assert!(seen.hits.is_empty() && seen.maybe.len() == 1, "{seen:?}");
}
