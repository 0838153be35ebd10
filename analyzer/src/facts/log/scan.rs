//! One pass over a log for the needs of all rules. Finds candidate lines and who may want them; whether a need is met is
//! confirmed on the record, by the few needs whose words stand in it. Linear in the text whatever the number of needs:
//! most bytes are not even looked at, since what meets a need holds one of the words that it requires.

mod fold;
mod grams;
mod literals;
mod wish;

use std::sync::OnceLock;

use rayon::prelude::*;
use regex_automata::{Input, meta::Regex};

use self::{
    fold::Folded,
    grams::{GRAM, Grams},
    wish::{Key, Wish, compile, is_anchor},
};
use super::needs::Needs;

/// Of a line longer than this a stretch is a candidate by itself, in bytes.
pub const LONGEST: usize = 4096;

/// Hits of an overlong line that lie so near to each other belong to one candidate, in bytes.
const NEAR: usize = LONGEST / 2;

/// Everything that rules ask of logs, made ready once.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// Each once, sorted; a need is spoken of by its number here.
    needs: Vec<Needs>,
    wishes: Vec<Wish>,
    /// In lower case, sorted.
    words: Vec<Vec<u8>>,
    /// The words made ready for the first text that they are looked for in: one log is much like the next.
    grams: OnceLock<Option<Grams>>,
    /// Who asks, by word; then those without a word; then those who want every line.
    askers: Vec<Vec<u32>>,
    /// The patterns of needs that require no word.
    wordless: Option<Regex>,
}

/// A line that somebody may want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Offset of the line.
    pub start: usize,
    /// Offset of its end, line end left out.
    pub end: usize,
    /// Offset of the first thing that was looked for in the line, or in this stretch of an overlong one.
    pub hit: usize,
    /// Who may want it: numbers of needs, ascending.
    pub wanted_by: Vec<u32>,
}

impl Patterns {
    /// Makes `needs` ready. Case is left out of account.
    ///
    /// # Errors
    /// A pattern that does not compile, or all that require no word being too large together; the text says which.
    pub fn new(needs: &[Needs]) -> Result<Self, String> {
        let mut needs = needs.to_vec();
        needs.sort();
        needs.dedup();
        let ready = needs.par_iter().map(|needs| Wish::new(needs, GRAM)).collect::<Result<Vec<_>, _>>()?;
        let (wishes, keys): (Vec<Wish>, Vec<Key>) = ready.into_iter().unzip();
        let (mut words, mut without, mut every) = (Vec::new(), Vec::new(), Vec::new());
        let mut wordless: Vec<String> = Vec::new();
        for ((number, wish), key) in (0_u32..).zip(&wishes).zip(keys) {
            if wish.is_everything() {
                every.push(number);
                continue;
            }
            words.extend(key.words.into_iter().map(|word| (word, number)));
            if !key.wordless.is_empty() {
                without.push(number);
                wordless.extend(key.wordless);
            }
        }
        words.sort();
        words.dedup();
        let (mut each, mut askers): (Vec<Vec<u8>>, Vec<Vec<u32>>) = (Vec::new(), Vec::new());
        for (word, number) in words {
            if each.last() == Some(&word) {
                askers.last_mut().into_iter().for_each(|askers| askers.push(number));
            } else {
                each.push(word);
                askers.push(vec![number]);
            }
        }
        askers.extend([without, every]);
        Ok(Self {
            needs,
            wishes,
            words: each,
            grams: OnceLock::new(),
            askers,
            wordless: compile(&wordless, &is_anchor)?,
        })
    }

    /// The needs, by number.
    #[must_use]
    pub fn needs(&self) -> &[Needs] {
        &self.needs
    }

    /// The needs that require no word: for them every byte of a log is looked at.
    pub fn wordless(&self) -> impl Iterator<Item = &Needs> {
        let numbers = self.askers.iter().rev().take(2).flatten();
        numbers.filter_map(|number| self.needs.get(*number as usize))
    }

    /// Whether a record of which `line` is a line may meet the need `number`: a quick no to most candidates.
    #[must_use]
    pub fn may_be_met(&self, number: u32, line: &[u8]) -> bool {
        self.wishes.get(number as usize).is_some_and(|wish| wish.may_be_met(line))
    }

    /// Whether what stands in `parts` (the lines of a record) meets the need `number`.
    #[must_use]
    pub fn is_met(&self, number: u32, parts: &[&[u8]]) -> bool {
        self.wishes.get(number as usize).is_some_and(|wish| wish.is_met(parts))
    }

    /// The lines of `text` that somebody may want, ascending; each once, but for overlong ones. `ascii` says whether the text
    /// is known to be ASCII.
    #[must_use]
    pub fn candidates(&self, text: &[u8], ascii: bool) -> Vec<Candidate> {
        let mut hits = self.hits(text, ascii);
        hits.sort_unstable();
        let mut found: Vec<Candidate> = Vec::new();
        let (mut rest, mut line) = (&hits[..], None);
        while let Some(&(hit, _)) = rest.first() {
            // An overlong line has many candidates, and its ends are far away.
            let known = line.filter(|(start, end)| (*start..=*end).contains(&hit));
            let (start, end) = known.unwrap_or_else(|| line_around(text, hit));
            line = Some((start, end));
            let reach = if end - start > LONGEST { end.min(hit + NEAR) } else { end };
            let here = rest.partition_point(|(at, _)| *at <= reach);
            let (mine, others) = rest.split_at(here);
            let mut wanted_by: Vec<u32> =
                mine.iter().filter_map(|(_, asker)| self.askers.get(*asker)).flatten().copied().collect();
            wanted_by.sort_unstable();
            wanted_by.dedup();
            found.push(Candidate { start, end: shown(text, start, end), hit, wanted_by });
            rest = others;
        }
        found
    }

    /// Where in `text` somebody's word or pattern stands, and the place of its askers.
    fn hits(&self, text: &[u8], ascii: bool) -> Vec<(usize, usize)> {
        let mut hits: Vec<(usize, usize)> = Vec::new();
        let grams = self.grams.get_or_init(|| Grams::new(self.words.clone(), text));
        if let Some(words) = grams {
            let folded = if ascii { None } else { Folded::of(text) };
            match folded {
                None => each_once(words, text, self.askers.len(), |at, word| hits.push((at, word))),
                Some(folded) => each_once(words, &folded.text, self.askers.len(), |at, word| {
                    hits.push((folded.origin(at), word));
                }),
            }
        }
        let every = self.askers.len().saturating_sub(1);
        if let Some(wordless) = &self.wordless {
            let mut at = 0;
            while let Some(hit) = wordless.search(&Input::new(text).range(at..)).filter(|_| at < text.len()) {
                hits.push((hit.start(), every.saturating_sub(1)));
                at = past(text, hit.start());
            }
        }
        if self.askers.last().is_some_and(|every| !every.is_empty()) {
            let starts = memchr::memchr_iter(b'\n', text).map(|end| end + 1);
            hits.extend(std::iter::once(0).chain(starts).filter(|at| *at < text.len()).map(|at| (at, every)));
        }
        hits
    }
}

/// As [`Grams::each`], a word once a line.
fn each_once(words: &Grams, text: &[u8], count: usize, mut found: impl FnMut(usize, usize)) {
    let mut told = vec![0_usize; count];
    words.each(text, |at, word| {
        if let Some(until) = told.get_mut(word).filter(|until| at >= **until) {
            found(at, word);
            *until = past(text, at);
        }
    });
}

/// Where a word found at `at` may be told again: in the next line, or further on in an overlong one.
fn past(text: &[u8], at: usize) -> usize {
    let near = text.get(at..(at + NEAR).min(text.len())).unwrap_or_default();
    memchr::memchr(b'\n', near).map_or(at + near.len().max(1), |end| at + end + 1)
}

/// Start and end of the line that holds the offset `at`, line feed left out.
fn line_around(text: &[u8], at: usize) -> (usize, usize) {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
    (start, end)
}

/// `end` before a carriage return.
fn shown(text: &[u8], start: usize, end: usize) -> usize {
    if end > start && text[end - 1] == b'\r' { end - 1 } else { end }
}

#[cfg(test)]
mod tests;
