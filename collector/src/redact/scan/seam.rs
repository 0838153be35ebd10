//! What stands directly beside a secret: `xkontor-pc17` holds no learned name, and once a secret is removed together with
//! that `x`, it does. Owns the second look at such seams; which secrets there are is `names` and `structure`.

use super::{
    DEPTH, Engine, Hit, Place, Scratch, settle,
    text::{word_after, word_before},
    view::{self, View},
};
use crate::redact::kind::Kind;

/// So many bytes beside a seam are looked at again: more than any name takes in either width.
const SIDE: usize = 512;

/// A name may be followed by a few digits, and be found before them.
const NEAR: usize = 8;

/// Text between two stand-ins, in a view: its ends, and whether the one before and the one behind it are of secrets.
struct Between {
    start: usize,
    end: usize,
    secrets: (bool, bool),
}

/// Searches what touches a removed secret as it reads with the mark in the secret's place, and adds what it finds.
pub(super) fn search(engine: &Engine, place: Place<'_>, scratch: &mut Scratch) {
    let has_seam =
        |hit: &Hit| hit.kind == Kind::Secret && (word_before(place.text, hit.start) || word_after(place.text, hit.end));
    // Not in what is looked at here itself: that would go on for ever.
    if place.depth > DEPTH || !scratch.hits.iter().any(has_seam) {
        return;
    }
    let settled = settle(place.text, &mut scratch.hits.clone());
    let mut rest = &settled[..];
    while let Some(first) = rest.iter().position(has_seam) {
        let mut far = 0;
        let near = |hit: &&Hit| {
            far = if has_seam(hit) { hit.end + 2 * SIDE } else { far };
            hit.start < far
        };
        let (run, others) = rest[first..].split_at(rest[first..].iter().take_while(near).count());
        look_again(engine, place, run, scratch);
        rest = others;
    }
}

/// Searches the stretch of text around `run`, whose hits are taken out.
fn look_again(engine: &Engine, place: Place<'_>, run: &[Hit], scratch: &mut Scratch) {
    let (mut seen, mut texts): (View, Vec<Between>) = (View::default(), Vec::new());
    let mut at = run.first().map_or(0, |hit| hit.start.saturating_sub(SIDE)).max(place.floor);
    let mut behind_secret = false;
    let mut copy = |from: usize, to: usize, secrets: (bool, bool), seen: &mut View| {
        let start = seen.text.len();
        (from..).zip(place.slice(from, to)).for_each(|(at, byte)| seen.push(*byte, at));
        texts.push(Between { start, end: seen.text.len(), secrets });
    };
    for hit in run {
        let secret = hit.kind == Kind::Secret;
        copy(at, hit.start, (behind_secret, secret), &mut seen);
        hit.stand_in.iter().for_each(|byte| seen.push(*byte, hit.start));
        // The rest of a secret that is longer than its hit is no text.
        behind_secret = secret && hit.carry.is_none();
        at = hit.end;
    }
    let end = (at + SIDE).min(place.text.len());
    copy(at, end, (behind_secret, false), &mut seen);
    seen.close(end);
    for hit in view::hits_in(engine, Place { depth: DEPTH, ..place }, &seen.text, scratch) {
        let text = texts.get(texts.partition_point(|text| text.end < hit.end));
        let touches = |text: &Between| {
            let (before, behind) = text.secrets;
            text.start <= hit.start && (before && hit.start < text.start + NEAR || behind && hit.end + NEAR > text.end)
        };
        if text.is_some_and(touches) {
            let (start, end) = (seen.source(hit.start), seen.source(hit.end));
            engine.push(scratch, Hit { start, end, ..hit });
        }
    }
}
