//! Event log files as Windows leaves them: whole, with a damaged record, cut off. Drives `koff_bundle::evtx`.

#![expect(clippy::unwrap_used, reason = "a test stops at the first thing it cannot read")]

use std::io::Cursor;

use koff_bundle::evtx::{Events, Wanted, read};
use koff_fixtures::evtx::{Event, file};

fn three() -> Vec<u8> {
    fn event<'a>(provider: &'a str, time: &str, data: &[&'a str]) -> Event<'a> {
        let data = data.iter().map(|text| (None, *text)).collect();
        Event { provider, id: 1000, level: 2, time: time.parse().unwrap(), data }
    }
    let events = [
        event("Application Error", "2026-03-02T10:00:02Z", &["OUTLOOK.EXE", "16.0 & more"]),
        event("Outlook", "2026-03-02T10:00:01Z", &["x"]),
        event("Application Error", "2026-03-02T10:00:03Z", &["KoffBackend.exe"]),
    ];
    file("Application", &events).unwrap()
}

fn all(bytes: &[u8]) -> Events {
    read("a.evtx", Cursor::new(bytes), &Wanted::default()).unwrap()
}

#[test]
fn records_come_in_order_of_time_with_their_strings_in_place() {
    let found = all(&three());
    assert_eq!(found.damaged, Vec::<String>::new());
    let order: Vec<_> = found.records.iter().map(|event| event.record).collect();
    assert_eq!(order, [2, 1, 3]);
    let crash = &found.records[1];
    assert_eq!((crash.provider.as_str(), crash.channel.as_str(), crash.id), ("Application Error", "Application", 1000));
    assert_eq!((&*crash.data["1"], &*crash.data["2"]), ("OUTLOOK.EXE", "16.0 & more"));
}

#[test]
fn only_what_is_wanted_is_kept() {
    let wanted = Wanted { providers: vec!["Application Error".to_owned()], limit: 1, since: None };
    let found = read("a.evtx", Cursor::new(three()), &wanted).unwrap();
    assert_eq!((found.records.len(), found.records[0].record, found.cut), (1, 3, true));
}

#[test]
fn one_damaged_record_does_not_take_the_others() {
    let mut bytes = three();
    let wide: Vec<u8> = "Outlook".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = bytes.windows(wide.len()).position(|window| window == wide).unwrap();
    // The value's token becomes one that BinXML does not have.
    bytes[at - 4] = 0x77;
    let found = all(&bytes);
    assert_eq!(found.damaged.len(), 1, "{:?}", found.damaged);
    let order: Vec<_> = found.records.iter().map(|event| event.record).collect();
    assert_eq!(order, [1, 3]);
}

#[test]
fn cut_and_mutated_files_end_in_words_and_not_in_a_crash() {
    let whole = three();
    assert!(read("a.evtx", Cursor::new(&whole[..100]), &Wanted::default()).is_err());
    let said = read("a.evtx", Cursor::new(b"no log"), &Wanted::default()).unwrap_err().to_string();
    assert!(said.starts_with("a.evtx: expected an event log file"), "{said}");
    for at in (0x1000..0x1900).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0xA5;
        let found = all(&bytes);
        assert!(found.records.len() <= 3);
    }
}
