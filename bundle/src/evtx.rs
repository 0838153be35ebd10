//! Windows events into event records: `.evtx` files and the XML that `wevtutil` prints. Owns the flattening of event data
//! and the choice of records; a damaged record never loses the rest. Judges nothing.

mod parse;
mod scan;

use std::{
    collections::VecDeque,
    io::{Read, Seek},
};

use evtx::{EvtxParser, ParserSettings};
use jiff::Timestamp;

use crate::{
    encoding,
    error::{Error, Result},
    record::EventRecord,
};

/// Which events are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Provider names, case ignored; empty for all.
    pub providers: Vec<String>,
    /// Nothing older than this.
    pub since: Option<Timestamp>,
    /// At most this many, the newest.
    pub limit: usize,
}

impl Default for Wanted {
    /// Every event.
    fn default() -> Self {
        Self { providers: Vec::new(), since: None, limit: usize::MAX }
    }
}

/// Events read, and what was damaged on the way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events {
    /// In order of time.
    pub records: Vec<EventRecord>,
    /// Damaged records or chunks, each in words, at most [`MAX_DAMAGED`] and that there are more; the rest is still there.
    pub damaged: Vec<String>,
    /// Whether older matching records were left out because of the limit.
    pub cut: bool,
}

/// No more damaged records than this are listed.
pub const MAX_DAMAGED: usize = 100;

/// Reads an `.evtx` file, one chunk of 64 KiB in memory at a time.
///
/// # Errors
/// A file header that is none.
pub fn read<R: Read + Seek>(place: &str, source: R, wanted: &Wanted) -> Result<Events> {
    let settings = ParserSettings::new().num_threads(1).indent(false);
    let parser = EvtxParser::from_read_seek(source);
    let mut parser = parser
        .map_err(|error| Error::format(place, "an event log file (.evtx)", root_cause(&error)))?
        .with_configuration(settings);
    let mut keep = Keep::new(wanted);
    for record in parser.records() {
        match record {
            Ok(record) => keep.xml(&record.data, || format!("record {}", record.event_record_id)),
            Err(error) => keep.damaged(root_cause(&error)),
        }
    }
    Ok(keep.finish())
}

/// Reads the output of `wevtutil qe … /f:xml` (or `RenderedXml`): `<Event>` elements in any encoding, one after another or
/// inside `<Events>`.
#[must_use]
pub fn read_xml(bytes: &[u8], wanted: &Wanted) -> Events {
    let text = encoding::text(bytes);
    let mut keep = Keep::new(wanted);
    for (at, part) in scan::events(&text) {
        match part {
            Ok(xml) => keep.xml(xml, || format!("event at character {at}")),
            Err(what) => keep.damaged(format!("event at character {at}: {what}")),
        }
    }
    keep.finish()
}

/// An error with everything below it, in one line.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let text = error.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        below = error.source();
    }
    said.replace(['\r', '\n'], " ")
}

/// The newest wanted records so far.
struct Keep<'a> {
    wanted: &'a Wanted,
    records: VecDeque<EventRecord>,
    damaged: Vec<String>,
    cut: bool,
}

impl<'a> Keep<'a> {
    fn new(wanted: &'a Wanted) -> Self {
        Self { wanted, records: VecDeque::new(), damaged: Vec::new(), cut: false }
    }

    fn xml(&mut self, xml: &str, place: impl Fn() -> String) {
        match parse::record(xml) {
            Ok(record) => self.record(record),
            Err(what) => self.damaged(format!("{}: {what}", place())),
        }
    }

    fn record(&mut self, record: EventRecord) {
        let Wanted { providers, since, limit } = self.wanted;
        let named = providers.is_empty() || providers.iter().any(|name| name.eq_ignore_ascii_case(&record.provider));
        if !named || since.is_some_and(|since| record.time < since) {
            return;
        }
        self.records.push_back(record);
        // Twice the limit before sorting: files are nearly in order of time, but not quite.
        if self.records.len() > limit.saturating_mul(2).max(64) {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let limit = self.wanted.limit;
        self.records.make_contiguous().sort_by_key(|record| (record.time, record.record));
        if self.records.len() > limit {
            self.records.drain(..self.records.len() - limit);
            self.cut = true;
        }
    }

    fn damaged(&mut self, what: String) {
        match self.damaged.len() {
            0..MAX_DAMAGED => self.damaged.push(what),
            MAX_DAMAGED => self.damaged.push(format!("expected at most {MAX_DAMAGED} damaged records, found more")),
            _ => {}
        }
    }

    fn finish(mut self) -> Events {
        self.shorten();
        Events { records: self.records.into(), damaged: self.damaged, cut: self.cut }
    }
}
