//! Names in disguise: percent, JSON and XML escapes, UTF-16 inside other bytes, Base64 and hexadecimal digits. Each is
//! opened, searched like any text, and closed again in the same form. Owns how they are recognised.

mod digits;
mod escape;

pub(super) use self::{
    digits::{is_digit, listed, row},
    escape::escaped,
};

use super::{Engine, Place, Scratch, view};

/// Fewer UTF-16 units in a row are chance.
const SHORTEST_WIDE: usize = 3;

/// UTF-16 text inside other bytes: a readable unit has its high byte zero or, for other alphabets, small.
pub(super) fn wide(engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
    let mut at = place.floor;
    // Without a zero byte there is none (letters of other alphabets come with blanks and digits between them).
    while let Some(zero) = memchr::memchr(0, place.text.get(at..).unwrap_or_default()).map(|found| at + found) {
        let mut start = zero.saturating_sub(1).max(place.floor);
        while start >= place.floor + 2 && is_readable(place, start - 2) {
            start -= 2;
        }
        let units = (0..).take_while(|unit| is_readable(place, start + 2 * unit)).count();
        if units < SHORTEST_WIDE {
            at = zero + 1;
            continue;
        }
        read_wide(engine, place, (start, units), true, scratch);
        let end = start + 2 * units;
        // Big end first the same zeros belong to the letters behind them, and one more letter to the text.
        if matches!(place.byte(end), b' '..=b'~') {
            let whole = start > place.floor && place.before(start) == 0;
            let big = if whole { (start - 1, units + 1) } else { (start + 1, units) };
            read_wide(engine, place, big, false, scratch);
        }
        at = end.max(zero + 1);
    }
}

/// Searches so many UTF-16 units from a start on, with the little end first or not.
fn read_wide(engine: &Engine, place: Place<'_>, (start, units): (usize, usize), little: bool, scratch: &mut Scratch) {
    let from_pair = if little { u16::from_le_bytes } else { u16::from_be_bytes };
    let raw = (0..units).map(|unit| start + 2 * unit).map(|at| from_pair([place.byte(at), place.byte(at + 1)]));
    let mut seen = view::View::default();
    let mut unit = 0;
    for c in char::decode_utf16(raw) {
        let c = c.unwrap_or('\u{FFFD}');
        seen.push_char(c, start + 2 * unit);
        unit += c.len_utf16();
    }
    seen.close(start + 2 * units);
    let to_wide: fn(&[u8]) -> Vec<u8> = if little {
        |text| text.iter().flat_map(|byte| [*byte, 0]).collect()
    } else {
        |text| text.iter().flat_map(|byte| [0, *byte]).collect()
    };
    view::search(engine, place, &seen, (false, false), to_wide, scratch);
}

fn is_readable(place: Place<'_>, at: usize) -> bool {
    if at + 1 >= place.text.len() {
        return false;
    }
    match (place.byte(at), place.byte(at + 1)) {
        (low, 0) => low >= 0x20 && low != 0x7F,
        (low, high) => high <= 5 && low != 0,
    }
}

/// 8-bit text inside a UTF-16 file (a program that appended to another's log): read in pairs it looks like Chinese.
pub(super) fn narrow(engine: &Engine, place: Place<'_>, little: bool, scratch: &mut Scratch) {
    let pair = |at: usize| -> Option<[u8; 2]> {
        let text = std::str::from_utf8(place.slice(at, at + 3)).ok()?;
        let number = u16::try_from(u32::from(text.chars().next()?)).ok().filter(|_| text.chars().count() == 1)?;
        let pair = if little { number.to_le_bytes() } else { number.to_be_bytes() };
        // Zeros, too: UTF-16 that goes on after an odd number of bytes.
        pair.iter().all(|byte| matches!(byte, 0 | b' '..=b'~' | b'\r' | b'\n' | b'\t')).then_some(pair)
    };
    let mut at = place.floor;
    while let Some(start) =
        place.text.get(at..).and_then(|rest| rest.iter().position(|byte| (0xE0..0xE8).contains(byte)))
    {
        let start = at + start;
        let units = (0..).map(|unit| start + 3 * unit).map_while(|at| Some((at, pair(at)?)));
        let units: Vec<(usize, [u8; 2])> = units.collect();
        at = start + 3 * units.len();
        narrow_pairs(engine, place, little, &units, at, scratch);
        // An odd number of bytes leaves a letter with the zero of a neighbour: by itself, it reads as that letter. But it may as
        // well be a letter of the wide text, so that both are looked at.
        let letter = |at: usize| Some(place.byte(at)).filter(u8::is_ascii_graphic);
        if let Some(last) = letter(at).filter(|_| little && !units.is_empty()) {
            let whole = [&units[..], &[(at, [last, 0])]].concat();
            narrow_pairs(engine, place, little, &whole, at + 1, scratch);
        }
        let before = start.checked_sub(1).filter(|at| !little && *at >= place.floor);
        if let Some((before, first)) = before.and_then(|at| Some((at, letter(at)?))).filter(|_| !units.is_empty()) {
            let whole = [&[(before, [0, first])], &units[..]].concat();
            narrow_pairs(engine, place, little, &whole, at, scratch);
        }
        at = at.max(start + 1);
    }
}

/// Searches the bytes of these units, which end at `end`.
fn narrow_pairs(
    engine: &Engine,
    place: Place<'_>,
    little: bool,
    units: &[(usize, [u8; 2])],
    end: usize,
    scratch: &mut Scratch,
) {
    let mut seen = view::View::default();
    for (at, bytes) in units {
        bytes.iter().for_each(|byte| seen.push(*byte, *at));
    }
    seen.close(end);
    if seen.text.len() >= 4 {
        pairs(engine, place, &seen, little, scratch);
    }
}

/// Masks in pairs of bytes: what shares a pair with a hit goes with it, and the stand-in is filled up to whole pairs.
fn pairs(engine: &Engine, place: Place<'_>, seen: &view::View, little: bool, scratch: &mut Scratch) {
    for hit in view::hits_in(engine, place, &seen.text, scratch) {
        let (from, to) = (hit.start & !1, hit.end.next_multiple_of(2));
        let mut bytes = seen.text.get(from..hit.start).unwrap_or_default().to_vec();
        bytes.extend_from_slice(&hit.stand_in);
        bytes.extend_from_slice(seen.text.get(hit.end..to).unwrap_or_default());
        bytes.extend((bytes.len() % 2 == 1).then_some(b'_'));
        let units = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| if little { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
        let stand_in: String = char::decode_utf16(units).map(|c| c.unwrap_or('_')).collect();
        let (start, end) = (seen.source(from).max(place.floor), seen.source(to));
        engine.push(scratch, super::Hit { start, end, stand_in: stand_in.into_bytes(), ..hit });
    }
}
