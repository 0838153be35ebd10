//! The one-pass filter: the first four bytes of everything searched for, in a bit table that fits the fastest cache.

use super::structure::Mark;

/// What may begin at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// A spelling of a learned name, by index.
    Name(u32),
    /// A literal that announces a structure.
    Mark(Mark),
}

/// log2 of the bits in the filter: 32 KiB.
const FILTER_BITS: u32 = 18;

/// Words of the filter.
const WORDS: usize = 1 << (FILTER_BITS - 6);

/// Four-byte beginnings (folded) and what they may be the beginning of.
#[derive(Debug)]
pub(crate) struct Grams {
    filter: Box<[u64; WORDS]>,
    /// Sorted by gram.
    entries: Vec<(u32, Target)>,
    /// For each value of a gram's hash, where its entries begin in `buckets`.
    starts: Vec<u32>,
    buckets: Vec<(u32, Target)>,
}

/// log2 of the number of buckets.
const BUCKET_BITS: u32 = 14;

impl Default for Grams {
    fn default() -> Self {
        Self { filter: Box::new([0; WORDS]), entries: Vec::new(), starts: Vec::new(), buckets: Vec::new() }
    }
}

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

impl Grams {
    /// Enters a target that begins with `folded`; shorter than three bytes cannot be searched for. After three bytes
    /// must come one for which `follower` holds.
    pub(crate) fn enter(&mut self, folded: &[u8], target: Target, follower: impl Fn(u8) -> bool) {
        match *folded {
            [a, b, c, d, ..] => self.entries.push((u32::from_be_bytes([a, b, c, d]), target)),
            [a, b, c] => {
                for d in (0..=u8::MAX).filter(|d| super::text::FOLD[usize::from(*d)] == *d && follower(*d)) {
                    self.entries.push((u32::from_be_bytes([a, b, c, d]), target));
                }
            }
            _ => {}
        }
    }

    /// Makes the table ready for use.
    pub(crate) fn finish(&mut self) {
        self.entries.sort_unstable_by_key(|(gram, target)| (hash(*gram) >> (32 - BUCKET_BITS), *gram, *target));
        self.entries.dedup();
        self.starts = vec![0; (1 << BUCKET_BITS) + 1];
        for (gram, _) in &self.entries {
            let bit = hash(*gram) >> (32 - FILTER_BITS);
            self.filter[(bit >> 6) as usize % WORDS] |= 1 << (bit & 63);
            self.starts[(hash(*gram) >> (32 - BUCKET_BITS)) as usize + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
        self.buckets = std::mem::take(&mut self.entries);
    }

    /// Whether anything may begin with `gram`; wrong in a few of a hundred cases, never the other way.
    #[inline]
    pub(crate) fn may_hold(&self, gram: u32) -> bool {
        let bit = hash(gram) >> (32 - FILTER_BITS);
        self.filter[(bit >> 6) as usize % WORDS] >> (bit & 63) & 1 == 1
    }

    /// What begins with `gram`.
    pub(crate) fn targets(&self, gram: u32) -> impl Iterator<Item = Target> + '_ {
        let bucket = (hash(gram) >> (32 - BUCKET_BITS)) as usize;
        let (from, to) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        self.buckets[from..to].iter().filter(move |(entry, _)| *entry == gram).map(|(_, target)| *target)
    }
}
