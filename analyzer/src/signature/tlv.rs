//! A lenient walk over BER and DER: tag, length, value. Owns the coding of lengths, numbers, object identifiers, texts
//! and times; knows no structure.
//!
//! Strict DER parsers refuse what real signers write (indefinite lengths, unsorted sets, long-form lengths), hence an own
//! walk. Nesting of indefinite lengths is bounded; every access is checked.

use std::borrow::Cow;

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{Offset, TimeZone},
};

/// Deepest nesting of indefinite lengths.
const MAX_DEPTH: usize = 16;
/// Most numbers of an object identifier.
const MAX_ARCS: usize = 64;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// Why bytes are not the structure that was expected: place and expectation, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

pub(super) type Result<T> = std::result::Result<T, Malformed>;

/// The error "`place`: expected `expected`, found `found`".
pub(super) fn malformed<T>(place: &str, expected: &str, found: impl std::fmt::Display) -> Result<T> {
    Err(Malformed(format!("{place}: expected {expected}, found {found}")))
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tlv<'a> {
    /// Identifier byte: class, constructed bit and number.
    pub(super) tag: u8,
    /// Header and content (and end marker).
    pub(super) raw: &'a [u8],
    /// Content alone.
    pub(super) content: &'a [u8],
}

/// Elements one after another.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    place: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which errors call `place`.
    pub(super) fn new(bytes: &'a [u8], place: &'static str) -> Self {
        Self { rest: bytes, place }
    }

    /// The next element, if there is one.
    pub(super) fn next(&mut self) -> Result<Option<Tlv<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let Some(tlv) = parse(self.rest, 0) else {
            let expected =
                format!("a tag and a length that fits, at most {MAX_DEPTH} of them indefinite around each other");
            return malformed(self.place, &expected, hex_head(self.rest));
        };
        self.rest = self.rest.get(tlv.raw.len()..).unwrap_or(&[]);
        Ok(Some(tlv))
    }

    /// The next element, which must have `tag`.
    pub(super) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>> {
        match self.next()? {
            Some(tlv) if tlv.tag == tag => Ok(tlv),
            Some(tlv) => malformed(self.place, &format!("tag {tag:#04x}"), format_args!("tag {:#04x}", tlv.tag)),
            None => malformed(self.place, &format!("tag {tag:#04x}"), "the end"),
        }
    }

    /// The next element if it has `tag`.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<Tlv<'a>>> {
        if self.rest.first() == Some(&tag) { self.next() } else { Ok(None) }
    }

    /// What has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Tlv<'a> {
    /// A reader over the content.
    pub(super) fn children(&self, place: &'static str) -> Reader<'a> {
        Reader::new(self.content, place)
    }

    /// The bytes of an OCTET STRING, also of one in several pieces.
    pub(super) fn octets(&self) -> Result<Cow<'a, [u8]>> {
        if self.tag & 0x20 == 0 {
            return Ok(Cow::Borrowed(self.content));
        }
        let mut whole = Vec::new();
        let mut pieces = self.children("octet string in pieces");
        while let Some(piece) = pieces.next()? {
            match piece.tag {
                OCTETS => whole.extend_from_slice(piece.content),
                other => return malformed("octet string in pieces", "octet strings", format_args!("tag {other:#04x}")),
            }
        }
        Ok(Cow::Owned(whole))
    }

    /// An object identifier in dotted form.
    pub(super) fn oid(&self) -> Result<String> {
        let mut arcs: Vec<u64> = Vec::new();
        let mut value: u64 = 0;
        for byte in self.content {
            if value >> 56 != 0 {
                return malformed("object identifier", "arcs below 2^63", "a larger one");
            }
            value = value << 7 | u64::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                if arcs.is_empty() {
                    let first = (value / 40).min(2);
                    arcs.push(first);
                    value -= first * 40;
                }
                arcs.push(value);
                value = 0;
            }
        }
        if self.tag != OID || arcs.is_empty() || arcs.len() > MAX_ARCS {
            let found = format_args!("tag {:#04x} and {}", self.tag, arcs.len());
            return malformed("object identifier", &format!("tag 0x06 and 2 to {MAX_ARCS} arcs"), found);
        }
        Ok(arcs.iter().map(ToString::to_string).collect::<Vec<_>>().join("."))
    }

    /// The bytes of a BIT STRING without unused bits.
    pub(super) fn bits(&self) -> Result<&'a [u8]> {
        match self.content.split_first() {
            Some((_, bytes)) if self.tag == BIT_STRING => Ok(bytes),
            _ => malformed("bit string", "tag 0x03 and a byte of padding", format_args!("tag {:#04x}", self.tag)),
        }
    }

    /// A UTCTime or GeneralizedTime. A moment beyond the calendar counts as the last one there is.
    pub(super) fn time(&self) -> Result<Timestamp> {
        let text = std::str::from_utf8(self.content).unwrap_or("");
        let wrong = || Malformed(format!("time: expected YYMMDDhhmm… or YYYYMMDDhhmm…, found {text:?}"));
        let year_digits = match self.tag {
            0x17 => 2,
            0x18 => 4,
            _ => return Err(wrong()),
        };
        time(text, year_digits).ok_or_else(wrong)
    }

    /// Text of any of the string types.
    pub(super) fn text(&self) -> String {
        match self.tag {
            0x1e => {
                let units: Vec<u16> =
                    self.content.chunks_exact(2).map(|c| u16::from(c[0]) << 8 | u16::from(c[1])).collect();
                String::from_utf16_lossy(&units)
            }
            0x14 => self.content.iter().map(|byte| char::from(*byte)).collect(),
            _ => String::from_utf8_lossy(self.content).into_owned(),
        }
    }
}

fn time(text: &str, year_digits: usize) -> Option<Timestamp> {
    let number = |from: usize, len: usize| text.get(from..from + len)?.parse::<i16>().ok();
    let small = |from: usize| number(from, 2).and_then(|n| i8::try_from(n).ok());
    let year = match number(0, year_digits)? {
        // RFC 5280: two digits mean 1950 to 2049.
        year if year_digits == 2 => year + if year < 50 { 2000 } else { 1900 },
        year => year,
    };
    let at = year_digits;
    let (second, mut rest) = match small(at + 8) {
        Some(second) => (second.min(59), text.get(at + 10..)?),
        None => (0, text.get(at + 8..)?),
    };
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let local = DateTime::new(year, small(at)?, small(at + 2)?, small(at + 4)?, small(at + 6)?, second, 0).ok()?;
    let offset = match rest.split_at_checked(1) {
        None | Some(("Z", "")) => 0,
        Some((sign, hhmm)) if hhmm.len() == 4 => {
            let seconds = hhmm.get(..2)?.parse::<i32>().ok()? * 3600 + hhmm.get(2..)?.parse::<i32>().ok()? * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        Some(_) => return None,
    };
    let zone = TimeZone::fixed(Offset::from_seconds(offset).ok()?);
    Some(zone.to_timestamp(local).unwrap_or(Timestamp::MAX))
}

/// The element at the start of `bytes`.
fn parse(bytes: &[u8], depth: usize) -> Option<Tlv<'_>> {
    let tag = *bytes.first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let first = *bytes.get(1)?;
    if first == 0x80 {
        return indefinite(bytes, tag, depth);
    }
    let (header, length) = if first < 0x80 {
        (2, usize::from(first))
    } else {
        let count = usize::from(first & 0x7f);
        let digits = bytes.get(2..2 + count)?;
        let length = digits.iter().try_fold(0usize, |n, digit| Some(n.checked_mul(256)? | usize::from(*digit)))?;
        (2 + count, length)
    };
    let end = header.checked_add(length)?;
    Some(Tlv { tag, raw: bytes.get(..end)?, content: bytes.get(header..end)? })
}

/// An element of indefinite length: elements until an end marker.
fn indefinite(bytes: &[u8], tag: u8, depth: usize) -> Option<Tlv<'_>> {
    if tag & 0x20 == 0 || depth >= MAX_DEPTH {
        return None;
    }
    let mut at = 2;
    loop {
        let rest = bytes.get(at..)?;
        if rest.starts_with(&[0, 0]) {
            return Some(Tlv { tag, raw: bytes.get(..at + 2)?, content: bytes.get(2..at)? });
        }
        at += parse(rest, depth + 1)?.raw.len();
    }
}

/// The first bytes for an error message.
fn hex_head(bytes: &[u8]) -> String {
    let head: String = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{head}… ({} bytes left)", bytes.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn indefinite_lengths_and_strings_in_pieces_read_as_one() {
        let ber = [0x30, 0x80, 0x24, 0x80, 0x04, 1, b'a', 0x04, 2, b'b', b'c', 0, 0, 0x02, 1, 5, 0, 0, 0xff];
        let mut reader = Reader::new(&ber, "test");
        let sequence = reader.expect(SEQUENCE).unwrap();
        assert_eq!(reader.rest(), [0xff]);
        let mut inner = sequence.children("test");
        assert_eq!(&*inner.expect(0x24).unwrap().octets().unwrap(), b"abc");
        assert_eq!(inner.expect(INTEGER).unwrap().content, [5]);
        assert!(inner.next().unwrap().is_none());
    }

    #[test]
    fn object_identifiers_and_times() {
        let tlv = |tag, content: &'static [u8]| Tlv { tag, raw: content, content };
        assert_eq!(tlv(OID, &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37]).oid().unwrap(), "1.3.6.1.4.1.311");
        let time = |tag, text: &'static str| tlv(tag, text.as_bytes()).time().map(|t| t.to_string());
        assert_eq!(time(0x17, "491231235959Z").unwrap(), "2049-12-31T23:59:59Z");
        assert_eq!(time(0x17, "500101000000+0100").unwrap(), "1949-12-31T23:00:00Z");
        assert_eq!(time(0x18, "20200102030405.25Z").unwrap(), "2020-01-02T03:04:05Z");
        assert_eq!(time(0x18, "99991231235959Z").unwrap(), Timestamp::MAX.to_string());
        assert!(time(0x17, "20x").is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_element_or_an_error(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes, "test");
            while let Ok(Some(tlv)) = reader.next() {
                let _ = (tlv.oid(), tlv.time(), tlv.text(), tlv.octets(), tlv.bits());
            }
        }
    }
}
