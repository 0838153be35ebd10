//! The right-hand side of one `.reg` line: quoted strings, `dword:`, `hex…:`. Owns the grammar of data; the line logic is
//! `reader`.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use crate::{
    encoding::{Line, Lines},
    registry::value_type,
};

/// `text` as the data of a string value: UTF-16LE with terminator.
pub(super) fn utf16(text: &str) -> Vec<u8> {
    let mut data = Vec::with_capacity(2 * text.len() + 2);
    text.encode_utf16().chain([0]).for_each(|unit| data.extend(unit.to_le_bytes()));
    data
}

/// Reads a quoted text; `rest` begins after the opening quote. Gives the text and what follows the closing quote, or
/// `None` where the closing quote is missing.
pub(super) fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut quoted = Quoted::default();
    let end = quoted.feed(rest)?;
    Some((quoted.text, rest.get(end..)?))
}

/// A quoted text under way, fed piece by piece so that a long one is looked at once.
#[derive(Debug, Default)]
pub(super) struct Quoted {
    /// The text so far, escapes resolved.
    pub(super) text: String,
    escape: bool,
}

impl Quoted {
    /// Takes the next piece; the index behind the closing quote if it is in there.
    pub(super) fn feed(&mut self, piece: &str) -> Option<usize> {
        let mut rest = piece;
        loop {
            if self.escape {
                let c = rest.chars().next()?;
                // Not an escape regedit writes: somebody typed a path with single backslashes.
                self.text.extend((!matches!(c, '\\' | '"')).then_some('\\'));
                self.text.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
                self.escape = false;
            }
            let Some(at) = memchr::memchr2(b'"', b'\\', rest.as_bytes()) else {
                self.text.push_str(rest);
                return None;
            };
            let (text, from) = rest.split_at(at);
            self.text.push_str(text);
            rest = from.get(1..).unwrap_or_default();
            if from.starts_with('"') {
                return Some(piece.len() - rest.len());
            }
            self.escape = true;
        }
    }
}

/// Whether nothing but blanks or a comment is left.
pub(super) fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with(';')
}

/// The prefix of hexadecimal data, `hex:` or `hex(n):`: type number and what follows.
pub(super) fn hex_prefix(text: &str) -> Option<(u32, &str)> {
    let rest = strip_word(text, "hex")?;
    if let Some(rest) = rest.strip_prefix(':') {
        return Some((value_type::BINARY, rest));
    }
    let (number, rest) = rest.strip_prefix('(')?.split_once("):")?;
    let number = number.strip_prefix("0x").unwrap_or(number);
    Some((u32::from_str_radix(number, 16).ok()?, rest))
}

/// The number after `dword:`.
pub(super) fn dword(text: &str) -> Option<u32> {
    let digits = strip_word(text, "dword:")?;
    let digits = digits.split(';').next()?.trim();
    (!digits.is_empty() && digits.len() <= 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| u32::from_str_radix(digits, 16).ok())?
}

/// `text` without `word` in front, case ignored.
pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.get(..word.len()).filter(|start| start.eq_ignore_ascii_case(word))?;
    text.get(word.len()..)
}

/// Appends the bytes of one line of `hh,hh,…`; whether the line ends in `\` and goes on. `None` where something else
/// stands there.
pub(super) fn hex_line(line: &str, data: &mut Vec<u8>) -> Option<bool> {
    let line = line.split(';').next().unwrap_or_default().trim();
    let (digits, goes_on) = match line.strip_suffix('\\') {
        Some(rest) => (rest.trim_end(), true),
        None => (line, false),
    };
    let parts = digits.strip_suffix(',').unwrap_or(digits);
    if parts.is_empty() {
        return Some(goes_on);
    }
    for part in parts.split(',') {
        let part = part.trim();
        if part.len() > 2 || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        data.push(u8::from_str_radix(part, 16).ok()?);
    }
    Some(goes_on)
}

/// Data of an ANSI export in the form the registry stores: `hex(1)`, `hex(2)` and `hex(7)` hold code page text there.
pub(super) fn widen_ansi(kind: u32, data: Vec<u8>) -> Vec<u8> {
    if !matches!(kind, value_type::SZ | value_type::EXPAND_SZ | value_type::MULTI_SZ) {
        return data;
    }
    let text: Cow<'_, str> = WINDOWS_1252.decode_without_bom_handling(&data).0;
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// What the text behind a value's `=` turned out to be.
pub(super) enum Data {
    Value(u32, Vec<u8>),
    Delete,
    Damaged { line: u64, expected: &'static str, found: String },
}

/// What a string that never closes should have had.
pub(super) const UNCLOSED: &str = "a closing quote and then the end of the line";

/// A quoted string that may go on over several lines, line breaks included. A string counts only if its closing quote
/// ends a line; else a damaged line would swallow the values after it.
pub(super) fn string<'a>(first: &Line<'a>, ahead: &mut Lines<'a>, last: &mut Line<'a>) -> Data {
    let (text, _) = first.text();
    let damaged = || Data::Damaged { line: first.number, expected: UNCLOSED, found: text.trim().to_owned() };
    let Some(start) = value_start(&text) else { return damaged() };
    let mut quoted = Quoted::default();
    let mut piece = start.to_owned();
    loop {
        match quoted.feed(&piece) {
            Some(end) if is_end(piece.get(end..).unwrap_or_default()) => {
                return Data::Value(value_type::SZ, utf16(&quoted.text));
            }
            Some(_) => return damaged(),
            None => {}
        }
        let end = last.end;
        let Some(line) = ahead.next() else { return damaged() };
        piece = format!("{end}{}", line.text().0);
        *last = line;
    }
}

/// What stands behind the opening quote of the data in an untrimmed line.
fn value_start(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let rest = match text.strip_prefix('@') {
        Some(rest) => rest,
        None => text.strip_prefix('"').and_then(quoted)?.1,
    };
    rest.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')
}

/// Whether a line is a key or a value of its own and so cannot continue the one before.
pub(super) fn begins_anew(text: &str) -> bool {
    text.trim_start().starts_with(['[', '"', '@'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_where_they_are_not_escaped() {
        assert_eq!(quoted(r#"a\\b\"c" ;x"#), Some((r#"a\b"c"#.to_owned(), " ;x")));
        assert_eq!(quoted(r#"C:\new""#), Some((r"C:\new".to_owned(), "")));
        assert_eq!(quoted("open"), None);
        assert_eq!(quoted("ends in \\"), None);
    }

    #[test]
    fn numbers_and_prefixes_are_read_strictly() {
        assert_eq!(dword("dword:0000000A ; ten"), Some(10));
        assert_eq!(dword("dword:"), None);
        assert_eq!(dword("dword:123456789"), None);
        assert_eq!(dword("dword:-1"), None);
        assert_eq!(hex_prefix("hex:01"), Some((3, "01")));
        assert_eq!(hex_prefix("hex(b):01"), Some((11, "01")));
        assert_eq!(hex_prefix("hex(zz):01"), None);
        let mut data = Vec::new();
        assert_eq!(hex_line("01,2, ff,\\", &mut data), Some(true));
        assert_eq!(hex_line("  0a ; end", &mut data), Some(false));
        assert_eq!(data, [1, 2, 255, 10]);
        assert_eq!(hex_line("01,xx", &mut data), None);
        assert_eq!(hex_line("010203", &mut data), None);
    }
}
