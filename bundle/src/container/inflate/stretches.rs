//! A member by its flush points, as one stream. Owns when other threads are asked for help, and the digest of what was
//! inflated.

use std::{
    collections::VecDeque,
    io::{self, Read},
    sync::Arc,
};

use super::stretch::{Stretch, Stretched};
use crate::{
    digest::Running,
    offer::{Offer, Outcome},
};

/// Most stretches that are ahead of the reader.
const MOST_AHEAD: usize = 16;

/// A member on its way out, stretch by stretch.
pub(crate) struct Stretches {
    member: Arc<Stretched>,
    /// Counts who reads, by being held.
    readers: Arc<()>,
    /// Of all compressed bytes so far.
    compressed: Running,
    /// The first stretch that is neither being given out nor ahead.
    next: usize,
    /// The stretches before that one, in order, where other threads may inflate them.
    ahead: VecDeque<Offer<Memory, io::Result<Memory>>>,
    /// How the bytes of the current stretch are had.
    current: Current,
    /// What they are had from.
    memory: Memory,
    spare: Vec<Memory>,
}

/// A stretch, and its bytes where another thread has inflated it.
#[derive(Default)]
struct Memory {
    stretch: Stretch,
    raw: Vec<u8>,
}

/// How the next bytes are had.
#[derive(Clone, Copy)]
enum Current {
    /// Not at all: the next stretch is.
    Ended,
    /// By inflating into the reader's own memory.
    Direct,
    /// They are there: so many of them were given out.
    Whole(usize),
}

impl Stretches {
    /// `member` from front to back. All that is read of one bundle at a time shares `readers`, and so the threads.
    pub(super) fn new(member: Arc<Stretched>, readers: Arc<()>) -> Self {
        Self {
            member,
            readers,
            compressed: Running::default(),
            next: 0,
            ahead: VecDeque::new(),
            current: Current::Ended,
            memory: Memory::default(),
            spare: Vec::new(),
        }
    }

    /// Whether the compressed bytes read so far, `sha256` and the container's checksum are those that the flush points were
    /// written with. `false` before the end, too, and where the points say nothing of it.
    pub(crate) fn prove(&self, sha256: &str) -> bool {
        let said = self.member.points.sha256.as_deref();
        let bound = || self.compressed.clone().bound_to(sha256, self.member.extent.crc);
        said.is_some_and(|said| bound().eq_ignore_ascii_case(said))
    }

    /// Whether there is something to [prove](Self::prove).
    pub(crate) fn can_prove(&self) -> bool {
        self.member.points.sha256.is_some()
    }

    /// Goes on to the next stretch; `false` where there is none.
    fn advance(&mut self) -> io::Result<bool> {
        self.look_ahead();
        let index = self.next - self.ahead.len();
        let inflated = match self.ahead.pop_front().map(Offer::outcome) {
            Some(Outcome::Done(inflated)) => Some(inflated?),
            Some(Outcome::Free(memory)) => {
                self.spare.push(memory);
                None
            }
            Some(Outcome::Lost) => {
                return Err(io::Error::other("expected another thread to inflate, found it stopped"));
            }
            None if self.next == self.member.count() => return Ok(false),
            None => {
                self.next += 1;
                None
            }
        };
        self.current = match inflated {
            Some(inflated) => {
                self.spare.push(std::mem::replace(&mut self.memory, inflated));
                Current::Whole(0)
            }
            None => {
                self.member.begin(index, &mut self.memory.stretch)?;
                Current::Direct
            }
        };
        if self.can_prove() {
            self.compressed.update(&self.memory.stretch.compressed);
        }
        Ok(true)
    }

    /// Offers stretches to other threads where fewer members are being read than there are threads. Where each thread has a
    /// member of its own, what it inflates stays in its core's cache.
    fn look_ahead(&mut self) {
        let readers = Arc::strong_count(&self.readers).saturating_sub(1).max(1);
        let threads = rayon::current_num_threads();
        let many = if readers >= threads { 0 } else { (2 * threads / readers).min(MOST_AHEAD) };
        while self.ahead.len() < many && self.next < self.member.count() {
            let (member, index) = (Arc::clone(&self.member), self.next);
            let inflate = move |mut memory: Memory| {
                member.begin(index, &mut memory.stretch)?;
                memory.stretch.read_whole(&mut memory.raw)?;
                Ok(memory)
            };
            self.ahead.push_back(Offer::new(self.spare.pop().unwrap_or_default(), inflate));
            self.next += 1;
        }
    }
}

impl Read for Stretches {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let length = match &mut self.current {
                Current::Direct => self.memory.stretch.read(buffer)?,
                Current::Whole(at) => {
                    let rest = self.memory.raw.get(*at..).unwrap_or_default();
                    let length = rest.len().min(buffer.len());
                    if let (Some(to), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
                        to.copy_from_slice(from);
                    }
                    *at += length;
                    length
                }
                Current::Ended => 0,
            };
            if length > 0 {
                return Ok(length);
            }
            self.current = Current::Ended;
            if !self.advance()? {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        container::{
            inflate::{Extent, parallel},
            layout::DEFLATED,
            source::Source,
            squeeze::{INTERVAL, Squeezer},
        },
        manifest::FlushPoints,
    };

    /// A member of eleven stretches: its raw bytes, its compressed ones, and where it is.
    fn member() -> (Vec<u8>, Vec<u8>, Extent, FlushPoints) {
        let raw: Vec<u8> = (0_u32..).flat_map(|number| number.to_le_bytes()).take(10 * INTERVAL + 77).collect();
        let (mut source, mut compressed) = (&raw[..], Vec::new());
        let mut write = |piece: &[u8]| {
            compressed.extend(piece);
            Ok(())
        };
        let done = Squeezer::begin(&mut source).run(&mut write).unwrap();
        let extent =
            Extent { offset: 0, compressed: done.compressed, size: done.size, method: DEFLATED, crc: done.crc };
        let points = FlushPoints { interval: INTERVAL as u64, offsets: done.offsets, sha256: Some(done.proof) };
        assert!(parallel(&Source::Memory([].into()), extent, &points, &Arc::new(())).is_some());
        (raw, compressed, extent, points)
    }

    /// Reads by pieces of `length` in a pool of so many `threads`, of which `busy` others read something else.
    fn read(
        (bytes, extent, points): (&[u8], Extent, &FlushPoints),
        (threads, busy): (usize, usize),
        length: usize,
    ) -> (Vec<u8>, io::Result<bool>) {
        let readers = Arc::new(());
        let others: Vec<_> = (0..busy).map(|_| Arc::clone(&readers)).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(move || {
            let mut stretches = parallel(&Source::Memory(bytes.into()), extent, points, &readers).unwrap();
            let (mut raw, mut piece) = (Vec::new(), vec![0; length]);
            let end = loop {
                match stretches.read(&mut piece) {
                    Ok(0) => break Ok(()),
                    Ok(length) => raw.extend(&piece[..length]),
                    Err(error) => break Err(error),
                }
            };
            drop(others);
            let sha256 = crate::digest::sha256(&raw);
            (raw, end.map(|()| stretches.prove(&sha256)))
        })
    }

    #[test]
    fn whoever_inflates_gives_the_same_bytes_and_the_same_proof() {
        let (raw, compressed, extent, points) = member();
        for threads in [(1, 0), (2, 0), (2, 1), (4, 0), (4, 3)] {
            for length in [1000, 1 << 18, 3 * INTERVAL] {
                let (read, proven) = read((&compressed, extent, &points), threads, length);
                assert!(read == raw && proven.unwrap(), "{threads:?} by {length}");
            }
        }
    }

    #[test]
    fn a_stretch_that_is_longer_shorter_or_broken_ends_the_member_there_whoever_inflates_it() {
        let (raw, compressed, extent, points) = member();
        let at = usize::try_from(points.offsets[7]).unwrap();
        let broken = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = compressed.clone();
            change(&mut bytes);
            bytes
        };
        let cases = [
            // A stored block of no bytes where the stretch begins, which has to end the stream: too short.
            ("0 raw bytes of 1048576", broken(&|bytes| bytes[at..at + 5].copy_from_slice(&[1, 0, 0, 0xff, 0xff]))),
            // The reserved kind of block.
            ("", broken(&|bytes| bytes[at] = 7)),
        ];
        for (told, bytes) in &cases {
            for threads in [(1, 0), (2, 0), (4, 0)] {
                let (read, end) = read((bytes, extent, &points), threads, 1 << 18);
                let error = end.unwrap_err().to_string();
                assert!(read == raw[..7 * INTERVAL], "{threads:?}: {} bytes, {error}", read.len());
                assert!(error.contains(told), "{threads:?}: {error}");
            }
        }
        // Points that leave one out: what lies between two of them is longer than said.
        let mut longer = points.clone();
        longer.offsets.remove(7);
        let shorter = Extent { size: extent.size - INTERVAL as u64, ..extent };
        for threads in [(1, 0), (2, 0), (4, 0)] {
            let error = read((&compressed, shorter, &longer), threads, 1 << 18).1.unwrap_err().to_string();
            assert!(error.contains("stretch 6") && error.contains("more than 1048576 raw bytes"), "{error}");
        }
    }
}
