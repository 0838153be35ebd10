//! Percent, JSON and XML escapes, decoded together: one text rarely uses two, and a name may be
//! escaped in part only.

use super::super::{
    Engine, Place, Scratch,
    view::{self, View},
};

/// How far a view reaches to either side of the escape that asked for it.
const LEFT: usize = 256;
const RIGHT: usize = 1024;

/// What a view shows for a second time to the next one, so that no name is cut.
const OVERLAP: usize = 256;

/// A byte at `at` that may begin an escape: if it does, looks at what stands around it decoded.
pub(in super::super) fn escaped(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if at < scratch.viewed || decode(place, at).is_none() || place.depth + 1 >= super::super::DEPTH {
        return;
    }
    let in_line = |byte: u8| !matches!(byte, b'\r' | b'\n' | 0);
    let left = place.run_back(at, LEFT, in_line);
    let right = place.run(at, RIGHT, in_line);
    let (start, end) = (at - left, at + right);
    let mut seen = View::default();
    let mut now = start;
    while now < end {
        match decode(place, now) {
            Some((Decoded::Byte(byte), length)) => {
                seen.push(byte, now);
                now += length;
            }
            Some((Decoded::Char(c), length)) => {
                seen.push_char(c, now);
                now += length;
            }
            None => {
                seen.push(place.byte(now), now);
                now += 1;
            }
        }
    }
    seen.close(now);
    view::search(engine, place, &seen, (left == LEFT, right == RIGHT), <[u8]>::to_vec, scratch);
    scratch.viewed = if right == RIGHT { end - OVERLAP } else { end };
}

enum Decoded {
    Byte(u8),
    Char(char),
}

/// The escape that stands at `at` and its length.
fn decode(place: Place<'_>, at: usize) -> Option<(Decoded, usize)> {
    let hex = |from: usize, digits: usize| -> Option<u32> {
        let text = place.slice(from, from + digits);
        let valid = text.len() == digits && text.iter().all(u8::is_ascii_hexdigit);
        valid.then(|| std::str::from_utf8(text).ok().and_then(|text| u32::from_str_radix(text, 16).ok()))?
    };
    match place.byte(at) {
        b'%' => Some((Decoded::Byte(u8::try_from(hex(at + 1, 2)?).ok()?), 3)),
        b'\\' => match place.byte(at + 1) {
            b'u' => Some((Decoded::Char(char::from_u32(hex(at + 2, 4)?)?), 6)),
            b'x' => Some((Decoded::Byte(u8::try_from(hex(at + 2, 2)?).ok()?), 4)),
            quote @ (b'"' | b'/') => Some((Decoded::Byte(quote), 2)),
            _ => None,
        },
        b'&' => entity(place, at),
        _ => None,
    }
}

/// `&#252;`, `&#xFC;`, `&uuml;`
fn entity(place: Place<'_>, at: usize) -> Option<(Decoded, usize)> {
    const NAMED: &[(&str, char)] = &[
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", ' '),
        ("uuml", 'ü'),
        ("auml", 'ä'),
        ("ouml", 'ö'),
        ("Uuml", 'Ü'),
        ("Auml", 'Ä'),
        ("Ouml", 'Ö'),
        ("szlig", 'ß'),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("agrave", 'à'),
        ("ccedil", 'ç'),
        ("ntilde", 'ñ'),
        ("oslash", 'ø'),
        ("aring", 'å'),
    ];
    let length = place.run(at + 1, 10, |byte| byte.is_ascii_alphanumeric() || byte == b'#');
    let name = std::str::from_utf8(place.slice(at + 1, at + 1 + length)).ok()?;
    if length == 0 || place.byte(at + 1 + length) != b';' {
        return None;
    }
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let hex = number.strip_prefix(['x', 'X']).map(|digits| u32::from_str_radix(digits, 16));
            char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?)?
        }
        None => NAMED.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((Decoded::Char(c), length + 2))
}
