//! Inflating: one stream from front to back, or the stretches between recorded flush points side by side. Owns neither
//! digests nor limits; memory is bounded by one batch of stretches.

use std::io::{self, BufReader, Read};

use flate2::{Decompress, FlushDecompress, Status, bufread::DeflateDecoder};
use rayon::prelude::*;

use super::{
    layout::{DEFLATED, STORED},
    source::Source,
};
use crate::manifest::FlushPoints;

/// Stretches inflated side by side.
const BATCH: usize = 16;

/// Longest raw stretch that is inflated as one; with longer ones a member is read as one stream.
const LONGEST: u64 = 4 << 20;

/// Where a member's bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    pub(crate) method: u16,
    pub(crate) crc: u32,
}

/// The raw bytes of `extent` from front to back. The size is not enforced here.
pub(crate) fn sequential(source: &Source, extent: Extent) -> Option<Box<dyn Read + Send>> {
    let window = source.window(extent.offset, extent.compressed);
    match extent.method {
        STORED => Some(Box::new(window)),
        DEFLATED => Some(Box::new(DeflateDecoder::new(BufReader::with_capacity(1 << 16, window)))),
        _ => None,
    }
}

/// The raw bytes of `extent`, inflated by its flush points. `None` where these do not fit the member.
pub(crate) fn parallel(source: &Source, extent: Extent, points: &FlushPoints) -> Option<Box<dyn Read + Send>> {
    let FlushPoints { interval, offsets } = points;
    let fits = extent.method == DEFLATED
        && (1..=LONGEST).contains(interval)
        && offsets.len() as u64 == extent.size.div_ceil(*interval)
        && offsets.first() == Some(&0)
        && offsets.is_sorted_by(|a, b| a < b)
        && offsets.last().is_some_and(|last| *last < extent.compressed);
    fits.then(|| {
        let source = source.clone();
        let points = points.clone();
        Box::new(Stretches { source, extent, points, next: 0, batch: Vec::new(), at: 0 }) as Box<dyn Read + Send>
    })
}

struct Stretches {
    source: Source,
    extent: Extent,
    points: FlushPoints,
    /// The first stretch that is not inflated yet.
    next: usize,
    batch: Vec<Vec<u8>>,
    /// Bytes of the first stretch of the batch already given out.
    at: usize,
}

impl Stretches {
    fn inflate(&self, index: usize) -> io::Result<Vec<u8>> {
        let offsets = &self.points.offsets;
        let broken = |found: &str| {
            let message = format!("stretch {index}: expected a deflate stream between two flush points, found {found}");
            io::Error::new(io::ErrorKind::InvalidData, message)
        };
        let start = *offsets.get(index).ok_or_else(|| broken("no offset"))?;
        let end = offsets.get(index + 1).copied().unwrap_or(self.extent.compressed);
        let before = self.points.interval.saturating_mul(index as u64);
        let expected = self.points.interval.min(self.extent.size.saturating_sub(before));
        let expected = usize::try_from(expected).map_err(io::Error::other)?;
        // A stretch cannot be much longer than its raw bytes; more is a lie that would only cost memory.
        if end - start > LONGEST * 2 {
            return Err(broken("too many compressed bytes"));
        }
        let compressed = self.source.range(self.extent.offset.saturating_add(start), end - start)?;
        let mut raw = Vec::with_capacity(expected + 1);
        let mut inflater = Decompress::new(false);
        loop {
            let taken = usize::try_from(inflater.total_in()).map_err(io::Error::other)?;
            let (before, rest) = (raw.len(), compressed.get(taken..).unwrap_or_default());
            let status = inflater.decompress_vec(rest, &mut raw, FlushDecompress::None)?;
            let stuck = raw.len() == before && inflater.total_in() == taken as u64;
            if status == Status::StreamEnd || stuck || raw.len() > expected {
                break;
            }
        }
        if raw.len() == expected { Ok(raw) } else { Err(broken(&format!("{} raw bytes of {expected}", raw.len()))) }
    }

    fn fill(&mut self) -> io::Result<()> {
        let last = self.points.offsets.len().min(self.next.saturating_add(BATCH));
        let batch: Result<Vec<_>, _> = (self.next..last).into_par_iter().map(|index| self.inflate(index)).collect();
        self.batch = batch?;
        self.batch.reverse();
        self.next = last;
        Ok(())
    }
}

impl Read for Stretches {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.batch.last() {
                Some(stretch) => {
                    let rest = stretch.get(self.at..).unwrap_or_default();
                    let length = rest.len().min(buffer.len());
                    if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
                        to.copy_from_slice(from);
                    }
                    self.at += length;
                    if rest.len() == length {
                        self.batch.pop();
                        self.at = 0;
                    }
                    if length > 0 || buffer.is_empty() {
                        return Ok(length);
                    }
                }
                None if self.next < self.points.offsets.len() => self.fill()?,
                None => return Ok(0),
            }
        }
    }
}
