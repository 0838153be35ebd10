//! Text formats at their limits and one past them: registry exports, events, logs, reports. Owns the inputs and what is said.

use std::{fmt::Write as _, fs};

use koff_analyze::{
    facts::{
        Datum, Record,
        log::{needs::Needs, read::MOST_OF_ONE, scan::Patterns},
        model::locale::Locale,
        streams::{
            events::{LONGEST_LINE, MOST_EVENTS},
            streams,
        },
    },
    verdict::Unknown,
};
use koff_bundle::{
    evtx::{MAX_DAMAGED, Wanted, read_xml},
    limits::Limits,
    reader::Bundle,
    registry::text::{self, MAX_ITEMS, MAX_PROBLEMS, RegFile},
};
use serde_json::json;

use super::{
    forge::{File, zip_of},
    program,
};

fn items(file: &RegFile) -> usize {
    let values: usize = file.keys.iter().map(|key| key.values.len()).sum();
    file.keys.len() + values + file.deletions.len()
}

/// What a registry file is said to be over, and at which line.
fn over(file: &RegFile) -> Vec<String> {
    let over = file.problems.iter().filter(|problem| problem.found == "more");
    over.map(ToString::to_string).collect()
}

#[test]
fn keys_and_values_of_a_registry_file() {
    let export = |values: usize| {
        let head = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n";
        // Regedit ends every export with a blank line. A value to delete counts as one, and is the quickest to read.
        text::read(format!("{head}{}\r\n", "@=-\r\n".repeat(values)).as_bytes())
    };
    let query = |keys: usize| text::read_query(format!("{}\r\n", "HKEY_USERS\r\n".repeat(keys)).as_bytes());
    let said = |line: usize| vec![format!("line {line}: expected no more than 1000000 keys and values, found more")];
    for (at, past, line) in [
        (export(MAX_ITEMS - 1), export(MAX_ITEMS), MAX_ITEMS + 3),
        (query(MAX_ITEMS), query(MAX_ITEMS + 1), MAX_ITEMS + 1),
    ] {
        assert_eq!((items(&at), at.cut, over(&at)), (MAX_ITEMS, false, vec![]));
        assert_eq!((items(&past), past.cut, over(&past)), (MAX_ITEMS, true, said(line)));
    }
}

#[test]
fn damaged_lines_of_a_registry_file() {
    let export = |lines: usize| {
        let text = format!("REGEDIT4\r\n\r\n[HKEY_CURRENT_USER\\A]\r\n{}@=\"kept\"\r\n", "rubbish\r\n".repeat(lines));
        text::read(text.as_bytes())
    };
    let (at, past) = (export(MAX_PROBLEMS), export(MAX_PROBLEMS + 2));
    assert_eq!((at.problems.len(), at.cut, items(&at)), (MAX_PROBLEMS, false, 2));
    assert_eq!((past.problems.len(), past.cut, items(&past)), (MAX_PROBLEMS + 1, true, 2));
    assert_eq!(over(&past), ["line 1004: expected no more than 1000 damaged lines, found more"]);
}

#[test]
fn damaged_records_of_an_event_log() {
    let log = |damaged: usize| {
        let good = "<Event><System><Provider Name='P'/><EventID>1</EventID><TimeCreated \
                    SystemTime='2026-03-02T10:00:00Z'/></System></Event>";
        read_xml(format!("{}{good}", "<Event></Event>".repeat(damaged)).as_bytes(), &Wanted::default())
    };
    let (at, past) = (log(MAX_DAMAGED), log(MAX_DAMAGED + 2));
    assert_eq!((at.damaged.len(), at.records.len()), (MAX_DAMAGED, 1));
    assert_eq!((past.damaged.len(), past.records.len()), (MAX_DAMAGED + 1, 1));
    assert_eq!(past.damaged.last().unwrap(), "expected at most 100 damaged records, found more");
}

/// A bundle with one member of this artifact.
fn bundle(artifact: &str, name: &str, data: &[u8]) -> Bundle {
    let manifest = json!({
        "format_version": 1, "tool": {"name": "koff-collect", "version": "0.1.0"}, "plan": "default",
        "host": {"kind": "disk"}, "started": "2026-03-02T10:00:00Z", "finished": "2026-03-02T10:00:05Z",
        "redaction": {"names_masked": false},
        "entries": [{"name": name, "artifact": artifact, "origin": "x", "method": "file", "state": "complete"}],
    });
    let manifest = File::new("manifest.json", manifest.to_string().as_bytes());
    Bundle::from_bytes("test.zip", zip_of(&[manifest, File::new(name, data)]), Limits::default()).unwrap()
}

/// Records that are there, and why there may be more in the place called `place` (`channel` or `source`).
fn split(records: &[Record], place: &str, name: &str) -> (usize, Vec<String>) {
    let known = |record: &&Record| !matches!(record.get("time"), Datum::Unknown(_));
    let told = |why: &Unknown| why.what.clone();
    let here = records.iter().filter(|record| *record.get(place) == Datum::Text(name.to_owned()));
    let gaps = here.filter_map(|record| match record.get("time") {
        Datum::Unknown(why) => why.first().map(told),
        _ => None,
    });
    (records.iter().filter(known).count(), gaps.collect())
}

fn event(fill: usize) -> String {
    let event = json!({"channel": "Application", "provider": "P", "id": 1, "level": 2, "time": "2026-03-02T10:00:00Z",
        "record": 1, "data": {"x": "y".repeat(fill)}});
    format!("{event}\n")
}

fn events_of(artifact: &str, name: &str, data: &[u8]) -> (usize, Vec<String>) {
    let found = streams(&bundle(artifact, name, data), &Locale::default(), &[], &Patterns::new(&[]).unwrap());
    split(&found.event.records, "channel", "Application")
}

#[test]
fn events_of_a_member() {
    let events =
        |count: usize| events_of("events-application", "events/application.ndjson", event(0).repeat(count).as_bytes());
    assert_eq!(events(MOST_EVENTS), (MOST_EVENTS, vec![]));
    let said = "x (expected at most 50000 events, found more)".to_owned();
    assert_eq!(events(MOST_EVENTS + 2), (MOST_EVENTS, vec![said]));
}

#[test]
fn a_line_of_events() {
    let line = |length: usize| event(length - event(0).len());
    let longest = LONGEST_LINE as usize;
    let events =
        |lines: &[String]| events_of("events-application", "events/application.ndjson", lines.concat().as_bytes());
    assert_eq!(events(&[event(1), line(longest), event(1)]), (3, vec![]));
    let said = vec!["x (line 2: expected at most 1048576 bytes, found more)".to_owned()];
    assert_eq!(events(&[event(1), line(longest + 1), event(1)]), (2, said.clone()));
    assert_eq!(events(&[event(1), line(3 * longest), event(1)]), (2, said));
    let last = line(longest + 1);
    assert_eq!(events(&[event(1), last.trim_end().to_owned()]), (2, vec![]), "the end of the file ends a line");
}

#[test]
fn what_an_event_log_sent_by_hand_does_not_tell_is_unknown() {
    let good = "<Event><System><Provider Name='P'/><EventID>1</EventID><TimeCreated \
                SystemTime='2026-03-02T10:00:00Z'/><Channel>Application</Channel></System></Event>";
    let deep = good.replace("</Event>", &"<a>".repeat(32)) + "</Event>";
    assert_eq!(events_of("loose-event-xml", "a.xml", good.as_bytes()), (1, vec![]));
    let (count, said) = events_of("loose-event-xml", "a.xml", format!("{good}{deep}").as_bytes());
    assert_eq!((count, said.len()), (1, 1));
    assert!(said[0].contains("expected at most 32 elements inside each other, found more"), "{said:?}");
}

#[test]
fn records_of_a_log() {
    let patterns = Patterns::new(&[Needs::one_of(vec!["disk full".to_owned()])]).unwrap();
    let log = |lines: usize| {
        let mut text = String::new();
        for number in 0..lines {
            writeln!(text, "disk full {number}").unwrap();
        }
        let found =
            streams(&bundle("connector-logs", "logs/a.log", text.as_bytes()), &Locale::default(), &[], &patterns);
        let unknown = found.log.records.iter().filter_map(|record| match record.get("text") {
            Datum::Unknown(why) => why.first().map(|why| why.what.clone()),
            _ => None,
        });
        let said: Vec<String> = unknown.collect();
        (found.log.records.len() - said.len(), said)
    };
    assert_eq!(log(MOST_OF_ONE), (MOST_OF_ONE, vec![]));
    let said = "x (expected at most 10000 records that a rule asks for, 2000 of them for one reason, found more)";
    assert_eq!(log(MOST_OF_ONE + 1), (MOST_OF_ONE, vec![said.to_owned()]));
}

#[test]
fn a_report_to_verify() {
    let folder = tempfile::tempdir().unwrap();
    let (report, evidence) = (folder.path().join("report.json"), folder.path().join("evidence.zip"));
    fs::write(&evidence, zip_of(&[File::new("a.log", b"[02/Mar/2026 10:00:00] fine\r\n")])).unwrap();
    let verify = |bytes: u64| {
        fs::File::create(&report).unwrap().set_len(bytes).unwrap();
        program::run(&["verify", report.to_str().unwrap(), evidence.to_str().unwrap()])
    };
    let (code, _, err) = verify(256 << 20);
    assert!(code == 2 && err.contains("report.json: expected a report of koff-analyze in JSON"), "{err}");
    let (code, _, err) = verify((256 << 20) + 1);
    assert!(
        code == 2 && err.contains("report.json: expected a report of at most 268435456 bytes, found more"),
        "{err}"
    );
}
