//! Inflating: one stream from front to back, or the stretches between recorded flush points side by side. Owns neither
//! limits nor what a digest is compared with; memory is bounded by one batch of stretches.

use std::{
    collections::VecDeque,
    io::{self, BufReader, Read},
    sync::Arc,
};

use flate2::{Decompress, FlushDecompress, Status, bufread::DeflateDecoder};
use rayon::prelude::*;

use super::{
    layout::{DEFLATED, STORED},
    source::Source,
};
use crate::{digest::Running, manifest::FlushPoints};

/// Most stretches inflated side by side.
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
    // A bundle has many members that are smaller than this.
    let buffer = usize::try_from(extent.compressed).unwrap_or(usize::MAX).clamp(1, 1 << 16);
    match extent.method {
        STORED => Some(Box::new(window)),
        DEFLATED => Some(Box::new(DeflateDecoder::new(BufReader::with_capacity(buffer, window)))),
        _ => None,
    }
}

/// The raw bytes of `extent`, inflated by its flush points. `None` where these do not fit the member. All that is read of
/// one bundle at a time shares `readers`, and so the threads.
pub(crate) fn parallel(source: &Source, extent: Extent, points: &FlushPoints, readers: &Arc<()>) -> Option<Stretches> {
    let FlushPoints { interval, offsets, .. } = points;
    let fits = extent.method == DEFLATED
        && (1..=LONGEST).contains(interval)
        && offsets.len() as u64 == extent.size.div_ceil(*interval)
        && offsets.first() == Some(&0)
        && offsets.is_sorted_by(|a, b| a < b)
        && offsets.last().is_some_and(|last| *last < extent.compressed);
    fits.then(|| Stretches {
        member: Stretched { source: source.clone(), extent, points: points.clone() },
        readers: Arc::clone(readers),
        inflater: Decompress::new(false),
        compressed: Running::default(),
        next: 0,
        ready: VecDeque::new(),
        spare: Vec::new(),
        at: 0,
    })
}

/// A member whose stretches can be inflated each by itself.
struct Stretched {
    source: Source,
    extent: Extent,
    points: FlushPoints,
}

/// What lies between two flush points; its memory serves the next one.
#[derive(Default)]
struct Stretch {
    compressed: Vec<u8>,
    raw: Vec<u8>,
}

impl Stretched {
    fn inflate(&self, index: usize, inflater: &mut Decompress, memory: Stretch) -> io::Result<Stretch> {
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
        let Stretch { mut compressed, mut raw } = memory;
        self.source.read_range(self.extent.offset.saturating_add(start), end - start, &mut compressed)?;
        inflater.reset(false);
        // Memory of the stretch before is written over as it is: only what it lacks is set to zero.
        raw.resize(expected + 1, 0);
        let length = loop {
            let count = |total: u64| usize::try_from(total).map_err(io::Error::other);
            let (taken, written) = (count(inflater.total_in())?, count(inflater.total_out())?);
            let (from, to) = (compressed.get(taken..), raw.get_mut(written..));
            let status =
                inflater.decompress(from.unwrap_or_default(), to.unwrap_or_default(), FlushDecompress::None)?;
            let length = count(inflater.total_out())?;
            let stuck = length == written && inflater.total_in() == taken as u64;
            if status == Status::StreamEnd || stuck || length > expected {
                break length;
            }
        };
        raw.truncate(expected);
        if length == expected {
            Ok(Stretch { compressed, raw })
        } else {
            Err(broken(&format!("{length} raw bytes of {expected}")))
        }
    }
}

/// A member on its way out, stretch by stretch.
pub(crate) struct Stretches {
    member: Stretched,
    /// Counts who reads, by being held.
    readers: Arc<()>,
    inflater: Decompress,
    /// Of all compressed bytes so far.
    compressed: Running,
    /// The first stretch that is not inflated yet.
    next: usize,
    ready: VecDeque<Stretch>,
    /// Stretches that were given out.
    spare: Vec<Stretch>,
    /// Bytes of the first ready stretch already given out.
    at: usize,
}

impl Stretches {
    /// Whether the compressed bytes read so far, and `sha256` behind them, are those that the flush points were written
    /// with. `false` before the end, too, and where the points say nothing of it.
    pub(crate) fn prove(&self, sha256: &str) -> bool {
        let said = self.member.points.sha256.as_deref();
        said.is_some_and(|said| self.compressed.clone().bound_to(sha256).eq_ignore_ascii_case(said))
    }

    /// Whether there is something to [prove](Self::prove).
    pub(crate) fn can_prove(&self) -> bool {
        self.member.points.sha256.is_some()
    }

    /// Inflates the next stretch; or several side by side, where fewer members are being read than there are threads. Where
    /// each thread has a member of its own, one stretch at a time stays in its core's cache.
    fn fill(&mut self) -> io::Result<()> {
        let readers = Arc::strong_count(&self.readers).saturating_sub(1).max(1);
        let threads = rayon::current_num_threads();
        let many = if readers >= threads { 1 } else { (2 * threads / readers).min(BATCH) };
        let last = self.member.points.offsets.len().min(self.next.saturating_add(many));
        let waiting = self.ready.len();
        if many == 1 {
            let memory = self.spare.pop().unwrap_or_default();
            self.ready.push_back(self.member.inflate(self.next, &mut self.inflater, memory)?);
        } else {
            let (member, spare) = (&self.member, std::mem::take(&mut self.spare));
            let memories = spare.into_iter().chain(std::iter::repeat_with(Stretch::default));
            let planned: Vec<(usize, Stretch)> = (self.next..last).zip(memories).collect();
            let inflated: io::Result<Vec<Stretch>> = planned
                .into_par_iter()
                .map_init(
                    || Decompress::new(false),
                    |inflater, (index, memory)| member.inflate(index, inflater, memory),
                )
                .collect();
            self.ready.extend(inflated?);
        }
        if self.can_prove() {
            self.ready.iter().skip(waiting).for_each(|stretch| self.compressed.update(&stretch.compressed));
        }
        self.next = last;
        Ok(())
    }
}

impl Read for Stretches {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.ready.front() {
                Some(stretch) => {
                    let rest = stretch.raw.get(self.at..).unwrap_or_default();
                    let length = rest.len().min(buffer.len());
                    if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
                        to.copy_from_slice(from);
                    }
                    self.at += length;
                    if rest.len() == length {
                        self.spare.extend(self.ready.pop_front());
                        self.at = 0;
                    }
                    if length > 0 || buffer.is_empty() {
                        return Ok(length);
                    }
                }
                None if self.next < self.member.points.offsets.len() => self.fill()?,
                None => return Ok(0),
            }
        }
    }
}
