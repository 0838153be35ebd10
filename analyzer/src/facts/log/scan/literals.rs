//! Which words every match of a pattern must hold. Owns the derivation from the parsed pattern; looking for the words is
//! `grams`. Case is left out of account: words are lower case, and a text that holds one in any case counts.

use regex_syntax::hir::{Class, Hir, HirKind};

/// Most words that one pattern is told by.
const MOST: usize = 64;

/// Longest word: more than this decides nothing.
const LONGEST: usize = 32;

/// Words of which every match of `hir` holds at least one, ASCII case left out of account; `None` where there are none of
/// at least `shortest` bytes. A `k` stands for the Kelvin sign too and an `s` for the long s, as in Unicode's folding.
pub(super) fn required(hir: &Hir, shortest: usize) -> Option<Vec<Vec<u8>>> {
    let words = Words::of(hir).finish()?;
    words.iter().all(|word| word.len() >= shortest).then_some(words)
}

/// What is known of a part of a pattern.
#[derive(Debug, Default)]
struct Words {
    /// All that it can match, if that is a short list.
    exact: Option<Vec<Vec<u8>>>,
    /// Words of which each match holds one.
    inside: Option<Vec<Vec<u8>>>,
}

impl Words {
    fn of(hir: &Hir) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self::exactly(vec![Vec::new()]),
            HirKind::Literal(literal) => Self::exactly(vec![literal.0.to_ascii_lowercase()]),
            HirKind::Class(class) => Self { exact: letters(class), inside: None },
            HirKind::Capture(capture) => Self::of(&capture.sub),
            HirKind::Repetition(repetition) => {
                let sub = Self::of(&repetition.sub);
                match (repetition.min, repetition.max) {
                    (1, Some(1)) => sub,
                    (0, Some(1)) => Self {
                        exact: sub.exact.map(|mut words| {
                            words.push(Vec::new());
                            words
                        }),
                        inside: None,
                    },
                    (0, _) => Self::default(),
                    _ => Self { exact: None, inside: sub.finish() },
                }
            }
            HirKind::Concat(parts) => Self::concat(parts),
            HirKind::Alternation(parts) => Self::alternation(parts),
        }
    }

    fn exactly(words: Vec<Vec<u8>>) -> Self {
        Self { exact: Some(words), inside: None }
    }

    fn concat(parts: &[Hir]) -> Self {
        let (mut run, mut inside, mut whole) = (vec![Vec::new()], None, true);
        for part in parts {
            let part = Self::of(part);
            match part.exact.as_ref().and_then(|words| product(&run, words)) {
                Some(longer) => run = longer,
                None => {
                    whole = false;
                    inside = better(better(inside, Some(std::mem::take(&mut run))), part.inside);
                    run = part.exact.unwrap_or_else(|| vec![Vec::new()]);
                }
            }
        }
        if whole { Self::exactly(run) } else { Self { exact: None, inside: better(inside, Some(run)) } }
    }

    fn alternation(parts: &[Hir]) -> Self {
        let parts: Vec<Self> = parts.iter().map(Self::of).collect();
        let all = |words: Option<Vec<Vec<Vec<u8>>>>| {
            let mut words = words?.concat();
            words.sort();
            words.dedup();
            (words.len() <= MOST).then_some(words)
        };
        match all(parts.iter().map(|part| part.exact.clone()).collect()) {
            Some(words) => Self::exactly(words),
            None => Self { exact: None, inside: all(parts.into_iter().map(Self::finish).collect()) },
        }
    }

    fn finish(self) -> Option<Vec<Vec<u8>>> {
        better(self.exact, self.inside).filter(|words| !words.is_empty() && shortest(words) > 0)
    }
}

fn shortest(words: &[Vec<u8>]) -> usize {
    words.iter().map(Vec::len).min().unwrap_or(0)
}

/// The words that let fewer lines through: the longer, and of equally long ones the fewer.
fn better(a: Option<Vec<Vec<u8>>>, b: Option<Vec<Vec<u8>>>) -> Option<Vec<Vec<u8>>> {
    let worth = |words: &[Vec<u8>]| (shortest(words).min(12), std::cmp::Reverse(words.len()));
    match (a, b) {
        (Some(a), Some(b)) => Some(if worth(&b) > worth(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Every word of `a` followed by every word of `b`, unless these are too many or too long.
fn product(a: &[Vec<u8>], b: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let most = if shortest(a) >= 6 { 8 } else { MOST };
    let fits = a.len().checked_mul(b.len()).is_some_and(|count| count <= most);
    let words: Vec<Vec<u8>> = if fits {
        a.iter().flat_map(|head| b.iter().map(move |tail| [&head[..], &tail[..]].concat())).collect()
    } else {
        return None;
    };
    words.iter().all(|word| word.len() <= LONGEST).then_some(words)
}

/// The characters of a small class in lower case; the two that only Unicode's folding makes of `k` and `s` left out.
fn letters(class: &Class) -> Option<Vec<Vec<u8>>> {
    let mut letters: Vec<Vec<u8>> = Vec::new();
    match class {
        Class::Unicode(class) => {
            for range in class.ranges() {
                if range.len() > 4 {
                    return None;
                }
                for letter in (range.start()..=range.end()).filter(|letter| !matches!(letter, '\u{212a}' | '\u{17f}')) {
                    letters.push(letter.to_ascii_lowercase().to_string().into_bytes());
                }
            }
        }
        Class::Bytes(class) => {
            for range in class.ranges() {
                if range.len() > 4 {
                    return None;
                }
                letters.extend((range.start()..=range.end()).map(|byte| vec![byte.to_ascii_lowercase()]));
            }
        }
    }
    letters.sort();
    letters.dedup();
    (!letters.is_empty() && letters.len() <= 4).then_some(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(pattern: &str) -> Option<Vec<String>> {
        let hir = regex_syntax::ParserBuilder::new().utf8(false).build().parse(pattern).unwrap();
        required(&hir, 4).map(|words| words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect())
    }

    #[test]
    fn every_match_holds_a_required_word() {
        for (pattern, expected) in [
            (r"(?i)disk full", &["disk full"][..]),
            (r"\bunknown (item|id)\b", &["unknown id", "unknown item"]),
            (r"error \d+ in database", &[" in database"]),
            (r"(?i)(?:sync ?state|uid).{0,60}invalid", &["invalid"]),
            (r"(?:checksum|corrupt)", &["checksum", "corrupt"]),
            (r"(abcd)+", &["abcd"]),
            (r"Data page \d+ \(sequence", &["data page "]),
        ] {
            let mut found = words(pattern).unwrap_or_else(|| panic!("{pattern}: no words"));
            found.sort();
            let mut expected = expected.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{pattern}");
        }
        for pattern in [r"\d+", r"(abcd)*", r"abc", r"(?:database|\d+)", ".*", ""] {
            assert_eq!(words(pattern), None, "{pattern}");
        }
    }
}
