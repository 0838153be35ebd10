//! Text of any encoding as UTF-8 blocks that end at line ends, with the way back to bytes and line numbers of the
//! original. Memory is bounded by the block size, whatever the length of a line.

use std::io::{self, Read};

use koff_bundle::encoding::{self, CodePage, Encoding};

/// Bytes read at a time: what a core's own cache holds, since every byte is looked at several times. A line longer than this is cut into pieces that overlap by [`OVERLAP`].
pub const BLOCK: usize = 1 << 18;

/// Bytes that a log gets room for at first.
const SHORT: usize = 16 << 10;

/// How much of a file's head its encoding is told by.
const HEAD: usize = 4096;

/// How much of a cut line is repeated in the next piece, so that a text across the cut is still found.
pub const OVERLAP: usize = 4 << 10;

/// A stretch of whole lines (or a piece of one overlong line) in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// The text; invalid bytes are U+FFFD.
    pub text: Vec<u8>,
    /// Number of its first line, from 1.
    pub first_line: u64,
    /// Byte offset of its start in the original.
    pub offset: u64,
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

    /// The next block; `None` at the end.
    ///
    /// # Errors
    /// What `input` reports.
    pub fn next_block(&mut self) -> io::Result<Option<&Block>> {
        self.fill()?;
        if self.encoding.is_none() {
            self.sniff();
        }
        if self.filled == 0 {
            return Ok(None);
        }
        let newline: &'static [u8] = match self.encoding {
            Some(Encoding::Utf16Le) => b"\n\0",
            Some(Encoding::Utf16Be) => b"\0\n",
            _ => b"\n",
        };
        let (take, overlap) = self.cut(newline);
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
    fn cut(&self, newline: &[u8]) -> (usize, usize) {
        if self.done && self.filled < BLOCK {
            return (self.filled, 0);
        }
        match last_end(self.read_so_far(), newline) {
            Some(end) => (end, 0),
            None => (self.filled & !1, OVERLAP),
        }
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

    /// What was read, as the block that stands where this reader is.
    fn decode(&self, raw: Vec<u8>, newline: &'static [u8]) -> Block {
        let decoded = match self.encoding {
            Some(wide @ (Encoding::Utf16Le | Encoding::Utf16Be)) => {
                Some(encoding::decode(&raw, wide).0.into_owned().into())
            }
            // Bytes of one width: each line by itself, whatever the head of the file was taken for.
            _ if memchr::memchr(0, &raw).is_none() && std::str::from_utf8(&raw).is_ok() => None,
            _ => Some(mend(&raw, self.page)),
        };
        let (text, original) = match decoded {
            Some(text) => (text, Some(raw)),
            None => (raw, None),
        };
        let ends = memchr::memchr_iter(b'\n', &text).count() as u64;
        Block { text, first_line: self.line, offset: self.offset, ends, newline, original }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn western<R: Read>(input: R) -> Lines<R> {
        Lines::new(input, CodePage::default())
    }

    fn utf16(text: &str, mark: bool) -> Vec<u8> {
        let mark: &[u8] = if mark { &[0xff, 0xfe] } else { &[] };
        mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
    }

    #[test]
    fn every_encoding_gives_the_same_lines_and_its_own_offsets() {
        let text = "erste Zeile\r\nzweite mit ü\r\ndritte";
        let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
        for (bytes, unit, mark) in
            [(text.as_bytes().to_vec(), 1, 0), (latin, 1, 0), (utf16(text, true), 2, 2), (utf16(text, false), 2, 0)]
        {
            let block = western(&bytes[..]).next_block().unwrap().unwrap().clone();
            assert_eq!(String::from_utf8(block.text.clone()).unwrap(), text);
            let second = text.find("zweite").unwrap();
            let place = block.places(&[0, second])[1];
            assert_eq!((place.line, place.offset), (2, (mark + 13 * unit) as u64));
            let quoted = &bytes[place.offset as usize..(place.offset + place.length) as usize];
            assert!(quoted.starts_with(b"z") && !quoted.contains(&b'\n') && !quoted.contains(&b'\r'));
        }
    }

    #[test]
    fn a_file_that_mixes_encodings_is_read_line_by_line() {
        let bytes = b"gr\xfc\xdfe eins\ngr\xc3\xbc\xc3\x9fe zwei\nplain\n";
        let block = western(&bytes[..]).next_block().unwrap().unwrap().clone();
        assert_eq!(
            String::from_utf8(block.text.clone()).unwrap(),
            "gr\u{fc}\u{df}e eins\ngr\u{fc}\u{df}e zwei\nplain\n"
        );
        let plain = block.text.len() - 6;
        assert_eq!(block.places(&[plain])[0].offset, bytes.len() as u64 - 6);
    }

    #[test]
    fn what_is_no_unicode_is_read_by_the_code_page_of_the_pc() {
        let text = |bytes: &[u8], page: u32| {
            let mut lines = Lines::new(bytes, CodePage::of(page).unwrap());
            String::from_utf8(lines.next_block().unwrap().unwrap().text.clone()).unwrap()
        };
        let czech = b"p\xf8ipojen\xed\np\xc5\x99ipojen\xc3\xad\nplain\n";
        assert_eq!(text(czech, 1250), "připojení\npřipojení\nplain\n", "UTF-8 among the lines stays what it is");
        assert_eq!(text(b"\xce\xf8\xe8\xe1\xea\xe0\n", 1251), "Ошибка\n");
        // The second byte of a Japanese character may look like a backslash; none looks like a line feed.
        assert_eq!(text(b"C:\\\x95\x5c\\a\r\nb\n", 932), "C:\\表\\a\r\nb\n");
    }

    #[test]
    fn utf16_appended_to_another_text_is_read_with_true_lines_and_offsets() {
        let mut bytes = b"gr\xfc\xdfe\n".repeat(100);
        bytes.extend(utf16("zwei Zeilen\r\nmit Umlaut ü\r\n", true));
        bytes.extend(b"danach\n");
        let block = western(&bytes[..]).next_block().unwrap().unwrap().clone();
        let text = String::from_utf8(block.text.clone()).unwrap();
        assert!(text.ends_with("grüße\nzwei Zeilen\r\nmit Umlaut ü\r\ndanach\n"), "{text:?}");
        let second = text.find("mit Umlaut").unwrap();
        assert_eq!(block.places(&[second])[0].line, 102);
        assert_eq!(block.places(&[text.find("danach").unwrap()])[0].line, 103);
    }

    /// A reader that makes one line of `left` bytes with a text near its end.
    struct OneLine {
        left: u64,
    }

    impl Read for OneLine {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            const TAIL: &[u8] = b"NEEDLE near the end\n";
            let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
            buffer[..take].fill(b'x');
            self.left -= take as u64;
            // What of the tail lies in this stretch.
            let (left, tail) = (usize::try_from(self.left).unwrap(), TAIL.len());
            for from_end in left + 1..=(left + take).min(tail) {
                buffer[left + take - from_end] = TAIL[tail - from_end];
            }
            Ok(take)
        }
    }

    fn needles_in_one_line(bytes: u64) -> (usize, u64) {
        let mut lines = western(OneLine { left: bytes });
        let (mut seen, mut number) = (0, 0);
        while let Some(block) = lines.next_block().unwrap() {
            assert!(block.text.len() <= BLOCK, "memory is bounded by the block, not by the line");
            seen += usize::from(memchr::memmem::find(&block.text, b"NEEDLE").is_some());
            number = block.first_line;
            assert!(lines.pending.capacity() <= 2 * BLOCK + OVERLAP, "{}", lines.pending.capacity());
        }
        (seen, number)
    }

    #[test]
    fn a_line_of_a_gigabyte_is_read_in_bounded_memory() {
        assert_eq!(needles_in_one_line(1 << 30), (1, 1));
    }

    #[test]
    fn a_line_longer_than_a_block_is_cut_with_overlap_and_keeps_its_number() {
        let mut bytes = b"first\n".to_vec();
        bytes.extend(std::iter::repeat_n(b'x', BLOCK - 3));
        bytes.extend(b"NEEDLE");
        bytes.extend(std::iter::repeat_n(b'x', BLOCK));
        bytes.extend(b"\nlast");
        let mut lines = western(&bytes[..]);
        let (mut seen, mut last) = (0, 0);
        while let Some(block) = lines.next_block().unwrap() {
            assert!(block.text.len() <= BLOCK);
            if memchr::memmem::find(&block.text, b"NEEDLE").is_some() {
                seen += 1;
                assert_eq!(block.first_line, 2);
            }
            last = block.first_line + memchr::memchr_iter(b'\n', &block.text).count() as u64;
        }
        assert!(seen >= 1, "the text across the cut was lost");
        assert_eq!(last, 3);
    }
}
