//! What redaction costs: peers made it the bulk of a run by one more pass over every file for every name or pattern.

#![expect(clippy::print_stdout, reason = "figures belong to the proof")]

use std::{fmt::Write as _, fs, time::Instant};

use super::*;

/// Seconds that this thread had a processor, so that other programs do not count; wall time where that cannot be told.
fn clock(begun: Instant) -> f64 {
    let on_cpu = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = on_cpu.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| begun.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

/// Log text in which nobody is named.
fn log(lines: usize) -> Vec<u8> {
    let mut text = String::new();
    for line in 0..lines {
        let noise = line.wrapping_mul(2_654_435_761) % 99_999_989;
        writeln!(text, "[07/Aug/2008 11:07:02] {noise} synchronisation of folder 0x80040115 finished, {line} items")
            .unwrap();
    }
    text.into_bytes()
}

/// The least time that redacting `text` takes with so many names.
fn seconds(names: usize, text: &[u8]) -> f64 {
    let mut learned = Learned::new();
    for name in 0..names {
        // As different from each other as names are: letters of a number in base 20.
        let letters = (0..4).map(|place| char::from(b"bcdfghjklmnpqrstvwxz"[name / 20_usize.pow(place) % 20]));
        let word: String = letters.flat_map(|letter| [letter, 'a']).collect();
        learned.add([Kind::User, Kind::Person, Kind::Host][name % 3], &word);
    }
    let redactor = Redactor::new(learned, key(), Mode::Mask);
    let once = || {
        let begun = Instant::now();
        let before = clock(begun);
        assert_eq!(redact(&redactor, text).len(), text.len(), "nobody is named in it");
        clock(begun) - before
    };
    (0..3).map(|_| once()).fold(f64::MAX, f64::min)
}

/// troubleshoot 1151 (300 of 323 seconds), sos 3846 (31 minutes): a pass for every redactor or name. A hundred times as many names
/// would take a hundred times as long; here they are one search.
#[test]
fn peer_bug_redaction_is_one_pass_however_many_names_there_are() {
    let text = log(3_000);
    let (few, many) = (seconds(10, &text), seconds(1_000, &text));
    println!("{} bytes: {few:.3} s with 10 names, {many:.3} s with 1,000", text.len());
    assert!(many < few * 10.0, "10 names {few:.3} s, 1,000 names {many:.3} s");
}

/// The same for length: twice the text, twice the time, since nothing looks back further than a few kilobytes.
#[test]
fn peer_bug_redaction_takes_time_by_the_length_of_a_text() {
    let (short, long) = (seconds(10, &log(1_000)), seconds(10, &log(10_000)));
    println!("{short:.3} s, ten times the text {long:.3} s");
    assert!(long < short * 100.0, "{short:.3} s, ten times the text {long:.3} s");
}
