//! The one pass over the bytes: places where a word begins are asked for names and marks, bytes that some structure has in
//! its middle for that structure, rows of digits for what they encode. Owns which places are asked; nearly all bytes of a
//! text are none of these and cost a few vector instructions.

use super::{
    DEPTH, Engine, Place, Scratch,
    classes::{BLOCK, Classes, rows},
    structure, wrapped,
};
use crate::redact::Mode;

/// Fewer Base64 digits in a row that do not begin a word hold no name of six letters.
const SHORTEST_ROW: u32 = 10;

/// Sweeps over `place.text` from its floor on.
pub(super) fn sweep(engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
    let Some(text) = place.text.get(place.floor..) else { return };
    let (blocks, rest) = text.as_chunks::<BLOCK>();
    let mut last = [0; BLOCK];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let mut seam = Seam { at: place.floor, word: 0, digits: 0, row_end: 0 };
    for block in blocks.iter().chain(std::iter::once(&last)) {
        seam.step(engine, place, &Classes::of(block), scratch);
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
    fn step(&mut self, engine: &Engine, place: Place<'_>, classes: &Classes, scratch: &mut Scratch) {
        let begins = classes.words & !(classes.words << 1 | self.word) | classes.high;
        each(begins, |bit| engine.word(place, self.at + bit, scratch));
        each(classes.triggers, |bit| trigger(engine, place, self.at + bit, scratch));
        let mut found = rows(self.digits, classes.digits, SHORTEST_ROW) >> BLOCK;
        while found != 0 {
            let within = self.at + found.trailing_zeros() as usize;
            found &= found - 1;
            if within >= self.row_end {
                let start = within + 1 - SHORTEST_ROW as usize;
                self.row_end = row(engine, place, start, within, scratch);
            }
        }
        self.word = classes.words >> (BLOCK - 1);
        self.digits = classes.digits;
        self.at += BLOCK;
    }
}

fn each(mut bits: u64, mut run: impl FnMut(usize)) {
    while bits != 0 {
        run(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// A row of digits begins at `start` and goes on beyond `within`; where it ends.
fn row(engine: &Engine, place: Place<'_>, start: usize, within: usize, scratch: &mut Scratch) -> usize {
    let end = within + place.run(within, usize::MAX, wrapped::is_digit);
    for at in start..end {
        if engine.digits.may_hold(engine.digits.gram(place.text, at)) {
            engine.candidate(&engine.digits, place, at, scratch);
        }
    }
    if place.depth + 1 < DEPTH {
        wrapped::row(engine, place, start, end, scratch);
    }
    end
}

/// A byte stands at `at` that some structures have in their middle. Nearly all of them are times, numbers and paths:
/// what tells these apart stands here, so that they cost one look.
#[inline]
fn trigger(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    let names = engine.mode == Mode::Mask;
    match place.byte(at) {
        b'.' if names && place.before(at).is_ascii_digit() && place.byte(at + 1).is_ascii_digit() => {
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
            } else if names && (next.is_ascii_hexdigit() || next == b':') {
                structure::colons(engine, place, at, scratch);
            }
            label(engine, place, at, scratch);
        }
        b'=' | b'>' => label(engine, place, at, scratch),
        b'\\' => backslash(engine, place, at, scratch),
        b'%' if place.byte(at + 1).is_ascii_hexdigit() => {
            wrapped::escaped(engine, place, at, scratch);
            engine.word(place, at + 3, scratch);
        }
        b'&' => wrapped::escaped(engine, place, at, scratch),
        _ => {}
    }
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

/// A label may end before the sign at `at`: the words in it are asked wherever they begin, `AccessToken=` and
/// `smtppassword:` included.
fn label(engine: &Engine, place: Place<'_>, at: usize, scratch: &mut Scratch) {
    /// No word that announces a secret is farther from its sign.
    const LONGEST: usize = 48;
    let end = at - place.run_back(at, 8, |byte| matches!(byte, b' ' | b'\t'));
    let end = end - place.run_back(end, 5, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b']'));
    let is_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = place.run_back(end, LONGEST, is_label);
    // Hours, minutes, drive letters.
    if length < 3 {
        return;
    }
    for start in end - length + 1..end - 2 {
        if place.before(start).is_ascii_alphanumeric() {
            engine.word(place, start, scratch);
        }
    }
}
