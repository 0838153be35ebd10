//! Inflating: one stream from front to back, or by recorded flush points, where other threads may run ahead of whoever reads.
//! Owns neither limits nor what a digest is compared with; memory is bounded by the stretches that are ahead.

use std::{
    io::{BufReader, Read},
    sync::Arc,
};

use flate2::bufread::DeflateDecoder;

use self::stretch::Stretched;
pub(crate) use self::stretches::Stretches;
use super::{
    layout::{DEFLATED, STORED},
    source::Source,
};
use crate::manifest::FlushPoints;

mod stretch;
mod stretches;

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
    let member = || Stretched { source: source.clone(), extent, points: points.clone() };
    fits.then(|| Stretches::new(Arc::new(member()), Arc::clone(readers)))
}
