//! The one-pass filter: the four bytes from the first letter or digit on of everything searched for, in a bit table that
//! fits the fastest cache. What begins with neither is found by the letter that it holds.

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
    entries: Vec<Entry>,
    /// For each value of a gram's hash, where its entries begin in `entries`.
    starts: Vec<u32>,
}

/// A target and the up to eight folded bytes that it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    bucket: u32,
    prefix: u64,
    /// Which bits of the prefix count.
    mask: u64,
    target: Target,
    /// Bytes of the target before its first letter or digit.
    before: u8,
}

/// log2 of the number of buckets.
const BUCKET_BITS: u32 = 14;

impl Default for Grams {
    fn default() -> Self {
        Self { filter: Box::new([0; WORDS]), entries: Vec::new(), starts: Vec::new() }
    }
}

/// Makes letters equal in both cases; other bytes that become equal are told apart by the entries.
const CASE: u32 = 0x2020_2020;

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

impl Grams {
    /// Enters a target that is `folded`; `false` where fewer than three bytes are left from its first letter or digit on,
    /// which cannot be searched for. After three bytes must come one for which `follower` holds.
    pub(crate) fn enter(&mut self, folded: &[u8], target: Target, follower: impl Fn(u8) -> bool) -> bool {
        let anchor = folded.iter().position(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        let Some((before, rest)) = anchor.and_then(|at| Some((u8::try_from(at).ok()?, folded.get(at..)?))) else {
            return false;
        };
        match *rest {
            [_, _, _, _, ..] => self.add(rest, target, before),
            [a, b, c] => {
                for d in (0..=u8::MAX).filter(|d| super::text::FOLD[usize::from(*d)] == *d && follower(*d)) {
                    self.add(&[a, b, c, d], target, before);
                }
            }
            _ => return false,
        }
        true
    }

    fn add(&mut self, folded: &[u8], target: Target, before: u8) {
        let (prefix, length) = first_eight(folded);
        let mask = u64::MAX.checked_shl(64 - 8 * length).unwrap_or(0);
        let gram = hash((prefix >> 32) as u32 | CASE);
        self.entries.push(Entry { bucket: gram >> (32 - BUCKET_BITS), prefix, mask, target, before });
        let bit = gram >> (32 - FILTER_BITS);
        self.filter[(bit >> 6) as usize % WORDS] |= 1 << (bit & 63);
    }

    /// Makes the table ready for use.
    pub(crate) fn finish(&mut self) {
        self.entries.sort_unstable();
        self.entries.dedup();
        self.starts = vec![0; (1 << BUCKET_BITS) + 1];
        for entry in &self.entries {
            self.starts[entry.bucket as usize + 1] += 1;
        }
        for bucket in 1..self.starts.len() {
            self.starts[bucket] += self.starts[bucket - 1];
        }
    }

    /// The four bytes at `at`, as [`Grams::may_hold`] wants them; zeros fill up.
    #[inline]
    pub(crate) fn gram(&self, text: &[u8], at: usize) -> u32 {
        let rest = text.get(at..).unwrap_or_default();
        let four = rest.first_chunk::<4>().map_or_else(|| (first_eight(rest).0 >> 32) as u32, |four| u32::from_be_bytes(*four));
        four | CASE
    }

    /// Whether anything may begin with `gram`; wrong in a few of a hundred cases, never the other way.
    #[inline]
    pub(crate) fn may_hold(&self, gram: u32) -> bool {
        let bit = hash(gram) >> (32 - FILTER_BITS);
        self.filter[(bit >> 6) as usize % WORDS] >> (bit & 63) & 1 == 1
    }

    /// What may stand where the text goes on with `text`, and how many bytes before that place it begins.
    pub(crate) fn targets(&self, text: &[u8]) -> impl Iterator<Item = (Target, usize)> + '_ {
        let prefix = first_eight(text).0;
        let bucket = (hash((prefix >> 32) as u32 | CASE) >> (32 - BUCKET_BITS)) as usize;
        let (from, to) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        let found = self.entries[from..to].iter().filter(move |entry| prefix & entry.mask == entry.prefix);
        found.map(|entry| (entry.target, usize::from(entry.before)))
    }
}

/// Up to eight bytes, folded, the first in front; and how many there were. Zeros fill up.
#[inline]
fn first_eight(text: &[u8]) -> (u64, u32) {
    if let Some(eight) = text.first_chunk::<8>() {
        return (fold(u64::from_be_bytes(*eight)), 8);
    }
    let mut prefix = 0;
    let mut length = 0;
    for byte in text {
        prefix = prefix << 8 | u64::from(*byte);
        length += 1;
    }
    (fold(prefix.checked_shl(64 - 8 * length).unwrap_or(0)), length)
}

/// Eight bytes in lower case at once: a byte from `A` to `Z` passes the first sum's high bit and not the second's.
#[inline]
fn fold(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let low = eight & (0x7F * EACH);
    let from_a = low + u64::from(0x80 - b'A') * EACH;
    let beyond_z = low + u64::from(0x7F - b'Z') * EACH;
    let upper = from_a & !beyond_z & !eight & (0x80 * EACH);
    eight | upper >> 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_bytes_fold_as_one_byte_does() {
        for byte in 0..=u8::MAX {
            let text = [byte, b'Z', b'A', b'@', b'[', byte, 0xC4, b'z'];
            let folded = u64::from_be_bytes(text.map(|byte| super::super::text::FOLD[usize::from(byte)]));
            assert_eq!(fold(u64::from_be_bytes(text)), folded, "{byte}");
        }
    }
}
