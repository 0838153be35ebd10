//! What the bytes of a stretch are, sixty-four at a time, as bit masks: plain arithmetic without branches, which compilers
//! turn into vector instructions. Owns the classes; what they lead to is `sweep`.

/// Bytes in a stretch: one bit each.
pub(super) const BLOCK: usize = 64;

const WORD: u8 = 1;
const HIGH: u8 = 1 << 1;
const DIGIT: u8 = 1 << 2;
const DOT: u8 = 1 << 3;
const COLON: u8 = 1 << 4;
const DASH: u8 = 1 << 5;
const OTHER: u8 = 1 << 6;

/// One bit for each byte of a stretch, the first in the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        let mut eights = [0_u64; 8];
        let flags = block.map(flags);
        for (eight, bytes) in eights.iter_mut().zip(flags.as_chunks::<8>().0) {
            *eight = bits_across(u64::from_le_bytes(*bytes));
        }
        let [words, high, digits, dots, colons, dashes, others, _] = bytes_across(eights);
        Self { words, high, digits, dots, colons, dashes, others }
    }

    /// Bytes that some structure may have in its middle. Nearly all dots, colons and hyphens are those of times, numbers and
    /// names, which the distance to the next of their kind tells; what the next stretch begins with counts as that. Without
    /// `names`, only what leads to secrets is wanted.
    pub(super) fn triggers(&self, names: bool) -> u64 {
        let ahead = |mask: u64, by: u32| mask >> by | !(u64::MAX >> by);
        let within = |mask: u64, reach: u32| (1..=reach).fold(0, |all, by| all | ahead(mask, by));
        let separators = self.digits & !self.words | self.others;
        let urls = self.colons & ahead(separators, 1);
        if !names {
            return urls | self.others;
        }
        // Numbers of an IPv4 address have three digits at most, those of an IPv6 address four.
        let dots = self.dots & within(self.dots & within(self.dots, 4), 4);
        let colons = self.colons & (ahead(self.colons, 1) | within(self.colons & within(self.colons, 5), 5));
        let dashes = self.dashes & ahead(self.dashes, 3) & ahead(self.dashes, 6);
        urls | dots | colons | dashes | self.others
    }
}

/// The classes of one byte.
#[inline(always)]
fn flags(byte: u8) -> u8 {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let word = letter | (byte.wrapping_sub(b'0') < 10);
    let digit = word | (byte == b'+') | (byte == b'-') | (byte == b'/') | (byte == b'_');
    let other = (byte == b'@') | (byte == b'\\') | (byte.wrapping_sub(b'%') < 2); // % &
    let all = |class: u8, holds: bool| class & u8::from(holds).wrapping_neg();
    all(WORD, word)
        | all(HIGH, byte >= 0x80)
        | all(DIGIT, digit)
        | all(DOT, byte == b'.')
        | all(COLON, byte == b':')
        | all(DASH, byte == b'-')
        | all(OTHER, other)
}

/// Bit `k` of byte `j` goes to bit `j` of byte `k`: squares of one, two and four bits change places.
#[inline(always)]
fn bits_across(mut eight: u64) -> u64 {
    for (by, mask) in [(7, 0x00AA_00AA_00AA_00AA), (14, 0x0000_CCCC_0000_CCCC), (28, 0x0000_0000_F0F0_F0F0)] {
        let differ = (eight ^ eight >> by) & mask;
        eight ^= differ ^ differ << by;
    }
    eight
}

/// Byte `k` of word `j` goes to byte `j` of word `k`: the same with words.
#[inline(always)]
fn bytes_across(mut words: [u64; 8]) -> [u64; 8] {
    for (far, mask) in [(4, 0x0000_0000_FFFF_FFFF_u64), (2, 0x0000_FFFF_0000_FFFF), (1, 0x00FF_00FF_00FF_00FF)] {
        for low in (0..8).filter(|low| low & far == 0) {
            let (a, b) = (words[low], words[low + far]);
            words[low] = a & mask | (b & mask) << (8 * far);
            words[low + far] = (a >> (8 * far)) & mask | b & !mask;
        }
    }
    words
}

/// Where, in a stretch of `digits` that follows `before`, `LENGTH` or more stand in a row: the places of the last one
/// needed, counted from the start of `before`.
pub(super) fn rows(before: u64, digits: u64, length: u32) -> u128 {
    let mut row = u128::from(digits) << 64 | u128::from(before);
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
