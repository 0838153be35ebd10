//! What lies between two flush points, inflated by itself. Owns what is expected of it, and what is said where it is not so.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};

use super::{Extent, LONGEST};
use crate::{container::source::Source, manifest::FlushPoints};

/// A member whose stretches can be inflated each by itself.
pub(super) struct Stretched {
    pub(super) source: Source,
    pub(super) extent: Extent,
    pub(super) points: FlushPoints,
}

/// One stretch being inflated; its memory serves the next one.
pub(super) struct Stretch {
    inflater: Decompress,
    /// Which one it is, from 0.
    index: usize,
    pub(super) compressed: Vec<u8>,
    /// Raw bytes that it should have.
    expected: usize,
}

impl Default for Stretch {
    fn default() -> Self {
        Self { inflater: Decompress::new(false), index: 0, compressed: Vec::new(), expected: 0 }
    }
}

impl Stretched {
    /// How many stretches there are.
    pub(super) fn count(&self) -> usize {
        self.points.offsets.len()
    }

    /// Makes `stretch` ready to inflate the one at `index`.
    pub(super) fn begin(&self, index: usize, stretch: &mut Stretch) -> io::Result<()> {
        let offsets = &self.points.offsets;
        stretch.index = index;
        let start = *offsets.get(index).ok_or_else(|| stretch.broken("no offset"))?;
        let end = offsets.get(index + 1).copied().unwrap_or(self.extent.compressed);
        let before = self.points.interval.saturating_mul(index as u64);
        let expected = self.points.interval.min(self.extent.size.saturating_sub(before));
        stretch.expected = usize::try_from(expected).map_err(io::Error::other)?;
        // A stretch cannot be much longer than its raw bytes; more is a lie that would only cost memory.
        if end - start > LONGEST * 2 {
            return Err(stretch.broken("too many compressed bytes"));
        }
        let offset = self.extent.offset.saturating_add(start);
        self.source.read_range(offset, end - start, &mut stretch.compressed)?;
        stretch.inflater.reset(false);
        Ok(())
    }
}

impl Stretch {
    /// Inflates into `buffer` (not empty) and says how many bytes; 0 once all that were expected have been given out.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let before = self.written()?;
        if before == self.expected {
            return self.end();
        }
        let room = buffer.len().min(self.expected - before);
        while let Some(rest) = buffer.get_mut(self.written()? - before..room).filter(|rest| !rest.is_empty()) {
            if !self.step(rest)? {
                return Err(self.broken(&format!("{} raw bytes of {}", self.written()?, self.expected)));
            }
        }
        Ok(room)
    }

    /// All of it into `raw`, instead of what that holds.
    pub(super) fn read_whole(&mut self, raw: &mut Vec<u8>) -> io::Result<()> {
        // Memory of the stretch before is written over as it is: only what it lacks is set to zero.
        raw.resize(self.expected, 0);
        let length = if raw.is_empty() { 0 } else { self.read(raw)? };
        raw.truncate(length);
        self.end().map(drop)
    }

    /// Nothing may follow the bytes that were expected.
    fn end(&mut self) -> io::Result<usize> {
        let more = self.step(&mut [0])? && self.written()? > self.expected;
        if more { Err(self.broken(&format!("more than {} raw bytes", self.expected))) } else { Ok(0) }
    }

    /// Inflates as much as `buffer` takes; `false` at the end, or where nothing comes any more.
    fn step(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let (taken, written) = (self.inflater.total_in(), self.inflater.total_out());
        let from = usize::try_from(taken).map_err(io::Error::other)?;
        let rest = self.compressed.get(from..).unwrap_or_default();
        let status = self.inflater.decompress(rest, buffer, FlushDecompress::None)?;
        let moved = self.inflater.total_out() > written;
        Ok(moved || (status != Status::StreamEnd && self.inflater.total_in() > taken))
    }

    fn written(&self) -> io::Result<usize> {
        usize::try_from(self.inflater.total_out()).map_err(io::Error::other)
    }

    fn broken(&self, found: &str) -> io::Error {
        let index = self.index;
        let message = format!("stretch {index}: expected a deflate stream between two flush points, found {found}");
        io::Error::new(io::ErrorKind::InvalidData, message)
    }
}
