//! Text of any encoding as UTF-8 blocks that end at line ends, with the way back to bytes and line numbers of the
//! original. Memory is bounded by the block size, whatever the length of a line.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use koff_bundle::encoding::{self, CodePage, Encoding};

use self::census::Census;

mod census;

/// Bytes read at a time: what a core's own cache holds, since every byte is looked at several times. A line longer than
/// this is cut into pieces that overlap by [`OVERLAP`].
pub const BLOCK: usize = 1 << 18;

/// Bytes that a log gets room for at first.
const SHORT: usize = 16 << 10;

/// How much of a file's head its encoding is told by.
const HEAD: usize = 4096;

/// How much of a cut line is repeated in the next piece, so that a text across the cut is still found.
pub const OVERLAP: usize = 4 << 10;

/// How far a record's head or tail is looked for, in lines and bytes.
pub const REACH: (usize, usize) = (64, 16 << 10);

/// A stretch of whole lines (or a piece of one overlong line) in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// The text; invalid bytes are U+FFFD.
    pub text: Vec<u8>,
    /// Number of its first line, from 1.
    pub first_line: u64,
    /// Byte offset of its start in the original.
    pub offset: u64,
    /// Whether the text is ASCII.
    pub ascii: bool,
    /// Line ends in it.
    ends: u64,
    /// The line end in the original's encoding; its length is the width of a code unit.
    newline: &'static [u8],
    /// The original bytes, where they are not the text itself.
    original: Option<Vec<u8>>,
}

/// Where a line of a [`Block`] stands in the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePlace {
    /// Line number from 1.
    pub line: u64,
    /// Byte offset.
    pub offset: u64,
    /// Length in bytes, line end left out.
    pub length: u64,
}

impl Block {
    /// Number of its last line that is more than space; of its first one where there is none.
    #[must_use]
    pub fn last_line(&self) -> u64 {
        let blank = self.text.get(self.text.trim_ascii_end().len()..).unwrap_or_default();
        let behind = memchr::memchr_iter(b'\n', blank).count() as u64;
        self.first_line + self.ends - behind
    }

    /// The places of the lines of this block that start at the given text offsets (ascending).
    #[must_use]
    pub fn places(&self, starts: &[usize]) -> Vec<LinePlace> {
        let mut places = Vec::with_capacity(starts.len());
        let (mut line, mut at, mut raw_at) = (self.first_line, 0_usize, 0_usize);
        let raw = self.original.as_deref().unwrap_or(&self.text);
        for &start in starts {
            let ends = memchr::memchr_iter(b'\n', self.text.get(at..start).unwrap_or_default()).count();
            for _ in 0..ends {
                raw_at += self.raw_line(raw.get(raw_at..).unwrap_or_default());
            }
            line += ends as u64;
            at = start;
            let rest = raw.get(raw_at..).unwrap_or_default();
            let whole = self.raw_line(rest);
            let length = trimmed(rest.get(..whole).unwrap_or_default(), self.newline.len());
            places.push(LinePlace { line, offset: self.offset + raw_at as u64, length: length as u64 });
        }
        places
    }

    /// Length of the first line of `raw` with its line end.
    fn raw_line(&self, raw: &[u8]) -> usize {
        first_end(raw, self.newline).unwrap_or(raw.len())
    }
}

/// Length of `raw` without `\r` and `\n` at its end.
fn trimmed(raw: &[u8], unit: usize) -> usize {
    let ends = |unit: &&[u8]| {
        unit.iter().any(|b| matches!(b, b'\r' | b'\n')) && unit.iter().all(|b| matches!(b, b'\r' | b'\n' | 0))
    };
    raw.len() - unit * raw.rchunks_exact(unit).take_while(ends).count()
}

/// Offset behind the first `newline` of `raw`.
fn first_end(raw: &[u8], newline: &[u8]) -> Option<usize> {
    match newline {
        [byte] => memchr::memchr(*byte, raw).map(|at| at + 1),
        _ => raw.chunks_exact(2).position(|unit| unit == newline).map(|at| at * 2 + 2),
    }
}

/// Offset behind the last `newline` of `raw`.
fn last_end(raw: &[u8], newline: &[u8]) -> Option<usize> {
    match newline {
        [byte] => memchr::memrchr(*byte, raw).map(|at| at + 1),
        _ => raw.chunks_exact(2).rposition(|unit| unit == newline).map(|at| at * 2 + 2),
    }
}

/// UTF-8 out of bytes that are not: each line that is neither UTF-8 nor UTF-16 by itself is taken as `page`, so that one
/// stray byte, or another program that appends in its own way, does not spoil the neighbours.
fn mend(raw: &[u8], page: CodePage) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len() + raw.len() / 8);
    let mut wide = false;
    for line in raw.split_inclusive(|b| *b == b'\n') {
        // The high byte of the line feed before.
        let line = line.strip_prefix(&[0]).filter(|_| wide).unwrap_or(line);
        wide = memchr::memchr_iter(0, line).count() * 3 > line.len();
        match std::str::from_utf8(line) {
            _ if wide => text.extend(narrowed(line).as_bytes()),
            Ok(line) => text.extend(line.as_bytes()),
            Err(_) => text.extend(page.decode(line).as_bytes()),
        }
    }
    text
}

/// A line of UTF-16, cut behind the low byte of its line feed: the high one stands in front of the next line.
fn narrowed(line: &[u8]) -> String {
    let line = line.strip_prefix(&[0]).unwrap_or(line);
    let (body, end) = line.strip_suffix(b"\n").map_or((line, ""), |body| (body, "\n"));
    let text = encoding::decode(body, Encoding::Utf16Le).0;
    format!("{}{end}", text.trim_start_matches('\u{feff}'))
}

/// Reads `input` block by block.
pub struct Lines<R> {
    input: R,
    page: CodePage,
    encoding: Option<Encoding>,
    /// What was read and is in no block yet, and behind it room that need not be set to zero again.
    pending: Vec<u8>,
    /// Bytes of it that were read.
    filled: usize,
    /// The block handed out last; its memory serves the next one.
    block: Block,
    offset: u64,
    line: u64,
    done: bool,
}

impl<R: Read> Lines<R> {
    /// Reads text of any encoding from `input`; what is no Unicode is taken as `page`.
    pub fn new(input: R, page: CodePage) -> Self {
        Self {
            input,
            page,
            encoding: None,
            pending: Vec::new(),
            filled: 0,
            block: Block::default(),
            offset: 0,
            line: 1,
            done: false,
        }
    }

    /// The text that the input begins with, at most a block of it; to be asked before the first block is.
    ///
    /// # Errors
    /// What `input` reports.
    pub fn head(&mut self) -> io::Result<Cow<'_, [u8]>> {
        self.begin()?;
        let read = self.read_so_far();
        Ok(self.decoded(read, Census::of(read)).map_or(Cow::Borrowed(read), Cow::Owned))
    }

    /// The next block, `None` at the end. It ends before a line that `begins` a record, where one is near its end: what
    /// follows in the next block belongs to that record.
    ///
    /// # Errors
    /// What `input` reports.
    pub fn next_block(&mut self, begins: &dyn Fn(&[u8]) -> bool) -> io::Result<Option<&Block>> {
        self.begin()?;
        if self.filled == 0 {
            return Ok(None);
        }
        let newline: &'static [u8] = match self.encoding {
            Some(Encoding::Utf16Le) => b"\n\0",
            Some(Encoding::Utf16Be) => b"\0\n",
            _ => b"\n",
        };
        let (take, overlap) = self.cut(newline, begins);
        // The block takes the buffer; only the little behind it is copied, into that of the block before.
        let last = std::mem::take(&mut self.block);
        let mut rest = last.original.unwrap_or(last.text);
        let behind = self.pending.get(take - overlap..self.filled).unwrap_or_default();
        rest.resize(rest.len().max(behind.len()), 0);
        rest.get_mut(..behind.len()).into_iter().for_each(|start| start.copy_from_slice(behind));
        self.filled = behind.len();
        let mut raw = std::mem::replace(&mut self.pending, rest);
        raw.truncate(take);
        self.block = self.decode(raw, newline);
        self.offset += (take - overlap) as u64;
        self.line += self.block.ends;
        Ok(Some(&self.block))
    }

    /// Reads on, and tells the encoding by what comes first.
    fn begin(&mut self) -> io::Result<()> {
        self.fill()?;
        if self.encoding.is_none() {
            self.sniff();
            // The mark has made room.
            self.fill()?;
        }
        Ok(())
    }

    fn fill(&mut self) -> io::Result<()> {
        while !self.done && self.filled < BLOCK {
            if self.pending.len() == self.filled {
                // A short log gets little memory, a long one soon all of it.
                self.pending.resize((self.filled * 4).clamp(SHORT, BLOCK), 0);
            }
            match self.input.read(self.pending.get_mut(self.filled..).unwrap_or_default()) {
                Ok(0) => self.done = true,
                Ok(read) => self.filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How many bytes form the next block, and how many of them stand in the one after it again.
    fn cut(&self, newline: &[u8], begins: &dyn Fn(&[u8]) -> bool) -> (usize, usize) {
        if self.done && self.filled < BLOCK {
            return (self.filled, 0);
        }
        match last_end(self.read_so_far(), newline) {
            Some(end) => (self.last_record(end, newline, begins).unwrap_or(end), 0),
            None => (self.filled & !1, OVERLAP),
        }
    }

    /// Where the last record begins that ends at or behind `end`, if something stands before it.
    fn last_record(&self, end: usize, newline: &[u8], begins: &dyn Fn(&[u8]) -> bool) -> Option<usize> {
        let (mut at, read) = (end, self.read_so_far());
        for _ in 0..REACH.0 {
            let before = read.get(..at - newline.len()).unwrap_or_default();
            let start = last_end(before, newline)?;
            if end - start > REACH.1 {
                return None;
            }
            let line = read.get(start..at - newline.len()).unwrap_or_default();
            if begins(self.decoded(line, Census::of(line)).as_deref().unwrap_or(line)) {
                return Some(start);
            }
            at = start;
        }
        None
    }

    fn read_so_far(&self) -> &[u8] {
        self.pending.get(..self.filled).unwrap_or_default()
    }

    fn sniff(&mut self) {
        let read = self.read_so_far();
        let (encoding, mark) = encoding::detect(read.get(..HEAD).unwrap_or(read));
        self.encoding = Some(encoding);
        self.pending.drain(..mark);
        self.filled -= mark;
        self.offset += mark as u64;
    }

    /// `raw`, which `census` is of, as UTF-8; `None` where it is that already.
    fn decoded(&self, raw: &[u8], census: Census) -> Option<Vec<u8>> {
        match self.encoding {
            Some(wide @ (Encoding::Utf16Le | Encoding::Utf16Be)) => {
                Some(encoding::decode(raw, wide).0.into_owned().into())
            }
            // Bytes of one width: each line by itself, whatever the head of the file was taken for.
            _ if !census.zero && (!census.foreign || std::str::from_utf8(raw).is_ok()) => None,
            _ => Some(mend(raw, self.page)),
        }
    }

    /// What was read, as the block that stands where this reader is.
    fn decode(&self, raw: Vec<u8>, newline: &'static [u8]) -> Block {
        let census = Census::of(&raw);
        let (text, original, census) = match self.decoded(&raw, census) {
            Some(text) => {
                let census = Census::of(&text);
                (text, Some(raw), census)
            }
            None => (raw, None, census),
        };
        let (ascii, ends) = (!census.foreign, census.ends);
        Block { text, first_line: self.line, offset: self.offset, ascii, ends, newline, original }
    }
}

#[cfg(test)]
mod tests;
