//! Looks for many words at once without looking at every byte: of a text that holds a word of `n` bytes, one of every
//! `n - 3` places begins four bytes of that word. Owns the places; what a hit means is its caller's.

use std::ops::Range;

/// Bytes of a gram, and so of the shortest word.
pub(super) const GRAM: usize = 4;

/// Longest stretch of a word that takes part; the rest is compared only.
const WINDOW: usize = 12;

/// Bits of a gram's hash.
const BITS: u32 = 16;

/// Sets the bit in which ASCII letters of both cases differ: folds their case, and takes some other bytes for one too,
/// which the comparison sorts out.
const FOLD: u32 = 0x2020_2020;

/// Words made ready for a search.
#[derive(Debug, Clone)]
pub(super) struct Grams {
    /// In lower case, each once.
    words: Vec<Vec<u8>>,
    /// Distance of the places looked at.
    stride: usize,
    /// Which hashes occur, one bit each.
    known: Vec<u64>,
    /// Word and place in it by hash: the range in `places`.
    ranges: Vec<Range<u32>>,
    places: Vec<(u32, u32)>,
}

impl Grams {
    /// Makes ready `words` (lower case, at least [`GRAM`] bytes each); `None` for none at all.
    pub(super) fn new(mut words: Vec<Vec<u8>>) -> Option<Self> {
        words.sort();
        words.dedup();
        let shortest = words.iter().map(Vec::len).min().filter(|shortest| *shortest >= GRAM)?;
        let stride = shortest.min(WINDOW) - GRAM + 1;
        let mut grams: Vec<(usize, u32, u32)> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            for (at, gram) in word.windows(GRAM).take(stride).enumerate() {
                grams.push((hash(gram)?, u32::try_from(number).ok()?, u32::try_from(at).ok()?));
            }
        }
        grams.sort_unstable();
        let mut known = vec![0_u64; 1 << (BITS - 6)];
        let mut ranges = vec![0..0; 1 << BITS];
        for (at, (hash, ..)) in grams.iter().enumerate() {
            let at = u32::try_from(at).ok()?;
            known[hash / 64] |= 1 << (hash % 64);
            let range: &mut Range<u32> = &mut ranges[*hash];
            *range = if range.end == 0 { at..at + 1 } else { range.start..at + 1 };
        }
        let places = grams.into_iter().map(|(_, word, at)| (word, at)).collect();
        Some(Self { words, stride, known, ranges, places })
    }

    /// Start of the first word found in `text` at or behind `from`; of words that overlap, any.
    pub(super) fn find(&self, text: &[u8], from: usize) -> Option<usize> {
        let tail = text.get(from..)?;
        // A word that begins at `from` or later has one of its first grams at one of these places.
        for (step, chunk) in tail.windows(GRAM).step_by(self.stride).enumerate() {
            let Some(hash) = hash(chunk) else { break };
            if self.known[hash / 64] >> (hash % 64) & 1 == 0 {
                continue;
            }
            let at = from + step * self.stride;
            if let Some(start) = self.confirm(text, from, at, hash) {
                return Some(start);
            }
        }
        None
    }

    #[cold]
    #[inline(never)]
    fn confirm(&self, text: &[u8], from: usize, at: usize, hash: usize) -> Option<usize> {
        let range = &self.ranges[hash];
        self.places[range.start as usize..range.end as usize].iter().find_map(|(word, place)| {
            let word = &self.words[*word as usize];
            let start = at.checked_sub(*place as usize).filter(|start| *start >= from)?;
            let found = text.get(start..start + word.len())?;
            found.eq_ignore_ascii_case(word).then_some(start)
        })
    }
}

#[inline]
fn hash(gram: &[u8]) -> Option<usize> {
    let word = u32::from_le_bytes(gram.try_into().ok()?) | FOLD;
    Some((word.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_word_is_found_wherever_it_begins_and_in_any_case() {
        let grams = Grams::new(words(&["disk full", "corrupt", "timed out after a while"])).unwrap();
        for before in 0..20 {
            for word in ["Disk FULL", "CORRUPT", "timed out after a while"] {
                let text = format!("{}{word}.", "x".repeat(before));
                assert_eq!(grams.find(text.as_bytes(), 0), Some(before), "{text}");
                assert_eq!(grams.find(text.as_bytes(), before), Some(before), "{text}");
                assert_eq!(grams.find(text.as_bytes(), before + 1), None, "{text}");
            }
        }
        assert!(Grams::new(Vec::new()).is_none() && Grams::new(words(&["abc"])).is_none());
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(text in "[abAB]{0,80}", list in prop::collection::vec("[ab]{4,9}", 1..6)) {
            let grams = Grams::new(words(&list.iter().map(String::as_str).collect::<Vec<_>>())).unwrap();
            let lower = text.to_ascii_lowercase();
            let found = grams.find(text.as_bytes(), 0);
            prop_assert_eq!(found.is_some(), list.iter().any(|word| lower.contains(word.as_str())));
            if let Some(at) = found {
                prop_assert!(list.iter().any(|word| lower[at..].starts_with(word.as_str())));
            }
        }
    }
}
