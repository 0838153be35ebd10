//! Text inside text: a decoded form with the way back to where each byte came from. Owns the mapping of hits; what is
//! decoded and when is `wrapped`.

use super::{Engine, Hit, Place, Scratch, settle};

/// A decoded piece of a text.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The decoded bytes.
    pub(super) text: Vec<u8>,
    /// Where in the source each decoded byte begins, and one more for the end.
    pub(super) map: Vec<usize>,
}

impl View {
    pub(super) fn push(&mut self, byte: u8, source: usize) {
        self.text.push(byte);
        self.map.push(source);
    }

    pub(super) fn push_char(&mut self, c: char, source: usize) {
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            self.push(byte, source);
        }
    }

    pub(super) fn close(&mut self, source: usize) {
        self.map.push(source);
    }

    /// Where the decoded byte `at` begins in the source.
    pub(super) fn source(&self, at: usize) -> usize {
        self.map.get(at).or(self.map.last()).copied().unwrap_or(0)
    }
}

/// What is to be masked in the decoded text, settled, with places in the decoded text.
pub(super) fn hits_in(engine: &Engine, place: Place<'_>, text: &[u8], scratch: &mut Scratch) -> Vec<Hit> {
    let outer = (std::mem::take(&mut scratch.hits), scratch.viewed, scratch.listed);
    engine.find(text, 0, scratch, place.depth + 1);
    let mut inner = std::mem::take(&mut scratch.hits);
    (scratch.hits, scratch.viewed, scratch.listed) = outer;
    settle(text, &mut inner)
}

/// Searches the view and adds what it finds at the places of the source; `wrap` gives a stand-in the source's form.
/// `open` ends are no ends of the text: what touches them may be a part of something longer, and is left to a view that
/// shows all of it.
pub(super) fn search(
    engine: &Engine,
    place: Place<'_>,
    view: &View,
    open: (bool, bool),
    wrap: fn(&[u8]) -> Vec<u8>,
    scratch: &mut Scratch,
) {
    for hit in hits_in(engine, place, &view.text, scratch) {
        if open.0 && hit.start == 0 || open.1 && hit.end == view.text.len() {
            continue;
        }
        let (start, end) = (view.source(hit.start).max(place.floor), view.source(hit.end));
        engine.push(scratch, Hit { start, end, stand_in: wrap(&hit.stand_in), ..hit });
    }
}
