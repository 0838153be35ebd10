//! The one pass over the bytes: places where a word begins are asked for names and marks, bytes that some structure has in
//! its middle for that structure, rows of digits for what they encode. Owns which places are asked; nearly all bytes of a
//! text are none of these and cost a few vector instructions.

use super::{
    DEPTH, Engine, Place, Scratch,
    classes::{BLOCK, Classes, rows},
    grams::CASE,
    structure, wrapped,
};
use crate::redact::Mode;

/// Fewer Base64 digits in a row that do not begin a word hold no name of six letters.
const SHORTEST_ROW: u32 = 10;

/// A stretch and what a gram that begins in it may reach into.
const WINDOW: usize = BLOCK + 4;

/// Sweeps over `place.text` from its floor on.
pub(super) fn sweep(engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
    let mut seam = Seam { at: place.floor, word: 0, digits: 0, row_end: 0 };
    while let Some(rest) = place.text.get(seam.at..) {
        match rest.first_chunk::<WINDOW>() {
            Some(window) => seam.step(engine, place, window, scratch),
            None => {
                // The last of it; zeros are no part of a word.
                let mut window = [0; WINDOW];
                for (to, from) in window.iter_mut().zip(rest) {
                    *to = *from;
                }
                seam.step(engine, place, &window, scratch);
            }
        }
    }
}

/// What one stretch hands to the next.
struct Seam {
    /// Where the stretch begins.
    at: usize,
    /// 1 where the stretch before ended inside a word.
    word: u64,
    /// The digits of the stretch before.
    digits: u64,
    /// Rows of digits before this place were looked into.
    row_end: usize,
}

impl Seam {
    fn step(&mut self, engine: &Engine, place: Place<'_>, window: &[u8; WINDOW], scratch: &mut Scratch) {
        let Some(block) = window.first_chunk() else { return };
        let classes = Classes::of(block);
        let begins = classes.words & !(classes.words << 1 | self.word) | classes.high;
        // First all questions to the filter, then the few places where it says perhaps.
        let mut perhaps = 0;
        each(begins, |bit| {
            let gram =
                window.get(bit..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four));
            perhaps |= u64::from(engine.grams.may_hold(gram | CASE)) << bit;
        });
        each(perhaps, |bit| engine.candidate(&engine.grams, place, self.at + bit, scratch));
        each(classes.triggers(engine.mode == Mode::Mask), |bit| trigger(engine, place, self.at + bit, scratch));
        self.rows(engine, place, &classes, scratch);
        self.word = classes.words >> (BLOCK - 1);
        self.digits = classes.digits;
        self.at += BLOCK;
    }

    /// Rows of digits that are long enough in this stretch. Where they end is told by its bits, and beyond it byte by byte.
    fn rows(&mut self, engine: &Engine, place: Place<'_>, classes: &Classes, scratch: &mut Scratch) {
        let mut found = (rows(self.digits, classes.digits, SHORTEST_ROW) >> BLOCK) as u64;
        while found != 0 {
            let bit = found.trailing_zeros() as usize;
            let within = self.at + bit;
            if within >= self.row_end {
                let more = (!classes.digits >> bit).trailing_zeros() as usize;
                let next = self.at + BLOCK;
                let ends_here = bit + more < BLOCK;
                let end = if ends_here { within + more } else { next + place.run(next, usize::MAX, wrapped::is_digit) };
                row(engine, place, within + 1 - SHORTEST_ROW as usize, end, scratch);
                self.row_end = end;
            }
            let done = (self.row_end - self.at) as u32;
            found = found.checked_shr(done).unwrap_or(0).checked_shl(done).unwrap_or(0);
        }
    }
}

fn each(mut bits: u64, mut run: impl FnMut(usize)) {
    while bits != 0 {
        run(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// A row of digits from `start` to `end`.
fn row(engine: &Engine, place: Place<'_>, start: usize, end: usize, scratch: &mut Scratch) {
    let mut at = start;
    while at < end {
        if engine.digits.may_begin(place.text, at) {
            engine.candidate(&engine.digits, place, at, scratch);
        }
        at += 4;
    }
    if place.depth + 1 < DEPTH {
        wrapped::row(engine, place, start, end, scratch);
    }
}

/// A byte stands at `at` that some structures have in their middle. Nearly all of them are times, numbers and paths:
/// what tells these apart stands here, so that they cost one look.
#[inline]
fn trigger(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let names = engine.mode == Mode::Mask;
    match place.byte(at) {
        b'.' if names && place.before(at).is_ascii_digit() && goes_on(place, at + 1, 8, b'.', 2) => {
            structure::ipv4(engine, place, at, scratch);
        }
        b'-' if names && place.byte(at + 3) == b'-' && place.byte(at + 6) == b'-' => {
            structure::hyphens(engine, place, at, scratch);
        }
        b'@' if names => structure::address(engine, place, at, scratch),
        b':' => {
            let next = place.byte(at + 1);
            if matches!(next, b'/' | b'\\') {
                structure::url(engine, place, at, scratch);
            } else if names && (next == b':' || next.is_ascii_hexdigit() && goes_on(place, at + 1, 10, b':', 2)) {
                structure::colons(engine, place, at, scratch);
            }
        }
        b'\\' => backslash(engine, place, at, scratch),
        b'%' if place.byte(at + 1).is_ascii_hexdigit() => {
            wrapped::escaped(engine, place, at, scratch);
            engine.word(place, at + 3, scratch);
        }
        b'&' => wrapped::escaped(engine, place, at, scratch),
        _ => {}
    }
}

/// Whether `byte` stands `times` or more among the `length` bytes from `at` on, as in addresses; times and numbers end
/// earlier.
#[inline]
fn goes_on(place: Place<'_>, at: usize, length: usize, byte: u8, times: usize) -> bool {
    place.slice(at, at + length).iter().filter(|other| **other == byte).count() >= times
}

/// Shares, escapes, and the words and bytes that go on after an escape.
fn backslash(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    if place.before(at) == b'\\' && engine.mode == Mode::Mask {
        structure::unc(engine, place, at, scratch);
    }
    match place.byte(at + 1) {
        b'u' => {
            wrapped::escaped(engine, place, at, scratch);
            engine.word(place, at + 6, scratch);
        }
        b'n' | b'r' | b't' => engine.word(place, at + 2, scratch),
        b'x' | b'"' | b'/' => wrapped::escaped(engine, place, at, scratch),
        b'\r' | b'\n' => {
            let line_end = at + place.run(at + 1, 2, |byte| matches!(byte, b'\r' | b'\n'));
            if place.is_at(line_end + 1, "  ") && place.byte(line_end + 3).is_ascii_hexdigit() {
                wrapped::listed(engine, place, line_end, scratch);
            }
        }
        _ => {}
    }
}
