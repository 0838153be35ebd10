//! One `<Event>` element into an [`EventRecord`] (event schema 2004/08). Owns which element means what; data keeps its
//! names, and unnamed data get their position as `%1`, `%2` in messages count it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::scan::{Token, Tokens, attribute};
use crate::record::EventRecord;

/// Deeper elements are damage, not events.
const DEPTH: usize = 32;

/// Data of one name that are kept, each under a number of its own.
const MAX_ALIKE: usize = 64;

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    /// Its `Name` attribute.
    named: Option<String>,
    text: String,
    parent: bool,
}

#[derive(Default)]
struct Draft {
    channel: String,
    provider: String,
    id: Option<u32>,
    level: u8,
    time: Option<Timestamp>,
    record: u64,
    data: BTreeMap<String, String>,
    position: usize,
    message: Option<String>,
}

/// Parses one event; the error says what is wrong with it.
pub(super) fn record(xml: &str) -> Result<EventRecord, String> {
    let mut draft = Draft::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    for token in Tokens::new(xml) {
        match token? {
            Token::Open { name, attributes, empty } => {
                if open.len() >= DEPTH {
                    return Err(format!("expected at most {DEPTH} elements inside each other, found more"));
                }
                if let Some(parent) = open.last_mut() {
                    parent.parent = true;
                }
                draft.attributes(name, attributes);
                let named = attribute(attributes, "Name").map(|name| name.into_owned());
                open.push(Open { name, named, text: String::new(), parent: false });
                if empty {
                    draft.close(&mut open);
                }
            }
            Token::Close(name) => {
                if open.last().is_none_or(|element| element.name != name) {
                    return Err(format!("expected the end of another element, found </{name}>"));
                }
                draft.close(&mut open);
            }
            Token::Text(text) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&text);
                }
            }
        }
    }
    draft.finish()
}

impl Draft {
    fn attributes(&mut self, name: &str, attributes: &str) {
        match name {
            "Provider" if self.provider.is_empty() => {
                let name = attribute(attributes, "Name").or_else(|| attribute(attributes, "EventSourceName"));
                self.provider = name.unwrap_or_default().into_owned();
            }
            "TimeCreated" if self.time.is_none() => {
                self.time = attribute(attributes, "SystemTime").and_then(|text| time(&text));
            }
            _ => {}
        }
    }

    /// Takes the innermost element, which is complete.
    fn close(&mut self, open: &mut Vec<Open<'_>>) {
        let Some(element) = open.pop() else { return };
        let parent = open.last().map(|element| element.name);
        let area = open.get(1).map(|element| element.name);
        let text = element.text;
        match (area, parent, element.name) {
            (Some("System"), Some("System"), "EventID") => self.id = text.trim().parse().ok(),
            (Some("System"), Some("System"), "Level") => self.level = text.trim().parse().unwrap_or(0),
            (Some("System"), Some("System"), "EventRecordID") => self.record = text.trim().parse().unwrap_or(0),
            (Some("System"), Some("System"), "Channel") => self.channel = text.trim().to_owned(),
            (Some("RenderingInfo"), Some("RenderingInfo"), "Message") => self.message = Some(text.trim().to_owned()),
            (Some("EventData"), Some("EventData"), "Data") => {
                self.position += 1;
                self.put(element.named.unwrap_or_else(|| self.position.to_string()), text);
            }
            (Some("EventData" | "UserData" | "ProcessingErrorData"), Some(_), name) if !element.parent => {
                self.put(element.named.unwrap_or_else(|| name.to_owned()), text);
            }
            _ => {}
        }
    }

    /// Keeps a value; a name that comes again gets a number. Behind the last number stands why there is no more.
    fn put(&mut self, name: String, text: String) {
        let numbered = (2..=MAX_ALIKE).map(|count| format!("{name}#{count}"));
        let key = std::iter::once(name.clone()).chain(numbered).find(|key| !self.data.contains_key(key));
        let (key, text) = key.map(|key| (key, text)).unwrap_or_else(|| {
            (format!("{name}#more"), format!("expected at most {MAX_ALIKE} data of this name, found more"))
        });
        self.data.insert(key, text);
    }

    fn finish(self) -> Result<EventRecord, String> {
        let Self { channel, provider, id, level, time, record, data, message, .. } = self;
        let id = id.ok_or("expected System/EventID, found none")?;
        let time = time.ok_or("expected System/TimeCreated with a time, found none")?;
        Ok(EventRecord { channel, provider, id, level, time, record, data, message })
    }
}

/// A `SystemTime`; without zone it is UTC.
fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.strip_suffix(" UTC").map_or_else(|| text.to_owned(), |text| format!("{text}Z"));
    zoned.parse().or_else(|_| format!("{zoned}Z").parse()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evtx::{Wanted, read_xml};

    const CRASH: &str = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\
        <Provider Name='Application Error'/><EventID Qualifiers='0'>1000</EventID><Level>2</Level>\
        <TimeCreated SystemTime='2026-03-02T19:15:00.1234567+09:00'/><EventRecordID>41</EventRecordID>\
        <Channel>Application</Channel></System><EventData><Data>OUTLOOK.EXE</Data><Data Name='Version'>16.0</Data>\
        <Data>a &amp; b</Data><Data/><Binary>00FF</Binary></EventData>\
        <RenderingInfo Culture='de-DE'><Message>Fehlerhafte Anwendung</Message></RenderingInfo></Event>";

    #[test]
    fn system_fields_data_and_message_find_their_places() {
        let event = record(CRASH).unwrap();
        assert_eq!((event.id, event.level, event.record), (1000, 2, 41));
        assert_eq!((event.provider.as_str(), event.channel.as_str()), ("Application Error", "Application"));
        assert_eq!(event.time.to_string(), "2026-03-02T10:15:00.1234567Z");
        let data: Vec<_> = event.data.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(data, [("1", "OUTLOOK.EXE"), ("3", "a & b"), ("4", ""), ("Binary", "00FF"), ("Version", "16.0")]);
        assert_eq!(event.message.as_deref(), Some("Fehlerhafte Anwendung"));
    }

    #[test]
    fn user_data_keeps_the_names_of_its_leaves() {
        let xml = CRASH.replace(
            "<EventData>",
            "<UserData><X xmlns='y'><Path>C:\\a</Path><Path>C:\\b</Path></X></UserData><EventData>",
        );
        let event = record(&xml).unwrap();
        assert_eq!((&*event.data["Path"], &*event.data["Path#2"]), ("C:\\a", "C:\\b"));
    }

    #[test]
    fn wevtutil_output_is_read_in_its_encodings_and_chosen_from() {
        let other = CRASH.replace("Application Error", "Other").replace("<EventRecordID>41", "<EventRecordID>42");
        let older = CRASH.replace("2026-03-02", "2025-03-02");
        let damaged = CRASH.replace("<EventID Qualifiers='0'>1000</EventID>", "");
        let text = format!("<?xml version='1.0' encoding='utf-16'?><Events>{CRASH}{other}{older}{damaged}</Events>");
        let wide: Vec<u8> = "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        for bytes in [text.as_bytes(), &wide] {
            let all = read_xml(bytes, &Wanted::default());
            assert_eq!((all.records.len(), all.damaged.len(), all.cut), (3, 1, false));
            assert!(all.damaged[0].contains("expected System/EventID"), "{:?}", all.damaged);
            assert!(all.records.is_sorted_by_key(|event| event.time));
            let wanted = Wanted { providers: vec!["application error".to_owned()], limit: 1, since: None };
            let newest = read_xml(bytes, &wanted);
            assert_eq!((newest.records[0].record, newest.records.len(), newest.cut), (41, 1, true));
            let since = Wanted { since: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..Wanted::default() };
            assert_eq!(read_xml(bytes, &since).records.len(), 2);
        }
    }

    #[test]
    fn times_without_zone_and_in_words_are_utc() {
        let second = |text: &str| time(text).unwrap().to_string();
        assert_eq!(second("2016-07-08 18:12:51.681640 UTC"), "2016-07-08T18:12:51.68164Z");
        assert_eq!(second("2016-07-08T18:12:51"), "2016-07-08T18:12:51Z");
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn nesting_without_end_is_damage() {
        assert!(record(&"<a>".repeat(100_000)).is_err());
        assert!(record("<Event></System>").is_err());
        let nested = |levels: usize| {
            // The event and its data are two of them.
            let (open, close) = ("<a>".repeat(levels - 2), "</a>".repeat(levels - 2));
            record(&CRASH.replace("<Data/>", &format!("{open}x{close}")))
        };
        assert_eq!(nested(DEPTH).unwrap().data["a"], "x");
        assert_eq!(nested(DEPTH + 1).unwrap_err(), "expected at most 32 elements inside each other, found more");
    }

    #[test]
    fn data_of_one_name_are_kept_as_far_as_they_are_numbered() {
        let event = |count: usize| record(&CRASH.replace("<Data/>", &"<Data Name='x'>y</Data>".repeat(count))).unwrap();
        let (full, over) = (event(MAX_ALIKE), event(MAX_ALIKE + 2));
        assert_eq!(full.data["x#64"], "y");
        assert!(!full.data.contains_key("x#more"));
        assert_eq!((&*over.data["x#64"], over.data.len()), ("y", full.data.len() + 1));
        assert_eq!(over.data["x#more"], "expected at most 64 data of this name, found more");
    }
}
