//! Looks for many words at once without looking at every byte: of a text that holds a word of `n` bytes, one of every
//! `n - 2` places begins four bytes that are of that word, or three and whatever follows it. A longer word is told by those
//! of its bytes that are rare in the text at hand. Owns the places; what a hit means is its caller's.

use std::cmp::Reverse;

/// Bytes of a gram, and so of the shortest word.
pub(super) const GRAM: usize = 4;

/// Bytes of a gram that are of a word, at least.
const LEAST: usize = GRAM - 1;

/// Words that may have a gram which ends behind them: it stands for 128, one for each byte that may follow.
const MOST_OPEN: usize = 64;

/// Largest distance of the places looked at: of a longer word the rest is compared only.
const MOST_STRIDE: usize = 9;

/// Places looked at at a time: as many as a mask has bits.
const PLACES: usize = u32::BITS as usize;

/// Bits of a gram's hash: few enough for the quick table to stay in a core's nearest cache, many enough for a place to be
/// taken for a gram rarely.
const BITS: u32 = 17;

/// Words of the quick table.
const KNOWN: usize = 1 << (BITS - 6);

/// Pieces of a text that tell which grams are rare in it, and bytes of each.
const SAMPLES: usize = 16;
const SAMPLE: usize = 4 << 10;

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

/// Four bytes of a word, or three and one that may follow it; and what stands behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// The grams that `part`, the rest of a word from `place` on, may begin with: one for every byte that may follow the
    /// word where `part` is too short for a gram.
    fn all<'a>(part: &'a [u8], word: usize, place: usize) -> impl Iterator<Item = Option<Self>> + 'a {
        let whole = part.first_chunk().map(|gram| folded(*gram));
        let open = part.first_chunk().map(|[a, b, c]: &[u8; LEAST]| [*a, *b, *c]).filter(|_| whole.is_none());
        let followed = open.into_iter().flat_map(|[a, b, c]| {
            (0..=u8::MAX)
                .map(move |next| [a, b, c, next])
                .filter(|gram| folded(*gram).to_le_bytes()[LEAST] == gram[LEAST])
        });
        let grams = whole.into_iter().chain(followed.map(folded));
        grams.map(move |bytes| Self::of(bytes, part.get(GRAM..).unwrap_or_default(), word, place))
    }

    fn of(bytes: u32, behind: &[u8], word: usize, place: usize) -> Option<Self> {
        let (mut next, mut mask) = ([0; GRAM], [0; GRAM]);
        for ((next, mask), byte) in next.iter_mut().zip(&mut mask).zip(behind) {
            (*next, *mask) = (*byte, 0xff);
        }
        let mask = u32::from_le_bytes(mask);
        let (word, place) = (u32::try_from(word).ok()?, u32::try_from(place).ok()?);
        Some(Self { hash: hash(bytes), bytes, next: folded(next) & mask, mask, word, place })
    }
}

impl Grams {
    /// Makes ready `words` (lower case, at least [`GRAM`] bytes each) for texts like `text`, which decides how fast they are
    /// found and never what is found; `None` for no word at all.
    pub(super) fn new(words: Vec<Vec<u8>>, text: &[u8]) -> Option<Self> {
        let shortest = words.iter().map(Vec::len).min().filter(|shortest| *shortest >= GRAM)?;
        let open = words.iter().filter(|word| word.len() == shortest).count() <= MOST_OPEN;
        let stride = (shortest - if open { LEAST } else { GRAM } + 1).min(MOST_STRIDE);
        let counts = counts(text);
        let mut grams: Vec<Gram> = Vec::new();
        for (number, word) in words.iter().enumerate() {
            let first = rarest(word, stride, &counts);
            for place in first..first + stride {
                for gram in Gram::all(word.get(place..)?, number, place) {
                    grams.push(gram?);
                }
            }
        }
        // Of one word the later place first: it is the earlier occurrence.
        grams.sort_unstable_by_key(|gram| (gram.hash, gram.bytes, gram.word, Reverse(gram.place)));
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

    /// Tells `found` the start and number of each word in `text`, each occurrence once; those of one word ascending.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        // With the distance known when compiled, eight places are hashed by one instruction.
        let probe = match self.stride {
            1 => probe::<1>,
            2 => probe::<2>,
            3 => probe::<3>,
            4 => probe::<4>,
            5 => probe::<5>,
            6 => probe::<6>,
            7 => probe::<7>,
            8 => probe::<8>,
            _ => probe::<MOST_STRIDE>,
        };
        // Every word has exactly one of its grams at one of these places.
        let (mut at, step) = (0, PLACES * self.stride);
        while let Some(part) = text.get(at..).filter(|rest| rest.len() >= LEAST) {
            let mut known = probe(&self.known, part);
            while known != 0 {
                let place = at + known.trailing_zeros() as usize * self.stride;
                known &= known - 1;
                self.confirm(text, place, &mut found);
            }
            at += step;
        }
    }

    /// Tells the words of which a gram stands at `at`.
    #[cold]
    #[inline(never)]
    fn confirm(&self, text: &[u8], at: usize, found: &mut impl FnMut(usize, usize)) {
        // Behind the end of the text stand zeros, as where the place was found.
        let rest = text.get(at..).unwrap_or_default();
        let bytes = folded(std::array::from_fn(|byte| rest.get(byte).copied().unwrap_or_default()));
        let hash = hash(bytes);
        if !is_known(&self.known, hash) {
            return;
        }
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

/// Which of the first [`PLACES`] places of `text`, `STRIDE` bytes from each other, begin a gram whose hash is `known`: one
/// bit each. Compiled for what the processor at hand can do.
#[multiversion::multiversion(targets("x86_64+avx+avx2+bmi1+bmi2", "x86_64+sse4.1"))]
fn probe<const STRIDE: usize>(known: &[u64; KNOWN], text: &[u8]) -> u32 {
    let (mut bits, mut padded) = (0, [0; PLACES * MOST_STRIDE + GRAM]);
    let length = PLACES * STRIDE + GRAM;
    let text = match text.get(..length) {
        Some(text) => text,
        // Behind the end stand zeros.
        None => {
            padded.get_mut(..text.len()).into_iter().for_each(|start| start.copy_from_slice(text));
            &padded[..length]
        }
    };
    for place in 0..PLACES {
        let start = place * STRIDE;
        let gram = [text[start], text[start + 1], text[start + 2], text[start + 3]];
        bits |= u32::from(is_known(known, hash(folded(gram)))) << place;
    }
    bits
}

#[inline]
fn is_known(known: &[u64; KNOWN], hash: usize) -> bool {
    known[hash / 64] >> (hash % 64) & 1 != 0
}

#[inline]
fn folded(gram: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(gram) | FOLD
}

#[inline]
fn hash(bytes: u32) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1) >> (32 - BITS)) as usize
}

/// How often each hash occurs in pieces of `text`.
fn counts(text: &[u8]) -> Vec<u32> {
    let mut counts = vec![0; 1 << BITS];
    let step = (text.len() / SAMPLES).max(SAMPLE);
    for piece in text.chunks(step).map(|piece| piece.get(..SAMPLE).unwrap_or(piece)) {
        for gram in piece.windows(GRAM).filter_map(<[u8]>::first_chunk) {
            counts[hash(folded(*gram))] += 1;
        }
    }
    counts
}

/// Where in `word` those `stride` grams begin that occur least, by the `counts` of their hashes. None ends behind the word
/// if it has enough others.
fn rarest(word: &[u8], stride: usize, counts: &[u32]) -> usize {
    let count = |place: usize| {
        let grams = Gram::all(word.get(place..).unwrap_or_default(), 0, place).flatten();
        grams.map(|gram| u64::from(counts[gram.hash])).sum::<u64>()
    };
    let last = word.len() - if word.len() < stride + LEAST { LEAST } else { GRAM };
    let each: Vec<u64> = (0..=last).map(count).collect();
    let sums = each.windows(stride).map(|grams| grams.iter().sum::<u64>());
    sums.enumerate().min_by_key(|(_, sum)| *sum).map_or(0, |(first, _)| first)
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
        let grams = Grams::new(words(&["disk full", "corrupt", "timed out after a while"]), b"").unwrap();
        for before in 0..20 {
            for (number, word) in ["Disk FULL", "CORRUPT", "timed out after a while"].into_iter().enumerate() {
                let text = format!("{}{word}.", "x".repeat(before));
                assert_eq!(found(&grams, &text), [(before, number)], "{text}");
            }
        }
        assert!(Grams::new(Vec::new(), b"").is_none() && Grams::new(words(&["abc"]), b"").is_none());
    }

    #[test]
    fn a_word_is_told_by_what_is_rare_in_the_text() {
        let text = "[sync] Synchronising, state: synced\n".repeat(9000);
        let (word, counts) = (b"sync is lost", counts(text.as_bytes()));
        assert_eq!(rarest(word, 3, &vec![0; 1 << BITS]), 0, "nothing is known: as well the first");
        assert!(rarest(word, 3, &counts) > 0, "the log says sync everywhere");
        assert!(counts.iter().sum::<u32>() as usize <= SAMPLES * SAMPLE, "a long text is not read whole");
    }

    #[test]
    fn many_short_words_take_no_more_memory_than_long_ones() {
        let list: Vec<Vec<u8>> = (0..1000).map(|number| format!("w{number:03}").into_bytes()).collect();
        let grams = Grams::new(list.clone(), b"").unwrap();
        assert_eq!((grams.grams.len(), grams.stride), (1000, 1));
        assert_eq!(found(&grams, "x w007w008 w99"), [(2, 7), (6, 8)]);
        let few = Grams::new(list[..MOST_OPEN].to_vec(), b"").unwrap();
        assert_eq!((few.grams.len(), few.stride), (MOST_OPEN * 129, 2));
        assert_eq!(found(&few, "x w007w008"), [(2, 7), (6, 8)], "at the very end, too");
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds_whatever_the_words_were_made_ready_for(
            text in "[abAB]{0,80}",
            list in prop::collection::vec("[ab]{4,9}", 1..6),
            sample in "[ab]{0,80}",
        ) {
            let list = words(&list.iter().map(String::as_str).collect::<Vec<_>>());
            let grams = Grams::new(list.clone(), sample.as_bytes()).unwrap();
            let lower = text.to_ascii_lowercase();
            let mut hits: Vec<Vec<usize>> = vec![Vec::new(); list.len()];
            grams.each(text.as_bytes(), |start, word| hits[word].push(start));
            for (word, hits) in list.iter().zip(hits) {
                let plain = (0..lower.len()).filter(|at| lower.as_bytes()[*at..].starts_with(word));
                prop_assert_eq!(hits, plain.collect::<Vec<_>>(), "ascending, each once");
            }
        }
    }
}
