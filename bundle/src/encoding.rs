//! Text of unknown encoding, cut into lines that still know where they stood. Owns the guess (byte order mark, NUL
//! pattern, UTF-8, else Windows-1252) and the line cutting; knows nothing of what the text means.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};

mod code_page;

pub use code_page::CodePage;

/// How the bytes of a text are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-16, little endian: what regedit and PowerShell 5.1 write.
    Utf16Le,
    /// UTF-16, big endian.
    Utf16Be,
    /// UTF-8, plain ASCII included.
    Utf8,
    /// Windows-1252, the fallback for bytes that are not UTF-8.
    Windows1252,
}

/// How much of the start is looked at to tell UTF-16 without a mark.
const SAMPLE: usize = 512;

/// The encoding of `bytes`, and the length of the byte order mark in front (0 without one).
#[must_use]
pub fn detect(bytes: &[u8]) -> (Encoding, usize) {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return (Encoding::Utf8, 3);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) {
        return (Encoding::Utf16Le, 2);
    }
    if bytes.starts_with(&[0xFE, 0xFF]) {
        return (Encoding::Utf16Be, 2);
    }
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
    let zeros = |at: usize| sample.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), sample.len() / 2);
    // Text of Western languages has a zero in nearly every second byte, and nowhere else.
    if half > 0 && odd * 2 > half && even * 8 < half.max(8) {
        return (Encoding::Utf16Le, 0);
    }
    if half > 0 && even * 2 > half && odd * 8 < half.max(8) {
        return (Encoding::Utf16Be, 0);
    }
    match std::str::from_utf8(bytes) {
        // A character cut at the very end does not make the rest another encoding.
        Err(error) if error.error_len().is_some() => (Encoding::Windows1252, 0),
        _ => (Encoding::Utf8, 0),
    }
}

/// Whether `bytes` look like text at all: no NUL outside UTF-16 and hardly any control characters at the start.
#[must_use]
pub fn is_text(bytes: &[u8]) -> bool {
    let (encoding, mark) = detect(bytes);
    let sample = bytes.get(mark..).unwrap_or_default();
    let sample = sample.get(..4096).unwrap_or(sample);
    let (text, _) = decode(sample, encoding);
    let odd = text.chars().filter(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n' | '\x0C' | '\x1B')).count();
    !text.is_empty() && odd * 100 <= text.chars().count()
}

/// `bytes` (without byte order mark) as text, and whether any of them did not fit the encoding.
#[must_use]
pub fn decode(bytes: &[u8], encoding: Encoding) -> (Cow<'_, str>, bool) {
    let decoder = match encoding {
        Encoding::Utf16Le => UTF_16LE,
        Encoding::Utf16Be => UTF_16BE,
        Encoding::Utf8 => UTF_8,
        Encoding::Windows1252 => WINDOWS_1252,
    };
    decoder.decode_without_bom_handling(bytes)
}

/// The whole of `bytes` as text, by [`detect`].
#[must_use]
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    let (encoding, mark) = detect(bytes);
    decode(bytes.get(mark..).unwrap_or_default(), encoding).0
}

/// One line of a text.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u64,
    /// Offset of its first byte in the text, byte order mark included.
    pub offset: u64,
    /// Its bytes without the line end.
    pub bytes: &'a [u8],
    /// The line end as it stands: `"\r\n"`, `"\n"` or `""` at the end of the text.
    pub end: &'static str,
    encoding: Encoding,
}

impl<'a> Line<'a> {
    /// The line as text, and whether any of its bytes did not fit the encoding.
    #[must_use]
    pub fn text(&self) -> (Cow<'a, str>, bool) {
        decode(self.bytes, self.encoding)
    }
}

/// The lines of a text. Cheap to clone: a clone looks ahead.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: &'a [u8],
    offset: u64,
    number: u64,
    encoding: Encoding,
}

impl<'a> Lines<'a> {
    /// The lines of `bytes`, by [`detect`].
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let (encoding, mark) = detect(bytes);
        Self { rest: bytes.get(mark..).unwrap_or_default(), offset: mark as u64, number: 0, encoding }
    }

    /// The encoding that was found.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Where the next line end begins, and its length; one character is `unit` bytes with the line feed in byte `low`.
    fn find_wide(&self, low: usize) -> Option<usize> {
        memchr::memchr_iter(b'\n', self.rest)
            .filter(|at| at % 2 == low)
            .map(|at| at - low)
            .find(|at| self.rest.get(at + 1 - low) == Some(&0) && self.rest.len() > at + 1)
    }

    /// Splits the rest after the first line end: line, rest, line end as text.
    fn cut(&self) -> (&'a [u8], &'a [u8], &'static str) {
        let (unit, at, carriage): (usize, Option<usize>, &[u8]) = match self.encoding {
            Encoding::Utf16Le => (2, self.find_wide(0), &[b'\r', 0]),
            Encoding::Utf16Be => (2, self.find_wide(1), &[0, b'\r']),
            Encoding::Utf8 | Encoding::Windows1252 => (1, memchr::memchr(b'\n', self.rest), b"\r"),
        };
        let Some((line, rest)) = at.and_then(|at| Some((self.rest.get(..at)?, self.rest.get(at + unit..)?))) else {
            return (self.rest, &[], "");
        };
        match line.strip_suffix(carriage) {
            Some(line) => (line, rest, "\r\n"),
            None => (line, rest, "\n"),
        }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (bytes, rest, end) = self.cut();
        self.number += 1;
        let line = Line { number: self.number, offset: self.offset, bytes, end, encoding: self.encoding };
        self.offset += (self.rest.len() - rest.len()) as u64;
        self.rest = rest;
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let units = mark.then_some('\u{FEFF}').into_iter().chain(text.chars());
        let text: String = units.collect();
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    #[test]
    fn the_same_text_is_read_from_every_encoding_with_true_offsets() {
        let text = "Zeile eins: Übung\r\nzweite\n\nletzte";
        for (bytes, encoding, unit) in [
            (text.as_bytes().to_vec(), Encoding::Utf8, 1),
            (wide(text, true, false), Encoding::Utf16Le, 2),
            (wide(text, false, false), Encoding::Utf16Le, 2),
            (wide(text, true, true), Encoding::Utf16Be, 2),
            (wide(text, false, true), Encoding::Utf16Be, 2),
            (b"Zeile eins: \xDCbung\r\nzweite\n\nletzte".to_vec(), Encoding::Windows1252, 1),
        ] {
            let lines = Lines::new(&bytes);
            assert_eq!(lines.encoding(), encoding);
            let lines: Vec<_> = lines.collect();
            let texts: Vec<_> = lines.iter().map(|line| line.text().0.into_owned()).collect();
            assert_eq!(texts, ["Zeile eins: Übung", "zweite", "", "letzte"], "{encoding:?}");
            let second = lines[1];
            assert_eq!((second.number, second.end), (2, "\n"));
            let at = second.offset as usize;
            assert_eq!(&bytes[at..at + 6 * unit], second.bytes);
        }
    }

    #[test]
    fn a_text_cut_inside_a_character_says_so_on_its_last_line_only() {
        let bytes = wide("eins\r\nzwei", true, false);
        let lines: Vec<_> = Lines::new(&bytes[..bytes.len() - 1]).map(|line| line.text().1).collect();
        assert_eq!(lines, [false, true]);
        let (encoding, _) = detect("Grüße ä".as_bytes().split_last().unwrap().1);
        assert_eq!(encoding, Encoding::Utf8);
    }

    #[test]
    fn programs_and_pictures_are_not_text() {
        assert!(!is_text(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0"));
        assert!(!is_text(&[0; 64]));
        assert!(is_text(b"[02/Mar/2026 10:00:00] text\r\n"));
        assert!(is_text(&wide("Windows Registry Editor", false, false)));
    }
}
