//! Bytes written as digits: Base64 at any alignment, hexadecimal in one run or as a list. Only what holds readable text
//! is changed, so that digests and certificates stay.

use super::super::{
    DEPTH, Engine, Hit, Place, Scratch,
    base64::{VALUES, encode, may_be_text},
    classes::{BLOCK, Digits, in_a_row},
    view::{self, View},
};

/// Shorter runs of digits are words.
const SHORTEST: usize = 14;

/// A longer run is looked at in pieces that overlap.
const PIECE: usize = 8192;
const OVERLAP: usize = 1024;

/// Rank of what is found inside: above a name that stands there by chance.
const RANK: u8 = 5;

/// Where hardly any text stands around them, shorter hits are chance.
const SHORTEST_HIT: usize = 5;

pub(in super::super) fn is_digit(byte: u8) -> bool {
    VALUES[usize::from(byte)] < 64
}

/// Looks into a row of Base64 or hexadecimal digits.
pub(in super::super) fn row(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    if end - start < SHORTEST || holds_nothing(place, start, end) {
        return;
    }
    let mut from = start;
    while from < end {
        let to = end.min(from + PIECE);
        if !place.slice(from, to).iter().all(u8::is_ascii_hexdigit) {
            for shift in (0..4).filter(|shift| may_be_text(place.slice(from, to), *shift)) {
                base64(engine, place, from + shift, to, scratch);
            }
        }
        hexadecimals(engine, place, from, to, scratch);
        if to == end {
            break;
        }
        from = to - OVERLAP;
    }
}

/// Whether it shows at one look that neither readable text nor enough hexadecimal digits stand there, as in words and paths.
/// Says no of long rows, which are rare.
fn holds_nothing(place: Place<'_>, start: usize, end: usize) -> bool {
    let block = place.text.get(start..).and_then(|rest| rest.first_chunk::<BLOCK>());
    let (Some(block), Some(beyond)) = (block, BLOCK.checked_sub(end - start)) else { return false };
    let (digits, inside) = (Digits::of(block), u64::MAX >> beyond);
    let text = digits.begins_text & inside;
    let hexadecimal = u128::from(digits.hexadecimal & inside) << 64;
    text & text >> 4 & text >> 8 == 0 && in_a_row(hexadecimal, SHORTEST as u32) == 0
}

/// Looks into every row of hexadecimal digits: `/` and `-` are digits of Base64 and stand around them. A row of that length
/// has a digit at every place of any stretch, which is looked at from its end.
fn hexadecimals(engine: &Engine, place: Place<'_>, from: usize, to: usize, scratch: &mut Scratch) {
    let mut at = from;
    while at + SHORTEST <= to {
        if let Some(gap) = place.slice(at, at + SHORTEST).iter().rposition(|byte| !byte.is_ascii_hexdigit()) {
            at += gap + 1;
            continue;
        }
        let length = place.run(at, to - at, |byte| byte.is_ascii_hexdigit());
        hexadecimal(engine, place, at, at + length, scratch);
        at += length + 1;
    }
}

fn hexadecimal(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    for shift in (0..2).filter(|shift| may_be_readable(place.slice(start + shift, end))) {
        let mut seen = View::default();
        for (pair, digits) in place.slice(start + shift, end).chunks_exact(2).enumerate() {
            let byte =
                digits.iter().fold(0, |byte, digit| byte << 4 | char::from(*digit).to_digit(16).unwrap_or(0) as u8);
            seen.push(byte, start + shift + 2 * pair);
        }
        seen.close(start + shift + seen.text.len() * 2);
        let upper = place.slice(start, end).iter().any(u8::is_ascii_uppercase);
        let wrap = if upper { |text: &[u8]| hex(text, "", true) } else { |text: &[u8]| hex(text, "", false) };
        readable(
            engine,
            place,
            &seen,
            scratch,
            |_, hit| wrap(&hit.stand_in),
            |seen, hit| (seen.source(hit.start), seen.source(hit.end)),
        );
    }
}

/// Six bytes in a row that are letters, digits or zero; a digest rarely has them.
fn may_be_readable(digits: &[u8]) -> bool {
    let mut streak = 0;
    digits.as_chunks::<2>().0.iter().any(|pair| {
        streak = if matches!(pair, [b'2'..=b'7', _] | [b'0', b'0' | b'9' | b'a' | b'A' | b'd' | b'D']) {
            streak + 1
        } else {
            0
        };
        streak >= 6
    })
}

fn hex(text: &[u8], separator: &str, upper: bool) -> Vec<u8> {
    let digits: Vec<String> =
        text.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect();
    digits.join(separator).into_bytes()
}

/// Decodes digits from `start` on and masks what is readable, in whole groups of four digits so that nothing behind it
/// shifts.
fn base64(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    let digits = place.slice(start, end);
    let mut seen = View::default();
    for (group, four) in digits.chunks(4).enumerate() {
        let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(VALUES[usize::from(*digit)] & 63));
        let bits = bits << (6 * (4 - four.len()));
        for byte in bits.to_be_bytes().iter().skip(1).take(four.len() - 1) {
            seen.push(*byte, start + 4 * group);
        }
    }
    seen.close(end);
    let group_end = |seen: &View, hit: &Hit| hit.end.next_multiple_of(3).min(seen.text.len());
    readable(
        engine,
        place,
        &seen,
        scratch,
        |seen, hit| {
            let (from, to) = (hit.start / 3 * 3, group_end(seen, hit));
            let mut bytes = seen.text.get(from..hit.start).unwrap_or_default().to_vec();
            bytes.extend_from_slice(&hit.stand_in);
            // Filled up so that the groups behind it stay where they are; a wide stand-in with wide letters.
            let filler: &[u8] = if hit.stand_in.contains(&0) { b"_\0" } else { b"_" };
            let tail = seen.text.get(hit.end..to).unwrap_or_default();
            while to < seen.text.len() && !(bytes.len() + tail.len()).is_multiple_of(3) {
                bytes.extend_from_slice(filler);
            }
            bytes.extend_from_slice(tail);
            encode(&bytes)
        },
        |seen, hit| {
            let to = group_end(seen, hit);
            let last = if to < seen.text.len() { seen.source(to) } else { end };
            (seen.source(hit.start), last)
        },
    );
}

/// Searches decoded bytes where they hold text. `wrap` gives a hit its digits, `range` its place in the source.
fn readable(
    engine: &Engine,
    place: Place<'_>,
    seen: &View,
    scratch: &mut Scratch,
    wrap: impl Fn(&View, &Hit) -> Vec<u8>,
    range: impl Fn(&View, &Hit) -> (usize, usize),
) {
    let is_text = |byte: &u8| (0x20..0x7F).contains(byte) || matches!(byte, 0 | b'\t' | b'\r' | b'\n');
    if place.depth + 1 >= DEPTH || !seen.text.split(|byte| !is_text(byte)).any(|stretch| stretch.len() >= 4) {
        return;
    }
    let readable_around = |hit: &Hit| {
        let before =
            seen.text.get(..hit.start).unwrap_or_default().iter().rev().take_while(|byte| is_text(byte)).count();
        let after = seen.text.get(hit.end..).unwrap_or_default().iter().take_while(|byte| is_text(byte)).count();
        before + after + hit.end - hit.start >= 8
    };
    for group in grouped(view::hits_in(engine, place, &seen.text, scratch), &seen.text) {
        if group.end - group.start >= SHORTEST_HIT || readable_around(&group) {
            let (start, end) = range(seen, &group);
            let stand_in = wrap(seen, &group);
            engine.push(scratch, Hit { start: start.max(place.floor), end, rank: RANK, stand_in, ..group });
        }
    }
}

/// Hits that share a group of three bytes become one.
fn grouped(hits: Vec<Hit>, text: &[u8]) -> Vec<Hit> {
    let mut out: Vec<Hit> = Vec::new();
    for hit in hits {
        match out.last_mut() {
            Some(last) if hit.start / 3 * 3 < last.end.next_multiple_of(3) => {
                last.stand_in.extend_from_slice(text.get(last.end..hit.start).unwrap_or_default());
                last.stand_in.extend_from_slice(&hit.stand_in);
                last.end = hit.end;
            }
            _ => out.push(hit),
        }
    }
    out
}

/// `hex:`, `hex(n):` or a line that goes on with bytes stands at `at`: a registry value, perhaps over several lines.
pub(in super::super) fn listed(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let begins = place.is_at(at, "hex");
    let head = 3 + place.run(at + 3, 12, |byte| byte.is_ascii_hexdigit() || matches!(byte, b'(' | b')'));
    if at < scratch.listed || begins && place.byte(at + head) != b':' {
        return;
    }
    let mut seen = View::default();
    let mut now = if begins { at + head + 1 } else { at + 3 };
    let limit = place.text.len().min(now + PIECE * 2);
    while now < limit {
        let pair = place.slice(now, now + 2);
        match (pair, place.byte(now)) {
            (&[high, low], _) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
                seen.push(value(high) << 4 | value(low), now);
                now += 2;
            }
            (_, b',' | b'\\' | b' ' | b'\r' | b'\n') => now += 1,
            _ => break,
        }
        // A line that does not go on ends the value.
        if matches!(place.byte(now), b'\r' | b'\n') && place.before(now) != b'\\' && place.before(now) != b'\r' {
            break;
        }
    }
    let end = seen.map.last().map_or(now, |last| last + 2);
    seen.close(end);
    // The next look overlaps, so that no name is cut.
    scratch.listed = if now >= limit { end.saturating_sub(OVERLAP * 2) } else { now };
    readable(
        engine,
        place,
        &seen,
        scratch,
        |_, hit| hex(&hit.stand_in, ",", false),
        |seen, hit| (seen.source(hit.start), seen.source(hit.end - 1) + 2),
    );
}
