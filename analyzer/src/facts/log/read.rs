//! One log file as facts: the layout of its head, the lines that some rule asks for, the first and last stamp. Streams;
//! keeps candidate records only, never the text.

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use jiff::Timestamp;

use super::{
    layout::{Layout, Split, Stamp, detect},
    lines::{Block, LinePlace, Lines},
    scan::Patterns,
};
use crate::{
    evidence::{Evidence, Place},
    facts::Record,
};

/// Candidate records kept of one file; more are counted as a cut.
pub const MOST_RECORDS: usize = 20_000;

/// How far a record's head or tail is looked for, in lines and bytes.
const REACH: (usize, usize) = (64, 16 << 10);

/// Longest text kept of one record, in bytes.
const LONGEST_TEXT: usize = 4096;

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
    /// Offset of the PC's local time in minutes, east positive.
    pub offset_minutes: Option<i32>,
}

/// What one log says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LogRead {
    /// Records that some rule asks for, in file order.
    pub records: Vec<Record>,
    /// Lines in the file.
    pub lines: u64,
    /// Earliest stamp among the first and last ones of the file.
    pub from: Option<Timestamp>,
    /// Latest one.
    pub to: Option<Timestamp>,
    /// More candidates than [`MOST_RECORDS`].
    pub cut: bool,
}

/// Reads the log `input`.
///
/// # Errors
/// What `input` reports; what was read until then is lost, so the caller says that the log could not be read.
pub fn read(origin: Origin<'_>, input: impl Read, layouts: &[Layout], patterns: &Patterns) -> io::Result<LogRead> {
    let mut found = LogRead::default();
    each_block(origin, input, layouts, |reader| {
        let block = reader.block;
        found.lines = block.first_line + memchr::memchr_iter(b'\n', block.text.trim_ascii_end()).count() as u64;
        reader.stamps(&mut found);
        reader.records(patterns, &mut found);
        ControlFlow::Continue(())
    })?;
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
        let span = reader.span(start, line_end(&block.text, start), start);
        found = block.places(&[start]).first().map(|place| reader.record(&span, *place));
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// Hands each block of `input` to `each`, with the layout that the head of the first one has, until that has enough.
fn each_block(
    origin: Origin<'_>,
    input: impl Read,
    layouts: &[Layout],
    mut each: impl FnMut(&BlockReader<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    let mut lines = Lines::new(input);
    let mut layout: Option<Option<&Layout>> = None;
    while let Some(block) = lines.next_block()? {
        let layout = *layout.get_or_insert_with(|| detect(layouts, block.text.split(|b| *b == b'\n').map(without_cr)));
        if each(&BlockReader { origin, layout, block: &block }).is_break() {
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
    /// Widens the span of `found` by the first and last stamp of the block.
    fn stamps(&self, found: &mut LogRead) {
        let Some(layout) = self.layout else { return };
        let text = &self.block.text;
        let moment = |line: &[u8]| layout.split(without_cr(line))?.time?.moment(self.origin.offset_minutes);
        let head = text.split(|b| *b == b'\n').take(REACH.0).find_map(moment);
        let tail = text.rsplit(|b| *b == b'\n').take(REACH.0).find_map(moment);
        for time in head.into_iter().chain(tail) {
            found.from = Some(found.from.map_or(time, |from| from.min(time)));
            found.to = Some(found.to.map_or(time, |to| to.max(time)));
        }
    }

    fn records(&self, patterns: &Patterns, found: &mut LogRead) {
        let spans = self.spans(patterns);
        let starts: Vec<usize> = spans.iter().map(|span| span.quote.0).collect();
        for (span, place) in spans.iter().zip(self.block.places(&starts)) {
            if found.records.len() >= MOST_RECORDS {
                found.cut = true;
                return;
            }
            found.records.push(self.record(span, place));
        }
    }

    /// The records that the candidate lines belong to, each once, in order.
    fn spans(&self, patterns: &Patterns) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let text = &self.block.text;
        for (start, end) in patterns.candidate_lines(text) {
            let long = end - start > LONGEST_TEXT;
            let span = self.span(start, end, if long { patterns.first_hit(text, start, end) } else { start });
            if spans.last().is_none_or(|last| last.body != span.body) {
                spans.push(span);
            }
        }
        spans
    }

    /// What the line from `start` to `end` belongs to.
    fn span(&self, start: usize, end: usize, hit: usize) -> Span {
        let text = &self.block.text;
        // Of an overlong line what stands around the hit is kept: a rule that asks for it has to see it.
        if end - start > LONGEST_TEXT {
            let from = hit.saturating_sub(LONGEST_TEXT / 4).max(start);
            return Span {
                head: self.head(start),
                body: (from, end.min(from + LONGEST_TEXT)),
                quote: (start, end.min(start + LONGEST_TEXT)),
            };
        }
        let head = self.head(start);
        match (self.layout, head) {
            (Some(layout), Some(head)) if layout.block => Span {
                head: Some(head),
                body: (line_end(text, head), block_end(text, head, layout)),
                quote: (start, end),
            },
            _ => Span { head, body: (start, end), quote: (start, end) },
        }
    }

    /// Start of the line that carries the stamp of the line at `start`.
    fn head(&self, start: usize) -> Option<usize> {
        self.layout.and_then(|layout| head_of(&self.block.text, start, layout))
    }

    fn record(&self, span: &Span, place: LinePlace) -> Record {
        let text = &self.block.text;
        let line = |start: usize| without_cr(&text[start..line_end(text, start)]);
        let split = span.head.and_then(|head| self.layout?.split(line(head)));
        let own_line = span.head == Some(span.body.0) && span.body.1 == span.quote.1;
        let body = match &split {
            Some(split) if own_line => split.text.clone(),
            _ => String::from_utf8_lossy(&text[span.body.0..span.body.1]).trim().to_owned(),
        };
        let quote = String::from_utf8_lossy(&text[span.quote.0..span.quote.1]).trim().to_owned();
        let Split { time, thread, severity, .. } = split.unwrap_or_default();
        let moment = time.and_then(|stamp| stamp.moment(self.origin.offset_minutes));
        let confidence = match (time, moment) {
            (Some(Stamp::Exact(_)), _) => "exact",
            (Some(Stamp::Local(_)), Some(_)) => "local",
            _ => "none",
        };
        let source = self.layout.and_then(|layout| layout.source.as_deref()).unwrap_or(self.origin.source);
        Record::default()
            .with("source", source)
            .with("artifact", self.origin.member)
            .with("layout", self.layout.map_or("unknown", |layout| layout.name.as_str()))
            .with("time", moment)
            .with("time_confidence", confidence)
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

/// A record inside a block, as text offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    /// Start of the line that carries its stamp.
    head: Option<usize>,
    /// Its text.
    body: (usize, usize),
    /// The line that a rule asked for.
    quote: (usize, usize),
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Offset of the end of the line that starts at `start`, line end left out.
fn line_end(text: &[u8], start: usize) -> usize {
    memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |at| start + at)
}

/// Start of the nearest line at or above `start` that has the layout.
fn head_of(text: &[u8], start: usize, layout: &Layout) -> Option<usize> {
    let mut at = start;
    for _ in 0..REACH.0 {
        if layout.fits(without_cr(&text[at..line_end(text, at)])) {
            return Some(at);
        }
        if at == 0 || start - at > REACH.1 {
            return None;
        }
        at = memchr::memrchr(b'\n', &text[..at - 1]).map_or(0, |end| end + 1);
    }
    None
}

/// End of the block whose head starts at `head`: before the next head, within reach.
fn block_end(text: &[u8], head: usize, layout: &Layout) -> usize {
    let mut end = line_end(text, head);
    for _ in 0..REACH.0 {
        let next = end + 1;
        if next >= text.len() || end - head > REACH.1 {
            break;
        }
        let next_end = line_end(text, next);
        if layout.fits(without_cr(&text[next..next_end])) {
            break;
        }
        end = next_end;
    }
    end
}

/// `text` cut to `limit` bytes at a character.
fn cut(mut text: String, limit: usize) -> String {
    if text.len() > limit {
        let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Datum;

    fn layouts() -> Vec<Layout> {
        ["kerio-server", "firebird"]
            .map(|name| {
                let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/layouts");
                Layout::parse(&std::fs::read_to_string(folder.join(name).with_extension("yml")).unwrap()).unwrap()
            })
            .to_vec()
    }

    fn origin() -> Origin<'static> {
        Origin { member: "debug.log", sha256: "0", source: "connector", user: Some("user-1"), offset_minutes: Some(60) }
    }

    fn patterns(list: &[&str]) -> Patterns {
        Patterns::new(&list.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()).unwrap()
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
    fn an_unknown_layout_keeps_its_lines_without_time() {
        let found =
            read(origin(), &b"### something\nwas not enough disk space\n"[..], &layouts(), &patterns(&["disk space"]))
                .unwrap();
        assert_eq!(*found.records[0].get("layout"), Datum::Text("unknown".into()));
        assert_eq!(*found.records[0].get("time"), Datum::Absent);
    }
}
