//! Deflate in stretches: each begins with an empty window and ends at a byte boundary, so that stretches are compressed
//! and inflated side by side, and the whole is one ordinary deflate stream. Memory is bounded by one batch.

use std::io::{self, Read};

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rayon::prelude::*;

use crate::digest::Running;

/// Raw bytes of one stretch.
pub(crate) const INTERVAL: usize = 1 << 20;

/// Stretches compressed side by side. Fixed, so that the bytes written do not depend on the number of threads.
const BATCH: usize = 8;

/// Compression level: the knee between time and size for log text.
const LEVEL: u32 = 6;

/// An empty last block, closing a stream whose stretches all ended in a flush.
const CLOSE: [u8; 2] = [0x03, 0x00];

/// Up to [`BATCH`] stretches of a source.
struct Batch {
    raw: Vec<Vec<u8>>,
    /// Why reading ended, if it did.
    ended: Option<Result<(), io::Error>>,
}

/// Reads until the batch is full or the source ends.
fn fill(source: &mut dyn Read) -> Batch {
    let mut raw = Vec::new();
    while raw.len() < BATCH {
        let mut stretch = Vec::new();
        let read = source.take(INTERVAL as u64).read_to_end(&mut stretch);
        let short = stretch.len() < INTERVAL;
        if !stretch.is_empty() {
            raw.push(stretch);
        }
        match read {
            Err(error) => return Batch { raw, ended: Some(Err(error)) },
            Ok(_) if short => return Batch { raw, ended: Some(Ok(())) },
            Ok(_) => {}
        }
    }
    Batch { raw, ended: None }
}

fn deflate(raw: &[u8], flush: FlushCompress) -> io::Result<Vec<u8>> {
    let mut deflater = Compress::new(Compression::new(LEVEL), false);
    let mut out = Vec::with_capacity(raw.len() / 4 + 128);
    loop {
        let taken = usize::try_from(deflater.total_in()).map_err(io::Error::other)?;
        let status = deflater.compress_vec(raw.get(taken..).unwrap_or_default(), &mut out, flush)?;
        // Spare room left over means that the flush is complete.
        if status == Status::StreamEnd || (flush != FlushCompress::Finish && out.len() < out.capacity()) {
            return Ok(out);
        }
        out.reserve(raw.len() / 4 + 128);
    }
}

/// What is known of a member once all of it went through.
#[derive(Debug, Default)]
pub(crate) struct Squeezed {
    pub(crate) size: u64,
    pub(crate) compressed: u64,
    pub(crate) crc: u32,
    pub(crate) sha256: String,
    /// Digest of the compressed bytes, [bound](Running::bound_to) to `sha256` and `crc`.
    pub(crate) proof: String,
    /// Offset of each stretch in the compressed data.
    pub(crate) offsets: Vec<u64>,
    /// Why the source ended early, if it did.
    pub(crate) failure: Option<io::Error>,
}

/// A source on its way into the container, its first batch already read.
pub(crate) struct Squeezer<'a> {
    source: &'a mut dyn Read,
    batch: Batch,
    crc: Crc,
    sha256: Running,
    compressed: Running,
    done: Squeezed,
}

impl<'a> Squeezer<'a> {
    /// Reads the first batch of `source`.
    pub(crate) fn begin(source: &'a mut dyn Read) -> Self {
        let batch = fill(source);
        let (sha256, compressed) = (Running::default(), Running::default());
        Self { source, batch, crc: Crc::new(), sha256, compressed, done: Squeezed::default() }
    }

    /// Whether the source failed before it gave anything.
    pub(crate) fn failed_at_once(&mut self) -> Option<io::Error> {
        match self.batch.ended.take() {
            Some(Err(error)) if self.batch.raw.is_empty() => Some(error),
            other => {
                self.batch.ended = other;
                None
            }
        }
    }

    /// Whether more than the first batch may follow, so that the sizes are not known yet.
    pub(crate) fn is_long(&self) -> bool {
        self.batch.ended.is_none()
    }

    /// Sends everything through, compressed pieces to `out` in order.
    ///
    /// # Errors
    /// What `out` says; a failing source is told in [`Squeezed::failure`].
    pub(crate) fn run(mut self, out: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<Squeezed> {
        let single = !self.is_long() && self.batch.raw.len() <= 1;
        loop {
            let flush = if single { FlushCompress::Finish } else { FlushCompress::Full };
            let (raw, sha256) = (&self.batch.raw, &mut self.sha256);
            let ((), pieces) = rayon::join(
                || raw.iter().for_each(|stretch| sha256.update(stretch)),
                || raw.par_iter().map(|stretch| piece(stretch, flush)).collect::<Vec<_>>(),
            );
            for piece in pieces {
                let (bytes, crc) = piece?;
                out(&bytes)?;
                self.compressed.update(&bytes);
                self.done.offsets.push(self.done.compressed);
                self.done.compressed += bytes.len() as u64;
                self.crc.combine(&crc);
            }
            self.done.size += self.batch.raw.iter().map(|stretch| stretch.len() as u64).sum::<u64>();
            match self.batch.ended.take() {
                Some(ended) => {
                    self.done.failure = ended.err();
                    break;
                }
                None => self.batch = fill(self.source),
            }
        }
        if !single || self.done.size == 0 {
            out(&CLOSE)?;
            self.compressed.update(&CLOSE);
            self.done.compressed += CLOSE.len() as u64;
        }
        self.done.crc = self.crc.sum();
        self.done.sha256 = self.sha256.finish();
        self.done.proof = self.compressed.bound_to(&self.done.sha256, self.done.crc);
        Ok(self.done)
    }
}

fn piece(stretch: &[u8], flush: FlushCompress) -> io::Result<(Vec<u8>, Crc)> {
    let mut crc = Crc::new();
    crc.update(stretch);
    Ok((deflate(stretch, flush)?, crc))
}

#[cfg(test)]
mod tests {
    use flate2::read::DeflateDecoder;

    use super::*;

    fn squeeze(raw: &[u8]) -> (Squeezed, Vec<u8>) {
        let mut bytes = Vec::new();
        let mut source = raw;
        let done = Squeezer::begin(&mut source).run(&mut |piece| {
            bytes.extend(piece);
            Ok(())
        });
        (done.unwrap(), bytes)
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn every_length_is_one_deflate_stream_and_each_stretch_stands_alone() {
        let lengths = [0, 1, INTERVAL - 1, INTERVAL, INTERVAL + 1, 3 * INTERVAL, BATCH * INTERVAL, 9 * INTERVAL + 5];
        for length in lengths {
            let raw = if length % 2 == 0 { vec![b'x'; length] } else { noise(length) };
            let (done, bytes) = squeeze(&raw);
            assert_eq!((done.size, done.compressed), (length as u64, bytes.len() as u64));
            assert_eq!(done.sha256, crate::digest::sha256(&raw));
            let mut whole = Vec::new();
            DeflateDecoder::new(&*bytes).read_to_end(&mut whole).unwrap();
            assert!(whole == raw, "{length}");
            assert_eq!(done.offsets.len(), length.div_ceil(INTERVAL));
            for (index, offset) in done.offsets.iter().enumerate() {
                let mut stretch = Vec::new();
                let from = &bytes[usize::try_from(*offset).unwrap()..];
                DeflateDecoder::new(from).take(INTERVAL as u64).read_to_end(&mut stretch).unwrap();
                assert!(raw[index * INTERVAL..].starts_with(&stretch), "{length}: stretch {index}");
            }
        }
    }

    #[test]
    fn a_source_that_breaks_keeps_what_it_gave() {
        struct Breaks(usize);
        impl Read for Breaks {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let length = self.0.min(buffer.len());
                self.0 -= length;
                if length == 0 { Err(io::Error::other("gone")) } else { Ok(length) }
            }
        }
        let done = Squeezer::begin(&mut Breaks(INTERVAL + 7)).run(&mut |_| Ok(())).unwrap();
        assert_eq!(done.size, INTERVAL as u64 + 7);
        assert_eq!(done.failure.unwrap().to_string(), "gone");
        assert!(Squeezer::begin(&mut Breaks(0)).failed_at_once().is_some());
    }
}
