//! The two signs that Unicode folds to ASCII letters, as those letters: words are looked for by their ASCII bytes. Owns the
//! way back to the places of the original.

/// Sign, letter.
const SIGNS: [(&[u8], u8); 2] = [("\u{212a}".as_bytes(), b'k'), ("\u{17f}".as_bytes(), b's')];

/// A text without such signs.
#[derive(Debug)]
pub(super) struct Folded {
    /// The text.
    pub(super) text: Vec<u8>,
    /// Offset in `text` from which on the original lies so many bytes further.
    shifts: Vec<(usize, usize)>,
}

impl Folded {
    /// `text` folded; `None` where it holds none of the signs.
    pub(super) fn of(text: &[u8]) -> Option<Self> {
        let mut places: Vec<(usize, usize, u8)> = Vec::new();
        for (sign, letter) in SIGNS {
            places.extend(memchr::memmem::find_iter(text, sign).map(|at| (at, sign.len(), letter)));
        }
        if places.is_empty() {
            return None;
        }
        places.sort_unstable();
        let mut folded = Self { text: Vec::with_capacity(text.len()), shifts: Vec::with_capacity(places.len()) };
        let mut from = 0;
        for (at, length, letter) in places {
            folded.text.extend_from_slice(text.get(from..at).unwrap_or_default());
            folded.text.push(letter);
            from = at + length;
            folded.shifts.push((folded.text.len(), from - folded.text.len()));
        }
        folded.text.extend_from_slice(text.get(from..).unwrap_or_default());
        Some(folded)
    }

    /// Where the byte at `at` stands in the original.
    pub(super) fn origin(&self, at: usize) -> usize {
        let before = self.shifts.partition_point(|(from, _)| *from <= at);
        let shift = before.checked_sub(1).and_then(|last| self.shifts.get(last)).map_or(0, |(_, shift)| *shift);
        at + shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_finds_its_way_back() {
        let text = "a \u{212a}erio \u{17f}ync \u{e4} end";
        let folded = Folded::of(text.as_bytes()).unwrap();
        assert_eq!(String::from_utf8_lossy(&folded.text), "a kerio sync \u{e4} end");
        for word in ["erio", "ync", "end", "a "] {
            let at = memchr::memmem::find(&folded.text, word.as_bytes()).unwrap();
            assert_eq!(folded.origin(at), text.find(word).unwrap(), "{word}");
        }
        assert_eq!((folded.origin(2), folded.origin(8)), (2, text.find('\u{17f}').unwrap()));
        assert!(Folded::of(b"plain").is_none() && Folded::of("\u{e4}".as_bytes()).is_none());
    }
}
