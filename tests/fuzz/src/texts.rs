//! Parsers of single members: registry exports, event logs, debug logs, database headers.

use std::{io::Cursor, sync::OnceLock};

use jiff::civil::Time;
use koff_analyze::{
    facts::{
        event::{self, wer},
        log::{
            layout::Layout,
            read::{Origin, read},
            scan::Patterns,
            zone::{Change, Summer, YearRule, Zone},
        },
        model::{firebird as header_page, locale::Locale},
    },
    pack::{File, embedded_layouts},
};
use koff_bundle::{
    encoding::{self, CodePage},
    evtx::{self, MAX_DAMAGED, Wanted},
    registry::text::{self, MAX_PROBLEMS},
};

use super::analyst;

/// Bytes as registry text: an export and what `reg query` prints.
pub(super) fn registry(bytes: &[u8]) {
    for file in [text::read(bytes), text::read_query(bytes)] {
        assert!(file.problems.len() <= MAX_PROBLEMS + 2);
        let held: usize = file.keys.iter().flat_map(|key| &key.values).map(|value| value.value.data.len()).sum();
        assert!(held <= bytes.len() * 4 + 16, "{held} bytes of values out of {}", bytes.len());
        for value in file.keys.iter().flat_map(|key| &key.values) {
            let _ = (value.value.text(), value.value.strings(), value.value.number());
        }
    }
    let _ = text::looks_like_query(&encoding::text(bytes));
}

/// Bytes as event logs in each form, and every event as a fact.
pub(super) fn events(bytes: &[u8]) {
    let wanted = Wanted { limit: 1000, ..Wanted::default() };
    let binary = evtx::read("fuzz.evtx", Cursor::new(bytes.to_vec()), &wanted).unwrap_or_default();
    for events in [binary, evtx::read_xml(bytes, &wanted)] {
        assert!(events.records.len() <= 1000 && events.damaged.len() <= MAX_DAMAGED + 1);
        for record in &events.records {
            let _ = event::names_kerio(&event::fact(record));
        }
    }
    if let Some(report) = wer::read(&encoding::text(bytes)) {
        let _ = event::fact(&report);
    }
}

fn layouts() -> &'static [Layout] {
    static LAYOUTS: OnceLock<Vec<Layout>> = OnceLock::new();
    LAYOUTS.get_or_init(|| {
        let parse = |file: &File| Layout::parse(file.text).expect("the built-in layouts are good");
        embedded_layouts().iter().map(parse).collect()
    })
}

fn patterns() -> &'static Patterns {
    static PATTERNS: OnceLock<Patterns> = OnceLock::new();
    PATTERNS.get_or_init(|| Patterns::new(&analyst().rules().log_needs()).expect("the built-in rules are good"))
}

/// Central Europe's summer time, and a code page whose characters take two bytes.
fn locale() -> &'static Locale {
    static LOCALE: OnceLock<Locale> = OnceLock::new();
    LOCALE.get_or_init(|| {
        let change = |month, hour| {
            let time = Time::new(hour, 0, 0, 0).expect("an hour of the day");
            Change { year: None, month, nth: 5, weekday: 0, time }
        };
        let summer = Summer { offset: 120, begins: change(3, 2), ends: change(10, 3) };
        let zone = Zone::rules([(0, YearRule { standard: 60, summer: Some(summer) })].into());
        Locale { zone, code_page: CodePage::of(932).expect("a code page of Windows") }
    })
}

/// Bytes as a log: each layout on each line, and the whole as the analyzer reads it.
pub(super) fn log(bytes: &[u8]) {
    for line in bytes.split(|byte| *byte == b'\n').take(50) {
        for layout in layouts() {
            let split = layout.split(line);
            assert_eq!(split.is_some(), layout.fits(line), "splits and fits disagree");
        }
    }
    let origin = Origin { member: "logs/x.log", sha256: "", source: "connector", user: None, locale: locale() };
    let log = read(origin, bytes, layouts(), patterns()).expect("memory reads");
    assert!(log.lines <= bytes.len() as u64 + 1);
    assert!(log.records.len() as u64 <= log.lines);
    assert!(log.from <= log.to);
}

/// Bytes as the head of a database, plain and as the hex that travels.
pub(super) fn firebird(bytes: &[u8]) {
    let _ = header_page::header(bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(header_page::unhex(&hex).as_deref(), Some(bytes));
    let _ = header_page::unhex(&String::from_utf8_lossy(bytes));
}
