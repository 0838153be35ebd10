//! The event members of a bundle: collected records one a line, error reports, and the forms in which people send event
//! logs by hand (`.evtx`, `wevtutil` XML).

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read},
};

use koff_bundle::{
    artifact::Artifact,
    encoding,
    evtx::{self, MAX_DAMAGED, Wanted},
    loose::Kind,
    manifest::Entry,
    reader::Bundle,
    record::EventRecord,
};

use crate::{
    evidence::{Evidence, Place},
    facts::{
        Record,
        event::{fact, wer},
    },
};

/// Events kept of one member; more are a gap.
pub const MOST_EVENTS: usize = 50_000;

/// Longest line of collected events, in bytes, its end included.
pub const LONGEST_LINE: u64 = 1 << 20;

/// Forms of loose event logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Loose {
    Evtx,
    Xml,
}

impl Loose {
    /// The form that the loose artifact `id` has.
    pub(super) fn of(id: &str) -> Option<Self> {
        [(Kind::EventLog, Self::Evtx), (Kind::EventXml, Self::Xml)]
            .into_iter()
            .find(|(kind, _)| kind.id() == id)
            .map(|(_, form)| form)
    }
}

/// What one member holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Facts in stored order.
    pub(super) records: Vec<Record>,
    /// Channels that it has events of.
    pub(super) channels: BTreeSet<String>,
    /// What could not be read, in words.
    pub(super) damaged: Vec<String>,
    /// Whether there are more events than are kept.
    full: bool,
}

/// Reads the member of `entry`.
pub(super) fn read(bundle: &Bundle, entry: &Entry, loose: Option<Loose>) -> Result<Found, String> {
    if entry.artifact == Artifact::ErrorReports.id() {
        return report(bundle, entry);
    }
    match loose {
        None => lines(bundle, entry),
        Some(form) => by_hand(bundle, entry, form),
    }
}

/// Collected events, one JSON record a line.
fn lines(bundle: &Bundle, entry: &Entry) -> Result<Found, String> {
    let mut stream = BufReader::new(bundle.stream(&entry.name).map_err(|error| error.to_string())?);
    let mut found = Found::default();
    let (mut number, mut offset) = (0_u64, 0_u64);
    let words = |error: std::io::Error| error.to_string();
    loop {
        let mut line = Vec::new();
        let read = stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(words)?;
        if read == 0 {
            break;
        }
        number += 1;
        if read as u64 == LONGEST_LINE && !line.ends_with(b"\n") && !stream.fill_buf().map_err(words)?.is_empty() {
            found.damage(format!("line {number}: expected at most {LONGEST_LINE} bytes, found more"));
            offset += read as u64 + stream.skip_until(b'\n').map_err(words)? as u64;
            continue;
        }
        let place = Place::Line { line: number, offset, length: line.trim_ascii_end().len() as u64 };
        offset += read as u64;
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<EventRecord>(&line) {
            Ok(event) => found.push(&event, &entry.name, place),
            Err(error) => found.damage(format!("line {number}: expected an event record, found {error}")),
        }
    }
    let sha256 = stream.into_inner().finish().map_err(words)?;
    found.sign(&sha256);
    Ok(found)
}

/// One Windows error report.
fn report(bundle: &Bundle, entry: &Entry) -> Result<Found, String> {
    let content = bundle.read(&entry.name).map_err(|error| error.to_string())?;
    let mut found = Found::default();
    match wer::read(&encoding::text(&content.bytes)) {
        Some(event) => found.push(&event, &entry.name, Place::Whole),
        None => return Err("expected a Windows error report, found other text".to_owned()),
    }
    found.sign(&content.sha256);
    Ok(found)
}

fn by_hand(bundle: &Bundle, entry: &Entry, form: Loose) -> Result<Found, String> {
    let content = bundle.read(&entry.name).map_err(|error| error.to_string())?;
    let wanted = Wanted { limit: MOST_EVENTS, ..Wanted::default() };
    let events = match form {
        Loose::Evtx => {
            evtx::read(&entry.name, std::io::Cursor::new(&content.bytes), &wanted).map_err(|error| error.to_string())?
        }
        Loose::Xml => evtx::read_xml(&content.bytes, &wanted),
    };
    let mut found = Found { damaged: events.damaged, ..Found::default() };
    if events.cut {
        found.over();
    }
    for event in &events.records {
        found.push(event, &entry.name, Place::Whole);
    }
    found.sign(&content.sha256);
    Ok(found)
}

impl Found {
    fn push(&mut self, event: &EventRecord, member: &str, place: Place) {
        if self.records.len() >= MOST_EVENTS {
            self.over();
            return;
        }
        self.channels.insert(event.channel.clone());
        let mut excerpt = format!("{} {} {}", event.time, event.provider, event.id);
        for text in event.data.values().filter(|text| !text.is_empty()) {
            excerpt.push(' ');
            excerpt.push_str(text);
        }
        let excerpt = excerpt.chars().take(400).collect();
        let evidence = Evidence { artifact: member.to_owned(), sha256: String::new(), place, excerpt };
        self.records.push(fact(event).seen([evidence]));
    }

    /// There are more events than are kept. It stands in front: what is left out for it weighs more than a damaged line.
    fn over(&mut self) {
        if !self.full {
            self.full = true;
            self.damaged.insert(0, format!("expected at most {MOST_EVENTS} events, found more"));
        }
    }

    /// Something could not be read; so much of it is listed as of an event log file.
    fn damage(&mut self, what: String) {
        if self.damaged.len() < MAX_DAMAGED {
            self.damaged.push(what);
        }
    }

    /// Puts the member's digest into all evidence.
    fn sign(&mut self, sha256: &str) {
        for evidence in self.records.iter_mut().flat_map(|record| &mut record.evidence) {
            sha256.clone_into(&mut evidence.sha256);
        }
    }
}
