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

/// Four-byte beginnings (folded) and what they may be the beginning of. `W` words of 64 bits make the filter, a power of
/// two from 64 to 65,536: the more of them, the fewer places are asked in vain.
#[derive(Debug)]
pub(crate) struct Grams<const W: usize> {
    /// One bit for each value of the upper bits of a gram's hash.
    filter: Box<[u64; W]>,
    /// The same for the grams of targets shorter than eight bytes.
    short: Box<[u64; W]>,
    /// The same for the first eight bytes of the others: it spares most looks at the entries, which are far away.
    eight: Box<[u64; W]>,
    entries: Vec<Entry>,
    /// For each value of a gram's hash, where its entries begin in `entries`, and those of them with eight bytes or more.
    starts: Vec<(u32, u32)>,
}

/// A target and the up to sixteen folded bytes that it begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    bucket: u32,
    /// Which bits of the prefix count.
    mask: u64,
    prefix: u64,
    /// The same for the eight bytes behind it.
    tail: u64,
    tail_mask: u64,
    target: Target,
    /// Bytes of the target before its first letter or digit.
    before: u8,
    /// After this many bytes, counted from there, the target may be cut off.
    cut: u8,
}

/// log2 of the number of buckets.
const BUCKET_BITS: u32 = 14;

/// Makes letters equal in both cases; other bytes that become equal are told apart by the entries.
pub(super) const CASE: u32 = 0x2020_2020;

fn hash(gram: u32) -> u32 {
    gram.wrapping_mul(0x9E37_79B1)
}

/// The same for eight bytes.
fn hash_eight(prefix: u64) -> u32 {
    (prefix.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// Whether the bit for `hash` is set in a filter of `W` words.
#[inline(always)]
fn holds<const W: usize>(filter: &[u64; W], hash: u32) -> bool {
    let bit = (hash >> const { 26 - W.ilog2() }) as usize;
    // Never outside, which the compiler sees.
    filter[(bit >> 6) & (W - 1)] >> (bit & 63) & 1 == 1
}

fn set<const W: usize>(filter: &mut [u64; W], hash: u32) {
    let bit = (hash >> const { 26 - W.ilog2() }) as usize;
    filter[(bit >> 6) & (W - 1)] |= 1 << (bit & 63);
}

impl<const W: usize> Grams<W> {
    pub(crate) fn new() -> Self {
        let empty = || Box::new([0; W]);
        Self { filter: empty(), short: empty(), eight: empty(), entries: Vec::new(), starts: Vec::new() }
    }

    /// Enters a target that is `folded`; `false` where fewer than three bytes are left from its first letter or digit on,
    /// which cannot be searched for. After three bytes must come one for which `follower` holds. From `cut` bytes on it may
    /// be cut off.
    pub(crate) fn enter(&mut self, folded: &[u8], cut: usize, target: Target, follower: impl Fn(u8) -> bool) -> bool {
        let anchor = folded.iter().position(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
        let Some((before, rest)) = anchor.and_then(|at| Some((u8::try_from(at).ok()?, folded.get(at..)?))) else {
            return false;
        };
        let cut = cut.saturating_sub(usize::from(before));
        match *rest {
            [_, _, _, _, ..] => self.add(rest, target, before, cut),
            [a, b, c] => {
                for d in (0..=u8::MAX).filter(|d| super::text::FOLD[usize::from(*d)] == *d && follower(*d)) {
                    self.add(&[a, b, c, d], target, before, usize::MAX);
                }
            }
            _ => return false,
        }
        true
    }

    /// Enters a target that is found by looking at every fourth byte of a text, wherever it begins; seven bytes at least.
    pub(crate) fn enter_for_every_fourth(&mut self, folded: &[u8], target: Target) {
        for before in 0..4_u8 {
            self.add(folded.get(usize::from(before)..).unwrap_or_default(), target, before, usize::MAX);
        }
    }

    fn add(&mut self, folded: &[u8], target: Target, before: u8, cut: usize) {
        let (prefix, length) = first_eight(folded);
        let mask = u64::MAX.checked_shl(64 - 8 * length).unwrap_or(0);
        let (tail, length) = first_eight(folded.get(8..).unwrap_or_default());
        let tail_mask = u64::MAX.checked_shl(64 - 8 * length).unwrap_or(0);
        let cut = u8::try_from(cut).unwrap_or(u8::MAX);
        let gram = hash(first_four(prefix));
        let bucket = gram >> (32 - BUCKET_BITS);
        self.entries.push(Entry { bucket, prefix, mask, tail, tail_mask, target, before, cut });
        set(&mut self.filter, gram);
        if mask == u64::MAX { set(&mut self.eight, hash_eight(prefix)) } else { set(&mut self.short, gram) }
    }

    /// Makes the table ready for use.
    pub(crate) fn finish(&mut self) {
        self.entries.sort_unstable();
        self.entries.dedup();
        let mut place = 0;
        let mut upto = |bucket: u32, mask: u64| {
            let rest = self.entries.get(place..).unwrap_or_default();
            place += rest.partition_point(|entry| (entry.bucket, entry.mask) < (bucket, mask));
            place as u32
        };
        self.starts = (0..=1 << BUCKET_BITS).map(|bucket| (upto(bucket, 0), upto(bucket, u64::MAX))).collect();
    }

    /// Whether anything may begin with the four bytes at `at`; zeros fill up.
    #[inline]
    pub(crate) fn may_begin(&self, text: &[u8], at: usize) -> bool {
        let four = text.get(at..).and_then(|rest| rest.first_chunk::<4>());
        self.may_hold(four.map_or_else(|| last(text, at), |four| u32::from_le_bytes(*four) | CASE))
    }

    /// Whether anything may begin with `gram`, four bytes with [`CASE`]; wrong in a few of a hundred cases, never the other way.
    #[inline]
    pub(crate) fn may_hold(&self, gram: u32) -> bool {
        holds(&self.filter, hash(gram))
    }

    /// What may stand where the text goes on with `text`, and how many bytes before that place it begins.
    pub(crate) fn targets(&self, text: &[u8]) -> impl Iterator<Item = (Target, usize)> + '_ {
        let prefix = first_eight(text).0;
        let tail = first_eight(text.get(8..).unwrap_or_default()).0;
        let gram = hash(first_four(prefix));
        let bucket = (gram >> (32 - BUCKET_BITS)) as usize;
        // Short ones first, which each stand for themselves; the others in order of their eight bytes.
        let short = match holds(&self.short, gram) {
            true => &self.entries[self.starts[bucket].0 as usize..self.starts[bucket].1 as usize],
            false => &[],
        };
        let whole = match holds(&self.eight, hash_eight(prefix)) {
            true => &self.entries[self.starts[bucket].1 as usize..self.starts[bucket + 1].0 as usize],
            false => &[],
        };
        let whole = &whole[whole.partition_point(|entry| entry.prefix < prefix)..];
        let whole = whole.iter().take_while(move |entry| entry.prefix == prefix);
        let found = short.iter().filter(move |entry| prefix & entry.mask == entry.prefix).chain(whole);
        let found = found.filter(move |entry| {
            let other = (tail ^ entry.tail) & entry.tail_mask;
            other == 0 || is_cut(other, tail, entry.cut)
        });
        found.map(|entry| (entry.target, usize::from(entry.before)))
    }
}

/// Whether a target that differs from the text in the bits `other` of its second eight bytes may be cut off there: late
/// enough, and where the text's word ends.
fn is_cut(other: u64, tail: u64, cut: u8) -> bool {
    let same = other.leading_zeros() / 8;
    let byte = tail.checked_shr(56 - 8 * same).unwrap_or(0) as u8;
    8 + same >= u32::from(cut) && !byte.is_ascii_alphabetic()
}

/// The gram at `at` where fewer than four bytes are left.
#[cold]
fn last(text: &[u8], at: usize) -> u32 {
    first_four(first_eight(text.get(at..).unwrap_or_default()).0)
}

/// The first four of eight bytes as a gram.
fn first_four(eight: u64) -> u32 {
    ((eight >> 32) as u32).swap_bytes() | CASE
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
