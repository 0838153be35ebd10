//! What the bytes of a stretch are, sixty-four at a time, as bit masks: plain arithmetic without branches, which compilers
//! turn into vector instructions. Owns the classes; what they lead to is `sweep`.

/// Bytes in a stretch: one bit each.
pub(super) const BLOCK: usize = 64;

const WORD: u32 = 0;
const HIGH: u32 = 1;
const DIGIT: u32 = 2;
const TRIGGER: u32 = 3;

/// One bit for each byte of a stretch, the first in the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Classes {
    /// ASCII letters and digits.
    pub(super) words: u64,
    /// Bytes beyond ASCII.
    pub(super) high: u64,
    /// Digits of Base64 in either alphabet.
    pub(super) digits: u64,
    /// Bytes that some structure has in its middle.
    pub(super) triggers: u64,
}

impl Classes {
    pub(super) fn of(block: &[u8; BLOCK]) -> Self {
        let flags = block.map(flags);
        let bits =
            |class: u32| flags.as_chunks::<8>().0.iter().rev().fold(0, |bits, eight| bits << 8 | gather(*eight, class));
        // Most texts have none.
        let high = if block.is_ascii() { 0 } else { bits(HIGH) };
        Self { words: bits(WORD), high, digits: bits(DIGIT), triggers: bits(TRIGGER) }
    }
}

/// The classes of one byte.
#[inline(always)]
fn flags(byte: u8) -> u8 {
    let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let word = letter | (byte.wrapping_sub(b'0') < 10);
    let digit = word | (byte == b'+') | (byte == b'-') | (byte == b'/') | (byte == b'_');
    let trigger = (byte == b'@')
        | (byte == b':')
        | (byte.wrapping_sub(b'-') < 2) // - .
        | (byte == b'\\')
        | (byte.wrapping_sub(b'%') < 2); // % &
    u8::from(word) << WORD | u8::from(byte >= 0x80) << HIGH | u8::from(digit) << DIGIT | u8::from(trigger) << TRIGGER
}

/// Bit `class` of each of eight bytes, the first byte's in the lowest place: the product moves bit k from byte k to place
/// 56 + k.
#[inline(always)]
fn gather(eight: [u8; 8], class: u32) -> u64 {
    let ones = u64::from_le_bytes(eight) >> class & 0x0101_0101_0101_0101;
    ones.wrapping_mul(0x0102_0408_1020_4080) >> 56
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
                assert_eq!(classes.triggers, bit(b"@:.\\-%&".contains(&byte)), "{byte}");
            }
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
