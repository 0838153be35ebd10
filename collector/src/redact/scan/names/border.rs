//! What stands around a name: where a word begins and ends in each width, and whether the place says that an ordinary word or
//! a number is a name there. Owns no search.

use super::{
    super::{
        Place,
        text::{is_word_byte, word_after, word_before},
    },
    Names, Width,
};
use crate::redact::kind::Kind;

/// Whether a word may begin at `at`.
pub(super) fn begins_word(place: Place<'_>, at: usize, width: Width) -> bool {
    match width {
        Width::Eight => !word_before(place.text, at) || !word_before_is_real(place, at),
        Width::Utf16Le | Width::Utf16Be => {
            let Some(start) = at.checked_sub(2) else { return true };
            !is_wide_word(place.slice(start, at), width)
        }
    }
}

/// Letters and digits directly before a word are not always part of it: `%20anna`, `\nanna`, `\u0022anna`, `07anna`.
fn word_before_is_real(place: Place<'_>, at: usize) -> bool {
    let back = |count: usize| at.checked_sub(count).map_or(0, |index| place.byte(index));
    let hex = |count: usize| (1..=count).all(|index| back(index).is_ascii_hexdigit());
    if hex(2) && back(3) == b'%' || hex(4) && back(5) == b'u' && back(6) == b'\\' {
        return false;
    }
    if matches!(back(1), b'n' | b'r' | b't') {
        return place.run_back(at - 1, 8, |byte| byte == b'\\').is_multiple_of(2);
    }
    true
}

/// Whether the word that began at `start` ends at `end`.
pub(super) fn ends_word(place: Place<'_>, start: usize, end: usize, width: Width) -> bool {
    match width {
        Width::Eight => {
            // `muster01` still gives `muster` away; short names would hit numbers of every kind.
            let long = end - start >= 5 && !place.before(end).is_ascii_digit();
            let after = if long { end + place.run(end, 4, |byte| byte.is_ascii_digit()) } else { end };
            !word_after(place.text, after)
        }
        Width::Utf16Le | Width::Utf16Be => !is_wide_word(place.slice(end, end + 2), width),
    }
}

pub(super) fn is_wide_word(pair: &[u8], width: Width) -> bool {
    let &[a, b] = pair else { return false };
    let unit = if width == Width::Utf16Le { u16::from_le_bytes([a, b]) } else { u16::from_be_bytes([a, b]) };
    // Beyond Cyrillic it is more likely a pair of bytes that only looks like a letter.
    unit < 0x600 && char::from_u32(u32::from(unit)).is_some_and(char::is_alphanumeric)
}

/// Whether the place says that an ordinary word is a name here: between separators of a path, or a side of an address.
pub(super) fn is_placed(place: Place<'_>, start: usize, end: usize) -> bool {
    let (before, after) = (place.before(start), place.byte(end));
    let closes = matches!(after, 0 | b'\\' | b'/' | b'"' | b'\'' | b'\r' | b'\n' | b'<' | b']' | b';' | b'|');
    (before == b'\\' && closes) || (before == b'/' && after == b'/') || before == b'~' && after == b'@'
}

/// Whether the place says that digits are a name here: `DOMAIN\\4711`, `Profiles\\4711`, the side of an address.
pub(super) fn is_held(names: &Names, place: Place<'_>, start: usize, end: usize) -> bool {
    if place.before(start) == b'~' && place.byte(end) == b'@' {
        return true;
    }
    let above = start - place.run_back(start, 4, |byte| byte == b'\\');
    let length = place.run_back(above, 64, |byte| is_word_byte(byte) || byte >= 0x80 || matches!(byte, b'-' | b'_'));
    if above == start || length == 0 {
        return false;
    }
    let holder = String::from_utf8_lossy(place.slice(above - length, above));
    let domain = names.whole(&holder).is_some_and(|(_, kind)| matches!(kind, Kind::Domain | Kind::Host | Kind::Server));
    domain || holder.eq_ignore_ascii_case("profiles")
}
