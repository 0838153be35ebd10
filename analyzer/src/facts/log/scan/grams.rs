//! Looks for many words at once without looking at every byte: of a text that holds a word of `n` bytes, one of every
//! `n - 3` places begins four bytes of that word. Owns the places; what a hit means is its caller's.

/// Bytes of a gram, and so of the shortest word.
pub(super) const GRAM: usize = 4;

/// Largest distance of the places looked at: of a longer word the rest is compared only.
const MOST_STRIDE: usize = 9;

/// Bits of a gram's hash: few enough for the quick table to stay in a core's nearest cache, many enough for a place to be
/// taken for a gram rarely.
const BITS: u32 = 17;

/// Words of the quick table.
const KNOWN: usize = 1 << (BITS - 6);

/// Sets the bit in which ASCII letters of both cases differ: folds their case, and takes some other bytes for one too,
/// which the comparison sorts out.
const FOLD: u32 = 0x2020_2020;

/// Words made ready for a search.
#[derive(Debug, Clone)]
pub(super) struct Grams {
    /// In lower case.
    words: Vec<Vec<u8>>,
    /// Distance of the places looked at.
    stride: usize,
    /// Which hashes occur, one bit each. Its length is known, so that no place is checked against it.
    known: Box<[u64; KNOWN]>,
    /// How many hashes occur before those of each word of the table.
    ranks: Box<[u32; KNOWN]>,
    /// Where the grams of each hash that occurs begin, and the end of all.
    starts: Vec<u32>,
    grams: Vec<Gram>,
}

/// Four bytes of a word, and what stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Gram {
    hash: usize,
    /// The bytes, folded.
    bytes: u32,
    /// As many of the next four as the word has, folded; the others are zero.
    next: u32,
    /// Which those are.
    mask: u32,
    word: u32,
    /// Where in the word they stand.
    place: u32,
}

impl Gram {
    fn of(part: &[u8], word: usize, place: usize) -> Option<Self> {
        let bytes = folded(*part.first_chunk()?);
        let (mut next, mut mask) = ([0; GRAM], [0; GRAM]);
        for ((next, mask), byte) in next.iter_mut().zip(&mut mask).zip(part.get(GRAM..)?) {
            (*next, *mask) = (*byte, 0xff);
        }
        let mask = u32::from_le_bytes(mask);
        let (word, place) = (u32::try_from(word).ok()?, u32::try_from(place).ok()?);
        Some(Self { hash: hash(bytes), bytes, next: folded(next) & mask, mask, word, place })
    }
}

impl Grams {
    /// Makes ready `words` (lower case, at least [`GRAM`] bytes each); `None` for none at all.
    pub(super) fn new(words: Vec<Vec<u8>>) -> Option<Self> {
        let shortest = words.iter().map(Vec::len).min().filter(|shortest| *shortest >= GRAM)?;
        let stride = (shortest - GRAM + 1).min(MOST_STRIDE);
        let mut grams: Vec<Gram> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            for place in 0..stride {
                grams.push(Gram::of(word.get(place..)?, number, place)?);
            }
        }
        grams.sort_unstable();
        let (mut known, mut ranks, mut starts) = (Box::new([0_u64; KNOWN]), Box::new([0_u32; KNOWN]), Vec::new());
        for (at, gram) in grams.iter().enumerate() {
            let bit = 1 << (gram.hash % 64);
            if known[gram.hash / 64] & bit == 0 {
                known[gram.hash / 64] |= bit;
                starts.push(u32::try_from(at).ok()?);
            }
        }
        let mut before = 0;
        for (rank, bits) in ranks.iter_mut().zip(known.iter()) {
            *rank = before;
            before += bits.count_ones();
        }
        starts.push(u32::try_from(grams.len()).ok()?);
        Some(Self { words, stride, known, ranks, starts, grams })
    }

    /// Tells `found` the start and number of each word in `text`, each occurrence once, roughly in order.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        // Every word has exactly one of its first grams at one of these places.
        let mut at = 0_usize;
        while let Some(chunk) = text.get(at..).and_then(|rest| rest.first_chunk::<GRAM>()) {
            let bytes = folded(*chunk);
            let hash = hash(bytes);
            if self.known[hash / 64] >> (hash % 64) & 1 != 0 {
                self.confirm(text, at, bytes, hash, &mut found);
            }
            // Cannot wrap: a text is shorter than the address space.
            at = at.wrapping_add(self.stride);
        }
    }

    #[cold]
    #[inline(never)]
    fn confirm(&self, text: &[u8], at: usize, bytes: u32, hash: usize, found: &mut impl FnMut(usize, usize)) {
        let below = self.known[hash / 64] & ((1 << (hash % 64)) - 1);
        let rank = self.ranks[hash / 64] as usize + below.count_ones() as usize;
        let range = self.starts[rank] as usize..self.starts[rank + 1] as usize;
        let next = text.get(at + GRAM..).and_then(|rest| rest.first_chunk()).map(|next| folded(*next));
        for gram in self.grams[range].iter().filter(|gram| gram.bytes == bytes) {
            // Most places that begin like a word go on otherwise: no word is fetched for them.
            if next.is_some_and(|next| next & gram.mask != gram.next) {
                continue;
            }
            let word = &self.words[gram.word as usize];
            let start = at.checked_sub(gram.place as usize);
            let part = start.and_then(|start| Some((start, text.get(start..start + word.len())?)));
            if let Some((start, _)) = part.filter(|(_, part)| part.eq_ignore_ascii_case(word)) {
                found(start, gram.word as usize);
            }
        }
    }
}

#[inline]
fn folded(gram: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(gram) | FOLD
}

#[inline]
fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(list: &[&str]) -> Vec<Vec<u8>> {
        list.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    fn found(grams: &Grams, text: &str) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        grams.each(text.as_bytes(), |start, word| hits.push((start, word)));
        hits.sort_unstable();
        hits
    }

    #[test]
    fn a_word_is_found_wherever_it_begins_and_in_any_case() {
        let grams = Grams::new(words(&["disk full", "corrupt", "timed out after a while"])).unwrap();
        for before in 0..20 {
            for (number, word) in ["Disk FULL", "CORRUPT", "timed out after a while"].into_iter().enumerate() {
                let text = format!("{}{word}.", "x".repeat(before));
                assert_eq!(found(&grams, &text), [(before, number)], "{text}");
            }
        }
        assert!(Grams::new(Vec::new()).is_none() && Grams::new(words(&["abc"])).is_none());
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(text in "[abAB]{0,80}", list in prop::collection::vec("[ab]{4,9}", 1..6)) {
            let grams = Grams::new(words(&list.iter().map(String::as_str).collect::<Vec<_>>())).unwrap();
            let lower = text.to_ascii_lowercase();
            let mut plain: Vec<(usize, usize)> = Vec::new();
            for (number, word) in list.iter().enumerate() {
                plain.extend((0..lower.len()).filter(|at| lower[*at..].starts_with(word.as_str())).map(|at| (at, number)));
            }
            plain.sort_unstable();
            prop_assert_eq!(found(&grams, &text), plain);
        }
    }
}
