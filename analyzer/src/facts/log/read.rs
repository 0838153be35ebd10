//! One log file as facts: the layout of its head, the lines that some rule asks for, the first and last stamp. Streams;
//! keeps candidate records only, never the text.

use std::{
    collections::BTreeSet,
    io::{self, Read},
    ops::ControlFlow,
};

use jiff::Timestamp;

use self::{
    places::{cut, line_end, without_cr},
    spans::Span,
};
use super::{
    clock::{Clock, Setting, Told},
    layout::{Layout, Split, detect},
    lines::{Block, LinePlace, Lines},
    scan::{self, Patterns},
};
use crate::{
    evidence::{Evidence, Place},
    facts::{Record, model::locale::Locale},
};

mod places;
mod spans;

/// Records kept of one file; more are a cut for those who want them.
pub const MOST_RECORDS: usize = 10_000;

/// Records kept of one file for one need, so that one that is met everywhere leaves room for the others.
pub const MOST_OF_ONE: usize = 2_000;

/// So many stamps of a block are read, whether a rule asks for their lines or not, but none nearer than [`STRIDE`] bytes.
const SAMPLES: usize = 16;

/// See [`SAMPLES`].
const STRIDE: usize = 256;

/// Lines that are tried for a stamp at each such place.
const TRIES: usize = 64;

/// Longest text kept of one record, in bytes.
const LONGEST_TEXT: usize = scan::LONGEST;

/// Where a log comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// Member name.
    pub member: &'a str,
    /// Digest of the member.
    pub sha256: &'a str,
    /// `connector`, `indexer`, `firebird`, `updater`, `installer`, `server` or `unknown`.
    pub source: &'a str,
    /// User id, where the log belongs to one.
    pub user: Option<&'a str>,
    /// The PC's local time and code page.
    pub locale: &'a Locale,
}

/// What one log says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogRead {
    /// Records that meet some need, in file order.
    pub records: Vec<Record>,
    /// Which needs each of them meets: numbers in the [`Patterns`], ascending.
    pub wanted_by: Vec<Vec<u32>>,
    /// Lines in the file.
    pub lines: u64,
    /// Earliest stamp among those read.
    pub from: Option<Timestamp>,
    /// Latest one.
    pub to: Option<Timestamp>,
    /// Needs that more records meet than are kept.
    pub cut: BTreeSet<u32>,
}

/// Reads the log `input`.
///
/// # Errors
/// What `input` reports; what was read until then is lost, so the caller says that the log could not be read.
pub fn read(origin: Origin<'_>, input: impl Read, layouts: &[Layout], patterns: &Patterns) -> io::Result<LogRead> {
    let mut found = LogRead::default();
    let mut clock = Clock::new(&origin.locale.zone);
    let mut kept = Kept { by_need: vec![0; patterns.needs().len()], all: 0 };
    each_block(origin, input, layouts, |reader| {
        let block = reader.block;
        found.lines = block.last_line();
        reader.records(patterns, &mut kept, &mut clock, &mut found);
        ControlFlow::Continue(())
    })?;
    mark(&mut found.records, &clock.settings());
    Ok(found)
}

/// The record that line `number` (from 1) belongs to, whether any rule asks for it or not; `None` behind the end.
///
/// # Errors
/// What `input` reports.
pub fn line(origin: Origin<'_>, input: impl Read, layouts: &[Layout], number: u64) -> io::Result<Option<Record>> {
    let mut found = None;
    each_block(origin, input, layouts, |reader| {
        let block = reader.block;
        let Some(skip) = number.checked_sub(block.first_line) else { return ControlFlow::Break(()) };
        let ends = memchr::memchr_iter(b'\n', &block.text).map(|end| end + 1);
        let start = std::iter::once(0).chain(ends).nth(usize::try_from(skip).unwrap_or(usize::MAX));
        let Some(start) = start.filter(|start| *start < block.text.len()) else { return ControlFlow::Continue(()) };
        let span = reader.span(start, line_end(&block.text, start), start, reader.head(start));
        let mut clock = Clock::new(&origin.locale.zone);
        found = block.places(&[start]).first().map(|place| {
            let split = reader.split(span.head);
            let told = split.as_ref().and_then(|split| clock.next(split.time?, 0));
            reader.record(&span, *place, split, told)
        });
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Says of each record in a file whose clock was set which stretch between two settings it is in.
fn mark(records: &mut [Record], settings: &[Setting]) {
    if settings.is_empty() {
        return;
    }
    for (index, record) in records.iter_mut().enumerate() {
        let passed = settings.partition_point(|setting| setting.record <= index);
        let last = passed.checked_sub(1).and_then(|at| settings.get(at));
        record.fields.insert("clock_settings", (passed as u64).into());
        record.fields.insert("clock_set_seconds", last.map(|setting| setting.seconds).into());
    }
}

/// Hands each block of `input` to `each`, with the layout that the head of the first one has, until that has enough.
fn each_block(
    origin: Origin<'_>,
    input: impl Read,
    layouts: &[Layout],
    mut each: impl FnMut(&BlockReader<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut lines = Lines::new(input, origin.locale.code_page);
    let layout = detect(layouts, lines.head()?.split(|b| *b == b'\n').map(without_cr));
    let begins = |line: &[u8]| layout.is_some_and(|layout| layout.fits(without_cr(line)));
    while let Some(block) = lines.next_block(&begins)? {
        if each(&BlockReader { origin, layout, block }).is_break() {
            break;
        }
    }
    Ok(())
}

struct BlockReader<'a> {
    origin: Origin<'a>,
    layout: Option<&'a Layout>,
    block: &'a Block,
}

impl BlockReader<'_> {
    /// Adds the records of this block to `found`, in the order of the file; stamps between them keep the clock right.
    fn records(&self, patterns: &Patterns, kept: &mut Kept, clock: &mut Clock<'_>, found: &mut LogRead) {
        let mut spans = self.spans(patterns);
        spans.retain(|(_, wanted_by)| {
            let room = kept.take(wanted_by);
            found.cut.extend(wanted_by.iter().filter(|_| !room));
            room
        });
        let starts: Vec<usize> = spans.iter().map(|(span, _)| span.quote.0).collect();
        let mut samples = self.samples().into_iter().peekable();
        for ((span, wanted_by), place) in spans.into_iter().zip(self.block.places(&starts)) {
            let at = span.head.unwrap_or(span.quote.0);
            while let Some(sample) = samples.next_if(|sample| *sample < at) {
                self.tick(self.split(Some(sample)).as_ref(), clock, found);
            }
            let split = self.split(span.head);
            let told = self.tick(split.as_ref(), clock, found);
            found.records.push(self.record(&span, place, split, told));
            found.wanted_by.push(wanted_by);
        }
        for sample in samples {
            self.tick(self.split(Some(sample)).as_ref(), clock, found);
        }
    }

    /// Hands the stamp of a line to `clock` and widens the span of `found` by it.
    fn tick(&self, split: Option<&Split>, clock: &mut Clock<'_>, found: &mut LogRead) -> Option<Told> {
        let told = clock.next(split?.time?, found.records.len())?;
        found.from = Some(found.from.map_or(told.0, |from| from.min(told.0)));
        found.to = Some(found.to.map_or(told.0, |to| to.max(told.0)));
        Some(told)
    }

    /// Starts of stamped lines: the first, the last, and one in each stride between.
    fn samples(&self) -> Vec<usize> {
        let (Some(layout), text) = (self.layout, &self.block.text) else { return Vec::new() };
        let stamped = |start: &usize| {
            let line = text.get(*start..line_end(text, *start)).unwrap_or_default();
            layout.split(without_cr(line)).is_some_and(|split| split.time.is_some())
        };
        let ends =
            |from: usize| memchr::memchr_iter(b'\n', text.get(from..).unwrap_or_default()).map(move |at| from + at + 1);
        let places = (STRIDE..text.len()).step_by((text.len() / SAMPLES).max(STRIDE));
        let first = std::iter::once(0).chain(ends(0)).take(TRIES).find(stamped);
        let between = places.filter_map(|from| ends(from).take(TRIES).find(stamped));
        let last = memchr::memrchr_iter(b'\n', text.trim_ascii_end()).map(|at| at + 1).take(TRIES).find(stamped);
        let mut samples: Vec<usize> = first.into_iter().chain(between).chain(last).collect();
        samples.sort_unstable();
        samples.dedup();
        samples
    }

    /// The line at `head` taken apart.
    fn split(&self, head: Option<usize>) -> Option<Split> {
        self.layout?.split(self.head_line(head?))
    }

    fn record(&self, span: &Span, place: LinePlace, split: Option<Split>, told: Option<Told>) -> Record {
        let text = &self.block.text;
        let own_line = span.head == Some(span.body.0) && span.body.1 == span.quote.1;
        let body = match &split {
            Some(split) if own_line => split.text.clone(),
            _ => String::from_utf8_lossy(&text[span.body.0..span.body.1]).trim().to_owned(),
        };
        let quote = String::from_utf8_lossy(&text[span.quote.0..span.quote.1]).trim().to_owned();
        let Split { thread, severity, .. } = split.unwrap_or_default();
        let source = self.layout.and_then(|layout| layout.source.as_deref()).unwrap_or(self.origin.source);
        Record::default()
            .with("source", source)
            .with("artifact", self.origin.member)
            .with("layout", self.layout.map_or("unknown", |layout| layout.name.as_str()))
            .with("time", told.map(|told| told.0))
            .with("time_confidence", told.map_or("none", |told| told.1))
            .with("severity", severity)
            .with("thread", thread)
            .with("text", cut(body, LONGEST_TEXT))
            .with("user", self.origin.user)
            .seen([Evidence {
                artifact: self.origin.member.to_owned(),
                sha256: self.origin.sha256.to_owned(),
                place: Place::Line { line: place.line, offset: place.offset, length: place.length },
                excerpt: quote.chars().take(400).collect(),
            }])
    }
}

/// How many records are kept of a file.
struct Kept {
    by_need: Vec<usize>,
    all: usize,
}

impl Kept {
    /// Whether there is room for one more, which these needs want; counts it.
    fn take(&mut self, wanted_by: &[u32]) -> bool {
        let place = |number: &u32| *number as usize;
        let wanted = |need: usize| self.by_need.get(need).is_some_and(|kept| *kept < MOST_OF_ONE);
        let room = self.all < MOST_RECORDS && wanted_by.iter().map(place).any(wanted);
        if room {
            self.all += 1;
            for need in wanted_by.iter().map(place) {
                self.by_need.get_mut(need).into_iter().for_each(|kept| *kept += 1);
            }
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use koff_bundle::encoding::CodePage;

    use super::*;
    use crate::facts::{
        Datum,
        log::{lines, needs::Needs, zone::Zone},
    };

    fn layouts() -> Vec<Layout> {
        ["kerio-server", "firebird"]
            .map(|name| {
                let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/layouts");
                Layout::parse(&std::fs::read_to_string(folder.join(name).with_extension("yml")).unwrap()).unwrap()
            })
            .to_vec()
    }

    fn origin() -> Origin<'static> {
        static LOCALE: LazyLock<Locale> =
            LazyLock::new(|| Locale { zone: Zone::offset(60), code_page: CodePage::default() });
        Origin { member: "debug.log", sha256: "0", source: "connector", user: Some("user-1"), locale: &LOCALE }
    }

    fn patterns(list: &[&str]) -> Patterns {
        Patterns::new(&list.iter().map(|one| Needs::one_of(vec![(*one).to_owned()])).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_line_becomes_a_record_with_time_text_and_place() {
        let log = "[07/Aug/2008 12:14:57] start\r\n[07/Aug/2008 12:15:00] disk full\r\nmore of it: disk full\r\n";
        let found = read(origin(), log.as_bytes(), &layouts(), &patterns(&["disk full"])).unwrap();
        assert_eq!((found.lines, found.records.len()), (3, 2));
        let [first, second] = &found.records[..] else { panic!("two records") };
        assert_eq!(*first.get("text"), Datum::Text("disk full".into()));
        assert_eq!(*first.get("time"), Datum::Time("2008-08-07T11:15:00Z".parse().unwrap()));
        assert_eq!(*second.get("time"), *first.get("time"), "a continuation has the time of its head");
        let Place::Line { line, offset, length } = first.evidence[0].place else { panic!("a line") };
        assert_eq!(line, 2);
        assert_eq!(&log[offset as usize..(offset + length) as usize], "[07/Aug/2008 12:15:00] disk full");
        assert_eq!(found.from.unwrap().to_string(), "2008-08-07T11:14:57Z");
    }

    #[test]
    fn an_indented_block_is_one_record_under_its_head() {
        let log = "diego\tTue Oct 12 20:21:52 2004\n\tDatabase: /d/t.fdb\n\tinternal gds software consistency check (179)\n\n\
            diego\tWed Oct 13 07:52:08 2004\n\tDatabase: /d/t.fdb\n\tData page 95007 (sequence 253) is confused in table\n";
        let found =
            read(origin(), log.as_bytes(), &layouts(), &patterns(&["consistency check", "is confused"])).unwrap();
        assert_eq!(found.records.len(), 2);
        let Datum::Text(text) = found.records[0].get("text") else { panic!("text") };
        assert!(text.contains("Database: /d/t.fdb") && text.contains("(179)") && !text.contains("95007"), "{text}");
        assert_eq!(*found.records[0].get("source"), Datum::Text("firebird".into()));
    }

    #[test]
    fn a_record_that_lies_where_a_block_ends_is_one_record_with_its_time() {
        let other = "diego\tTue Oct 12 20:21:52 2004\n\tDatabase: /d/t.fdb\n\tINET/inet_error: read errno = 10054\n\n";
        let wanted = patterns(&["is confused"]);
        let record =
            "diego\tWed Oct 13 07:52:08 2004\n\tDatabase: /d/t.fdb\n\tData page 95007 is confused\n\tin table\n\n";
        for (before, unit) in (1..record.len()).step_by(3).flat_map(|before| [(before, 1), (before, 2)]) {
            let filler = lines::BLOCK / unit - before;
            let others = other.repeat(filler / other.len() - 1);
            let log = ["-".repeat(filler - others.len() - 1).as_str(), "\n", &others, record, other].concat();
            let wide = log.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let log = if unit == 1 { log.into_bytes() } else { wide };
            let found = read(origin(), &log[..], &layouts(), &wanted).unwrap();
            let [only] = &found.records[..] else { panic!("{before}: {} records", found.records.len()) };
            assert_eq!(*only.get("time"), Datum::Time("2004-10-13T06:52:08Z".parse().unwrap()), "{before}");
            let Datum::Text(text) = only.get("text") else { panic!("text") };
            assert!(text.contains("Database") && text.contains("in table"), "{before}: {text}");
        }
    }

    #[test]
    fn what_stands_far_inside_an_overlong_line_is_still_seen() {
        let log = format!(
            "[07/Aug/2008 12:14:57] start\n[07/Aug/2008 12:15:00] {} disk full {}\n",
            "x".repeat(20_000),
            "y".repeat(20_000)
        );
        let found = read(origin(), log.as_bytes(), &layouts(), &patterns(&["disk full"])).unwrap();
        let Datum::Text(text) = found.records[0].get("text") else { panic!("text") };
        assert!(text.contains("disk full") && text.len() <= LONGEST_TEXT, "{} bytes", text.len());
        assert_eq!(*found.records[0].get("time"), Datum::Time("2008-08-07T11:15:00Z".parse().unwrap()));
    }

    #[test]
    fn one_need_that_is_met_everywhere_leaves_room_for_another() {
        let log = format!("{}disk full\n", "sync error\n".repeat(3 * MOST_RECORDS));
        let wanted = patterns(&["sync error", "disk full"]);
        let found = read(origin(), log.as_bytes(), &[], &wanted).unwrap();
        let of = |pattern: &str| {
            let need = Needs::one_of(vec![pattern.to_owned()]);
            u32::try_from(wanted.needs().iter().position(|one| *one == need).unwrap()).unwrap()
        };
        assert_eq!(found.records.len(), MOST_OF_ONE + 1);
        assert_eq!(found.wanted_by.last().unwrap(), &[of("disk full")]);
        assert_eq!(found.cut, [of("sync error")].into(), "the cut concerns those who want what was cut");
    }

    #[test]
    fn what_is_kept_of_a_file_has_an_end_and_what_was_cut_is_known() {
        let names: Vec<String> = (0..6).map(|need| format!("failure {need}")).collect();
        let wanted = patterns(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let log = |needs: usize, more: &str| {
            let all = names[..needs].iter().map(|name| format!("{name}\n").repeat(MOST_OF_ONE));
            read(origin(), format!("{}{more}", all.collect::<String>()).as_bytes(), &[], &wanted).unwrap()
        };
        let (one, over) = (log(1, ""), log(1, "failure 0\n"));
        assert_eq!((one.records.len(), one.cut.len()), (MOST_OF_ONE, 0));
        assert_eq!((over.records.len(), over.cut.len()), (MOST_OF_ONE, 1));
        let (all, over) = (log(5, ""), log(5, "failure 5\n"));
        assert_eq!((all.records.len(), all.cut.len()), (MOST_RECORDS, 0));
        assert_eq!((over.records.len(), over.cut.len()), (MOST_RECORDS, 1));
    }

    #[test]
    fn an_unknown_layout_keeps_its_lines_without_time() {
        let found =
            read(origin(), &b"### something\nwas not enough disk space\n"[..], &layouts(), &patterns(&["disk space"]))
                .unwrap();
        assert_eq!(*found.records[0].get("layout"), Datum::Text("unknown".into()));
        assert_eq!(*found.records[0].get("time"), Datum::Absent);
    }
}
