//! Text of any length and encoding, masked as it passes by. Memory does not grow with the text: a window with what was
//! already written on its left and what decides on its right.

use std::{
    io::{self, Read},
    sync::Arc,
};

use super::{
    Ledger, Shared,
    scan::{Carry, REACH, Scratch},
    wide,
};

/// Read at one go.
pub(crate) const CHUNK: usize = 512 * 1024;

/// Kept after the part that is written, since a hit and everything that overlaps it must be in view.
const AHEAD: usize = 4 * REACH;

/// Kept before it and searched again: the label or wrapping that gives a hit away may stand there.
const BEHIND: usize = REACH;

/// A reader that gives the masked text.
pub(crate) struct Masking<R> {
    inner: R,
    chunk: usize,
    shared: Arc<Shared>,
    ledger: Ledger,
    scratch: Scratch,
    wide: Option<wide::Transcoder>,
    started: bool,
    ended: bool,
    /// Text under search (UTF-8 where the source is UTF-16); everything before `next` is written.
    text: Vec<u8>,
    next: usize,
    carry: Option<Carry>,
    out: Vec<u8>,
    given: usize,
}

impl<R: Read> Masking<R> {
    /// `chunk` bytes are read at one go: [`CHUNK`], but for tests of what happens at the border of two.
    pub(crate) fn new(inner: R, chunk: usize, shared: Arc<Shared>, ledger: Ledger) -> Self {
        Self {
            inner,
            chunk: chunk.max(1),
            shared,
            ledger,
            scratch: Scratch::default(),
            wide: None,
            started: false,
            ended: false,
            text: Vec::new(),
            next: 0,
            carry: None,
            out: Vec::new(),
            given: 0,
        }
    }

    /// Reads one more chunk into the window.
    fn fill(&mut self) -> io::Result<()> {
        let kept = self.text.len();
        // Bytes of UTF-16 come in by a way of their own, since what is searched is text.
        let mut raw = match self.wide {
            Some(_) => Vec::new(),
            None => std::mem::take(&mut self.text),
        };
        let begun = raw.len();
        let read = self.inner.by_ref().take(self.chunk as u64).read_to_end(&mut raw);
        self.ended = raw.len() - begun < self.chunk;
        if !self.started {
            self.started = true;
            if let Some((little, mark)) = wide::recognise(&raw) {
                self.out.extend_from_slice(raw.get(..mark).unwrap_or_default());
                raw.drain(..mark);
                self.wide = Some(wide::Transcoder::new(little));
                self.scratch.transcoded = Some(little);
            }
        }
        match &mut self.wide {
            Some(wide) => wide.decode(&raw, self.ended, &mut self.text),
            None => self.text = raw,
        }
        debug_assert!(self.text.len() >= kept, "what was not written yet stays in view");
        read.map(|_| ())
    }

    /// Writes as much of the window as is decided.
    fn advance(&mut self) {
        let engine = &self.shared.engine;
        let limit = if self.ended { self.text.len() } else { self.text.len().saturating_sub(AHEAD) };
        if limit <= self.next && !self.ended {
            return;
        }
        engine.find(&self.text, 0, &mut self.scratch, 0);
        let mut masked = Vec::new();
        let out = if self.wide.is_some() { &mut masked } else { &mut self.out };
        self.next = engine.emit(&self.text, self.next, limit, out, &mut self.scratch, &mut self.carry);
        if let Some(wide) = &mut self.wide {
            wide.encode(&masked, self.ended, &mut self.out);
        }
        let drop = self.next.saturating_sub(BEHIND);
        self.text.drain(..drop);
        self.next -= drop;
        self.ledger.settle(&mut self.scratch, &self.shared);
    }
}

impl<R: Read> Read for Masking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.given == self.out.len() {
            if self.ended {
                return Ok(0);
            }
            self.out.clear();
            self.given = 0;
            self.fill()?;
            self.advance();
        }
        let rest = self.out.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(rest) {
            *to = *from;
        }
        self.given += count;
        Ok(count)
    }
}
