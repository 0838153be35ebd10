//! What the bytes of a stretch are, sixty-four at a time, as bit masks: vector comparisons of sixteen bytes each, without
//! branches. Owns the classes; what they lead to is `sweep`.

use wide::i8x16;

/// Bytes in a stretch: one bit each.
pub(super) const BLOCK: usize = 64;

/// One bit for each byte of a stretch, the first in the lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Classes {
    /// ASCII letters and digits.
    pub(super) words: u64,
    /// Bytes beyond ASCII.
    pub(super) high: u64,
    /// Digits of Base64 in either alphabet.
    pub(super) digits: u64,
    dots: u64,
    colons: u64,
    dashes: u64,
    /// `@ \ % &`
    others: u64,
}

impl Classes {
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let mut classes = Self::default();
        for (at, bytes) in sixteens(block) {
            classes.add(bytes, at);
        }
        classes
    }

    /// Adds the bits of sixteen bytes, the first of which is the stretch's at `at`. Bytes beyond ASCII are negative.
    #[inline(always)]
    fn add(&mut self, bytes: i8x16, at: usize) {
        let is = |byte: u8| bytes.simd_eq(splat(byte));
        let mask = |class: i8x16| u64::from(class.to_bitmask()) << at;
        let words = between(bytes | splat(0x20), b'a', b'z') | between(bytes, b'0', b'9');
        let dashes = is(b'-');
        self.words |= mask(words);
        self.high |= mask(bytes);
        self.digits |= mask(words | dashes | is(b'+') | is(b'/') | is(b'_'));
        self.dots |= mask(is(b'.'));
        self.colons |= mask(is(b':'));
        self.dashes |= mask(dashes);
        self.others |= mask(is(b'@') | is(b'\\') | is(b'%') | is(b'&'));
    }

    /// Bytes that some structure may have in its middle. Nearly all dots, colons and hyphens are those of times, numbers and
    /// names, which the distance to the next of their kind tells; what the next stretch begins with counts as that. Without
    /// `names`, only what leads to secrets is wanted.
    pub(super) fn triggers(&self, names: bool) -> u64 {
        let separators = self.digits & !self.words | self.others;
        let urls = self.colons & ahead(separators, 1);
        if !names {
            return urls | self.others;
        }
        // Numbers of an IPv4 address have three digits at most, those of an IPv6 address four.
        let dots = self.dots & (self.words << 1 | 1) & within_four(self.dots & within_four(self.dots));
        let colons = self.colons & (ahead(self.colons, 1) | within_five(self.colons & within_five(self.colons)));
        let dashes = self.dashes & ahead(self.dashes, 3) & ahead(self.dashes, 6);
        urls | dots | colons | dashes | self.others
    }
}

/// What the digits of a row may be, one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digits {
    /// Digits of Base64 with which a group of readable text begins.
    pub(super) begins_text: u64,
    pub(super) hexadecimal: u64,
}

impl Digits {
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let mut digits = Self::default();
        for (at, bytes) in sixteens(block) {
            let mask = |class: i8x16| u64::from(class.to_bitmask()) << at;
            let few = between(bytes, b'a', b'f');
            digits.begins_text |= mask(bytes.simd_eq(splat(b'A')) | between(bytes, b'I', b'Z') | few);
            digits.hexadecimal |= mask(between(bytes, b'0', b'9') | between(bytes, b'A', b'F') | few);
        }
        digits
    }
}

/// Sixteen bytes each, as vectors, with their places.
#[inline(always)]
fn sixteens(block: &[u8; BLOCK]) -> impl Iterator<Item = (usize, i8x16)> + '_ {
    let vectors = block.as_chunks::<16>().0.iter();
    vectors.enumerate().map(|(index, bytes)| (16 * index, i8x16::new(bytes.map(u8::cast_signed))))
}

#[inline(always)]
fn between(bytes: i8x16, first: u8, last: u8) -> i8x16 {
    bytes.simd_gt(splat(first - 1)) & bytes.simd_lt(splat(last + 1))
}

#[inline(always)]
fn splat(byte: u8) -> i8x16 {
    i8x16::splat(byte.cast_signed())
}

/// Where a bit of `mask` stands `by` places further on; beyond the end there may be one.
#[inline(always)]
fn ahead(mask: u64, by: u32) -> u64 {
    !(!mask >> by)
}

/// Where one stands one to four places further on.
#[inline(always)]
fn within_four(mask: u64) -> u64 {
    let two = !mask >> 1 & !mask >> 2;
    !(two & two >> 2)
}

/// The same, one to five places.
#[inline(always)]
fn within_five(mask: u64) -> u64 {
    within_four(mask) | ahead(mask, 5)
}

/// Where, in a stretch of `digits` that follows `before`, `LENGTH` or more stand in a row: the places of the last one
/// needed, counted from the start of `before`.
pub(super) fn rows(before: u64, digits: u64, length: u32) -> u128 {
    in_a_row(u128::from(digits) << 64 | u128::from(before), length)
}

/// The last ones of `length` or more ones in a row.
pub(super) fn in_a_row(mut row: u128, length: u32) -> u128 {
    let mut have = 1;
    while have < length {
        let step = have.min(length - have);
        row &= row << step;
        have += step;
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_classes_at_every_place() {
        for byte in 0..=u8::MAX {
            for place in [0, 1, 7, 8, 31, 63] {
                let mut block = [b' '; BLOCK];
                block[place] = byte;
                let classes = Classes::of(&block);
                let bit = |wanted: bool| u64::from(wanted) << place;
                assert_eq!(classes.words, bit(byte.is_ascii_alphanumeric()), "{byte}");
                assert_eq!(classes.high, bit(!byte.is_ascii()), "{byte}");
                assert_eq!(classes.digits, bit(byte.is_ascii_alphanumeric() || b"+-/_".contains(&byte)), "{byte}");
                assert_eq!(classes.others, bit(b"@\\%&".contains(&byte)), "{byte}");
                let signs = [(classes.dots, b'.'), (classes.colons, b':'), (classes.dashes, b'-')];
                assert!(signs.iter().all(|(bits, sign)| *bits == bit(byte == *sign)), "{byte}");
            }
        }
    }

    #[test]
    fn addresses_trigger_wherever_they_begin_and_times_and_versions_do_not() {
        let triggers = |text: &str, from: usize| {
            let mut block = [b' '; BLOCK];
            block[from..].iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
            Classes::of(&block).triggers(true) >> from
        };
        for from in 0..BLOCK {
            for (text, sign) in [
                ("192.168.178.23", 3),
                ("fe80::1", 4),
                ("2003:e1:abcd:1200:1c2b:3d4e:5f60:7181", 4),
                ("00:1a:2b:3c:4d:5e", 2),
                ("00-1A-2B-3C-4D-5E", 2),
                ("https://x", 5),
                ("a@b", 1),
                (r"\\server", 1),
            ] {
                assert!(from + sign >= BLOCK || triggers(text, from) >> sign & 1 == 1, "{text} at {from}");
            }
        }
        for quiet in ["07/Aug/2008 11:07:02", "2024-08-02 05:36:25.575", "16.0.17328.20184", "Protocol: HTTP/KOFF"] {
            assert_eq!(triggers(quiet, 0) & 0xFFFF_FFFF, 0, "{quiet}");
        }
    }

    #[test]
    fn a_row_is_seen_over_the_seam_of_two_stretches() {
        let at = |place: u32| 1_u128 << place;
        assert_eq!(rows(0, 0b11_1111_1111, 10), at(64 + 9));
        assert_eq!(rows(0b11111 << 59, 0b11111, 10), at(64 + 4));
        assert_eq!(rows(0b11111 << 58, 0b11111, 10), 0);
        assert_eq!(rows(u64::MAX, u64::MAX, 10).count_ones(), 128 - 9);
    }
}
