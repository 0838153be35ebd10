//! Finds what is to be masked in a piece of text: every learned name in one pass over the bytes, and everything whose
//! shape or label gives it away. Owns the search and how overlapping hits are settled; streams and files are `stream`.

pub(crate) mod base64;
mod classes;
mod grams;
mod names;
mod seam;
mod structure;
mod sweep;
pub(crate) mod text;
mod view;
mod wrapped;

use std::collections::{BTreeMap, HashMap};

use self::{
    grams::{Grams, Target},
    names::Names,
};
use super::{Mode, key::Key, kind::Kind, learned::Learned, pseudonym::Pseudonyms};

/// No single hit is longer than this, and none looks further around itself; what a stream keeps in view follows from it.
pub(crate) const REACH: usize = 4096;

/// Wrapped text inside wrapped text (Base64 in JSON in Base64) is looked into this deep.
const DEPTH: u8 = 3;

/// Something to mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where hits overlap, the higher rank names what stands there.
    pub(crate) rank: u8,
    pub(crate) kind: Kind,
    pub(crate) stand_in: Vec<u8>,
    /// What else goes after `end`, where it is more than one hit may hold.
    pub(crate) carry: Option<Carry>,
}

/// A secret longer than one hit: how to tell where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carry {
    /// Goes on up to a blank, quote or separator.
    Token,
    /// Goes on up to this quote or the end of the line.
    Quoted(u8),
    /// Goes on up to `-----END`.
    Pem,
    /// Goes on to the end of a registry value's bytes, over lines that end with `\`.
    Bytes,
}

impl Carry {
    /// Where the secret that holds `from` ends; `limit` where that is not in view.
    fn end(self, text: &[u8], from: usize, limit: usize) -> usize {
        let rest = text.get(from..limit).unwrap_or_default();
        let length = match self {
            Self::Token => rest.iter().position(|byte| *byte <= b' ' || b"\"',;&<|".contains(byte)),
            Self::Quoted(quote) => rest.iter().position(|byte| *byte == quote || matches!(byte, b'\r' | b'\n' | 0)),
            Self::Bytes => {
                let mut continued = false;
                rest.iter().position(|byte| match *byte {
                    b'\r' | b'\n' => !continued,
                    b' ' => false,
                    other => {
                        continued = other == b'\\';
                        !other.is_ascii_hexdigit() && !matches!(other, b',' | b'\\')
                    }
                })
            }
            Self::Pem => memchr::memmem::find(text.get(from..).unwrap_or_default(), b"-----END"),
        };
        length.map_or(limit, |length| from + length).min(limit)
    }
}

/// What a search leaves behind: counts, stand-ins made on the way, and scratch memory worth keeping.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) hits: Vec<Hit>,
    pub(crate) masks: BTreeMap<&'static str, u64>,
    /// Stand-ins that cost many digests (addresses), by their original; emptied when it grows.
    pub(crate) cache: HashMap<Vec<u8>, Vec<u8>>,
    /// Stand-in → original, for the reverse map.
    pub(crate) pairs: BTreeMap<String, String>,
    /// Escapes before this place of the text under search were looked at decoded.
    viewed: usize,
    /// The same for lists of bytes.
    listed: usize,
    /// Whether the text was UTF-16, and its little end first.
    pub(crate) transcoded: Option<bool>,
}

/// Originals remembered for speed or for the reverse map are bounded.
const MOST_REMEMBERED: usize = 50_000;

impl Scratch {
    fn keep(&mut self, name: &[u8], made: Vec<u8>) {
        if self.cache.len() >= MOST_REMEMBERED {
            self.cache.clear();
        }
        self.cache.insert(name.to_vec(), made);
    }

    /// Remembers for the owner what a stand-in stands for.
    fn remember(&mut self, stand_in: &str, original: &str) {
        if self.pairs.len() < MOST_REMEMBERED && !self.pairs.contains_key(stand_in) {
            self.pairs.insert(stand_in.to_owned(), original.to_owned());
        }
    }
}

/// The search, ready for use: built once for a redactor, shared by all its streams.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) mode: Mode,
    pub(crate) learned: Learned,
    pub(crate) pseudonyms: Pseudonyms,
    pub(crate) names: Names,
    /// What a word may begin with; 32 KiB, so that the filter stays in the fast caches.
    grams: Grams<4096>,
    /// The digits of names inside Base64, which begin anywhere in a row of digits.
    digits: Grams<16384>,
    /// What announces a secret, wherever in a word it stands.
    announced: structure::Announced,
}

impl Engine {
    pub(crate) fn new(learned: Learned, pseudonyms: Pseudonyms, mode: Mode) -> Self {
        let mut names = Names::new(&learned, &pseudonyms, mode);
        let (mut grams, mut digits) = (Grams::new(), Grams::new());
        names.enter(&mut grams, &mut digits);
        structure::enter(&mut grams, &mut digits);
        grams.finish();
        digits.finish();
        Self { mode, learned, pseudonyms, names, grams, digits, announced: structure::Announced::new() }
    }

    /// `text` with everything masked, or `None` where there was nothing to mask.
    pub(crate) fn mask(&self, text: &[u8], scratch: &mut Scratch) -> Option<Vec<u8>> {
        self.find(text, 0, scratch, 0);
        if scratch.hits.is_empty() {
            return None;
        }
        let mut out = Vec::with_capacity(text.len() + 64);
        self.emit(text, 0, text.len(), &mut out, scratch, &mut None);
        Some(out)
    }

    /// Writes `text` from `from` to at least `limit` with the hits found in it, and says how far that went.
    pub(crate) fn emit(
        &self,
        text: &[u8],
        from: usize,
        limit: usize,
        out: &mut Vec<u8>,
        scratch: &mut Scratch,
        carry: &mut Option<Carry>,
    ) -> usize {
        let mut done = from;
        let discard = |carry: &mut Option<Carry>, done: usize| {
            let Some(what) = *carry else { return done };
            let end = what.end(text, done, limit.max(done));
            if end < limit {
                *carry = None;
            }
            end
        };
        done = discard(carry, done);
        let mut hits = std::mem::take(&mut scratch.hits);
        for hit in settle(text, &mut hits) {
            if hit.start >= limit {
                break;
            }
            if hit.end <= done || carry.is_some() {
                continue;
            }
            out.extend_from_slice(text.get(done..hit.start).unwrap_or_default());
            out.extend_from_slice(&hit.stand_in);
            *scratch.masks.entry(hit.kind.id()).or_default() += 1;
            *carry = hit.carry;
            done = discard(carry, hit.end);
        }
        hits.clear();
        scratch.hits = hits;
        out.extend_from_slice(text.get(done..limit).unwrap_or_default());
        done.max(limit)
    }

    /// The stand-in for a whole text of this kind, a learned one where it is one.
    pub(crate) fn stand_in(&self, kind: Kind, text: &str, scratch: &mut Scratch) -> String {
        if let Some((stand_in, _)) = self.names.whole(text) {
            return stand_in.to_owned();
        }
        self.made(&format!("{} {text}", kind.id()), text, scratch, || self.pseudonyms.name(kind, text, &self.learned))
    }

    /// The stand-in for the local part of a mail address: of the same shape whether learned or not.
    pub(crate) fn address_part(&self, text: &str, scratch: &mut Scratch) -> String {
        self.made(&format!("local {text}"), text, scratch, || self.pseudonyms.name(Kind::Mail, text, &self.learned))
    }

    /// The stand-in for a host name.
    pub(crate) fn host(&self, text: &str, scratch: &mut Scratch) -> String {
        self.made(&format!("host {text}"), text, scratch, || self.pseudonyms.host(text, &self.learned))
    }

    /// What `make` makes of `text`, made once for each `name`.
    fn made(&self, name: &str, text: &str, scratch: &mut Scratch, make: impl Fn() -> String) -> String {
        let made = match scratch.cache.get(name.as_bytes()) {
            Some(known) => return String::from_utf8_lossy(known).into_owned(),
            None => make(),
        };
        if self.mode == Mode::Mask && made != text {
            scratch.remember(&made, text);
        }
        scratch.keep(name.as_bytes(), made.clone().into_bytes());
        made
    }

    /// The stand-in that `make` makes for `text`, made once.
    pub(crate) fn remembered(&self, text: &[u8], scratch: &mut Scratch, make: impl Fn(&Key) -> String) -> Vec<u8> {
        if let Some(known) = scratch.cache.get(text) {
            return known.clone();
        }
        let made = make(self.pseudonyms.key());
        if self.mode == Mode::Mask {
            scratch.remember(&made, &String::from_utf8_lossy(text));
        }
        scratch.keep(text, made.clone().into_bytes());
        made.into_bytes()
    }

    /// Adds to `scratch.hits` what is to be masked in `text` from `from` on; what stands before is context only.
    pub(crate) fn find(&self, text: &[u8], from: usize, scratch: &mut Scratch, depth: u8) {
        let place = Place { text, floor: from, depth };
        (scratch.viewed, scratch.listed) = (0, 0);
        if depth + 1 < DEPTH {
            wrapped::wide(self, place, scratch);
            if depth == 0
                && let Some(little) = scratch.transcoded
            {
                wrapped::narrow(self, place, little, scratch);
            }
        }
        sweep::sweep(self, place, scratch);
        self.announced.find(self, place, scratch);
        self.names.unanchored(self, place, scratch);
        seam::search(self, place, scratch);
    }

    /// A word may begin at `at`: what it may be the beginning of is asked.
    #[inline]
    pub(crate) fn word(&self, place: Place<'_>, at: usize, scratch: &mut Scratch) {
        if self.grams.may_begin(place.text, at) {
            self.candidate(&self.grams, place, at, scratch);
        }
    }

    #[inline(never)]
    fn candidate<const W: usize>(&self, grams: &Grams<W>, place: Place<'_>, at: usize, scratch: &mut Scratch) {
        for (target, before) in grams.targets(place.text.get(at..).unwrap_or_default()) {
            let Some(at) = at.checked_sub(before).filter(|at| *at >= place.floor) else { continue };
            match target {
                Target::Name(form) => self.names.verify(self, place, at, form, scratch),
                Target::Mark(mark) => structure::marked(self, place, at, mark, scratch),
            }
        }
    }

    /// Whether hits of `kind` are wanted: without masking of names, only secrets are.
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Secret || self.mode == Mode::Mask
    }

    pub(crate) fn push(&self, scratch: &mut Scratch, hit: Hit) {
        if hit.start < hit.end && self.wants(hit.kind) {
            scratch.hits.push(hit);
        }
    }
}

/// A text under search.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) text: &'a [u8],
    /// Nothing before it may become part of a hit.
    pub(crate) floor: usize,
    /// How many wrappings were opened to get here.
    pub(crate) depth: u8,
}

impl<'a> Place<'a> {
    /// The byte at `at`; 0 outside, which is no part of any word.
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The byte before `at`; 0 at the very start.
    pub(crate) fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(0, |before| self.byte(before))
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a [u8] {
        self.text.get(start..end.min(self.text.len())).unwrap_or_default()
    }

    /// How many bytes from `at` on satisfy `wanted`, at most `limit`.
    pub(crate) fn run(&self, at: usize, limit: usize, wanted: impl Fn(u8) -> bool) -> usize {
        self.text.iter().skip(at).take(limit).take_while(|byte| wanted(**byte)).count()
    }

    /// The same, for a test that remembers what it saw.
    pub(crate) fn run_while(&self, at: usize, limit: usize, mut wanted: impl FnMut(u8) -> bool) -> usize {
        self.text.iter().skip(at).take(limit).take_while(|byte| wanted(**byte)).count()
    }

    /// How many bytes directly before `at` satisfy `wanted`, at most `limit` and not beyond the floor.
    pub(crate) fn run_back(&self, at: usize, limit: usize, wanted: impl Fn(u8) -> bool) -> usize {
        self.slice(self.floor, at).iter().rev().take(limit).take_while(|byte| wanted(**byte)).count()
    }

    /// Whether `literal` (lower case) stands at `at` in any case.
    pub(crate) fn is_at(&self, at: usize, literal: &str) -> bool {
        self.slice(at, at.saturating_add(literal.len())).eq_ignore_ascii_case(literal.as_bytes())
    }
}

/// Makes hits disjoint and sorted. Where several overlap, the one of highest rank (then the longest) says what stands
/// there; of the others, the words that stick out are masked as well, so that no part of a name survives.
pub(crate) fn settle(text: &[u8], hits: &mut Vec<Hit>) -> Vec<Hit> {
    hits.sort_by(|a, b| (a.start, b.end).cmp(&(b.start, a.end)).then_with(|| b.rank.cmp(&a.rank)));
    let mut settled: Vec<Hit> = Vec::with_capacity(hits.len());
    let mut cluster: Vec<Hit> = Vec::new();
    let mut reach = 0;
    for hit in hits.drain(..) {
        if hit.start >= reach {
            settle_cluster(text, &mut cluster, &mut settled);
        }
        reach = reach.max(hit.end);
        cluster.push(hit);
    }
    settle_cluster(text, &mut cluster, &mut settled);
    settled
}

fn settle_cluster(text: &[u8], cluster: &mut Vec<Hit>, settled: &mut Vec<Hit>) {
    if cluster.len() < 2 {
        settled.append(cluster);
        return;
    }
    cluster.sort_by_key(|hit| (std::cmp::Reverse((hit.rank, hit.end - hit.start)), hit.start));
    let mut taken: Vec<Hit> = Vec::new();
    for hit in cluster.drain(..) {
        if taken.iter().any(|other| other.start <= hit.start && hit.end <= other.end) {
            continue;
        }
        let mut free = vec![(hit.start, hit.end)];
        for other in &taken {
            free = free
                .into_iter()
                .flat_map(|(start, end)| [(start, end.min(other.start)), (start.max(other.end), end)])
                .filter(|(start, end)| start < end)
                .collect();
            if free.is_empty() {
                break;
            }
        }
        for (start, end) in free {
            let whole = (start, end) == (hit.start, hit.end);
            let (start, end) = if whole { (start, end) } else { text::trimmed(text, start, end) };
            if start < end {
                taken.push(Hit { start, end, ..hit.clone() });
            }
        }
    }
    taken.sort_by_key(|hit| hit.start);
    settled.append(&mut taken);
}
