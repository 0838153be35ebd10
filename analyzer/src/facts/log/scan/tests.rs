//! Which lines are candidates, and for whom.

use super::*;

fn patterns(list: &[&str]) -> Patterns {
    Patterns::new(&list.iter().map(|one| Needs::one_of(vec![(*one).to_owned()])).collect::<Vec<_>>()).unwrap()
}

fn lines<'t>(patterns: &Patterns, text: &'t str) -> Vec<&'t str> {
    patterns.candidates(text.as_bytes(), false).into_iter().map(|found| &text[found.start..found.end]).collect()
}

/// Who wants the whole of `text`, by the first pattern of each need.
fn wanted_by(patterns: &Patterns, text: &str) -> Vec<String> {
    let all = patterns.candidates(text.as_bytes(), false).into_iter().flat_map(|found| found.wanted_by);
    all.filter(|number| patterns.is_met(*number, &[text.as_bytes()]))
        .map(|number| patterns.needs()[number as usize].groups[0][0].clone())
        .collect()
}

#[test]
fn each_line_that_may_be_wanted_is_a_candidate_once() {
    let some = patterns(&["disk full", r"error \d+"]);
    assert_eq!(
        lines(&some, "Error 5 and error 6\r\nnothing\nDISK FULL\n\nerror 7"),
        ["Error 5 and error 6", "DISK FULL", "error 7"]
    );
    assert_eq!(lines(&some, "di\u{17f}\u{212a} full\nfull disk"), ["di\u{17f}\u{212a} full"], "Unicode folds these");
    let mixed = patterns(&["disk full", r"\d\d"]);
    assert_eq!(lines(&mixed, "42 disk full\nno\n99\r\ndisk full"), ["42 disk full", "99", "disk full"]);
    let every = Patterns::new(&[Needs::default()]).unwrap();
    assert_eq!(lines(&every, "a\n\nb\n"), ["a", "", "b"], "who wants every line gets every line");
    assert!(Patterns::new(&[]).unwrap().candidates(b"disk full", false).is_empty());
    assert!(Patterns::new(&[Needs::never()]).unwrap().candidates(b"disk full", false).is_empty());
}

#[test]
fn only_those_want_a_line_who_find_one_of_each_group_in_it() {
    let group = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let sync = Needs { groups: vec![group(&[r"\bsync\b"]), group(&[r"\bfailed\b", r"\berror\b"])] };
    let both = Patterns::new(&[sync, Needs::one_of(group(&["disk full"]))]).unwrap();
    assert_eq!(wanted_by(&both, "sync of Inbox failed"), [r"\bsync\b"]);
    assert_eq!(wanted_by(&both, "sync failed: disk full"), [r"\bsync\b", "disk full"]);
    assert!(
        lines(&both, "sync done\nsync done\n").is_empty(),
        "an ordinary word of the pair is not what is looked for"
    );
    assert_eq!(wanted_by(&both, "send failed"), Vec::<String>::new());
}

#[test]
fn an_anchored_pattern_counts_anywhere_in_the_line() {
    let anchored = patterns(&["^(?:nothing|x)$"]);
    assert_eq!(wanted_by(&anchored, "[stamp] nothing at all").len(), 1, "a stamp may stand before the text");
}

#[test]
fn stretches_of_an_overlong_line_are_candidates_by_themselves() {
    let text = format!("{0} disk full {0} disk full {0} no space left {0}", "x".repeat(3 * LONGEST));
    let found = patterns(&["disk full", "no space left"]).candidates(text.as_bytes(), false);
    let hits: Vec<&str> = found.iter().map(|one| &text[one.hit..one.hit + 8]).collect();
    assert_eq!(hits, ["disk ful", "disk ful", "no space"]);
    assert!(found.iter().all(|one| (one.start, one.end) == (0, text.len())));
    let crowd = "disk full ".repeat(100_000);
    let found = patterns(&["disk full"]).candidates(crowd.as_bytes(), false);
    assert!(found.len() <= crowd.len() / NEAR + 1, "{} candidates", found.len());
}
