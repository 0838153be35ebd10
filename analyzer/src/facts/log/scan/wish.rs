//! One need made ready: the words that tell where to look, and the patterns that confirm what was found. Owns both for one
//! need; a pattern is compiled when the first line is to be confirmed by it, since most never are.

use std::{cmp::Reverse, sync::OnceLock};

use regex_automata::meta::Regex;
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Look},
};

use super::literals;
use crate::facts::log::needs::Needs;

/// A need made ready.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    groups: Vec<Group>,
}

/// What tells where to look.
#[derive(Debug, Default)]
pub(super) struct Key {
    /// Words that patterns require.
    pub(super) words: Vec<Vec<u8>>,
    /// Patterns that require none.
    pub(super) wordless: Vec<String>,
}

impl Key {
    /// The more, the fewer lines are looked at.
    fn worth(&self) -> impl Ord + use<> {
        let shortest = self.words.iter().map(Vec::len).min().map(|length| length.min(12));
        (Reverse(self.wordless.len()), shortest, Reverse(self.words.len()))
    }
}

/// Patterns of which one must occur.
#[derive(Debug, Clone)]
struct Group {
    /// Each of them.
    patterns: Vec<String>,
    /// All of them; absent where they are too large together.
    regex: OnceLock<Option<Regex>>,
    /// The same without a look at what stands beside a match: a stamp may stand where the record's text has its start.
    loose: OnceLock<Option<Regex>>,
}

impl Wish {
    /// `needs` made ready, and what to look for: each record that meets them holds one of the words (of at least `shortest`
    /// bytes) or patterns of the most telling group.
    ///
    /// # Errors
    /// The pattern that does not parse, and why.
    pub(super) fn new(needs: &Needs, shortest: usize) -> Result<(Self, Key), String> {
        let keys: Result<Vec<Key>, String> = needs.groups.iter().map(|group| key(group, shortest)).collect();
        let key = keys?.into_iter().max_by_key(Key::worth).unwrap_or_default();
        let groups = needs.groups.iter().map(|patterns| Group {
            patterns: patterns.clone(),
            regex: OnceLock::new(),
            loose: OnceLock::new(),
        });
        Ok((Self { groups: groups.collect() }, key))
    }

    /// Whether every line meets it.
    pub(super) fn is_everything(&self) -> bool {
        self.groups.is_empty()
    }

    /// Whether a line may belong to a record that meets it. Where several groups are asked for, another line of the record
    /// may hold what this one lacks.
    pub(super) fn may_be_met(&self, line: &[u8]) -> bool {
        match &self.groups[..] {
            [only] => only.may_be_met(line),
            _ => true,
        }
    }

    /// Whether of each group a pattern occurs in one of `parts`.
    pub(super) fn is_met(&self, parts: &[&[u8]]) -> bool {
        self.groups.iter().all(|group| group.is_met(parts))
    }
}

impl Group {
    fn may_be_met(&self, line: &[u8]) -> bool {
        let compiled = self.loose.get_or_init(|| compile(&self.patterns, &|_| true).ok().flatten());
        !self.patterns.is_empty() && compiled.as_ref().is_none_or(|regex| regex.is_match(line))
    }

    fn is_met(&self, parts: &[&[u8]]) -> bool {
        // What cannot be compiled cannot be ruled out: the rule itself will tell.
        let compiled = self.regex.get_or_init(|| compile(&self.patterns, &is_anchor).ok().flatten());
        let occurs = |regex: &Regex| parts.iter().any(|part| regex.is_match(part));
        !self.patterns.is_empty() && compiled.as_ref().is_none_or(occurs)
    }
}

/// The pattern parsed; `folded` where letters of both cases are to stand in it, which takes long for classes of Unicode.
fn parse(pattern: &str, folded: bool) -> Result<Hir, String> {
    let mut parser = ParserBuilder::new().case_insensitive(folded).utf8(false).build();
    parser.parse(pattern).map_err(|error| format!("{pattern}: {error}"))
}

/// The pattern parsed without Unicode's classes, which take long to build, for the same words; `None` where that may
/// be another pattern: signs beyond ASCII, spelled out or not, and flags of its own.
fn bytewise(pattern: &str) -> Option<Hir> {
    let plain = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let telling = |at: usize| matches!(plain.as_bytes().get(at + 1), Some(b'x' | b'u' | b'U' | b'p' | b'P'));
    let flags = |(at, _): (usize, _)| !matches!(plain.as_bytes().get(at + 2), Some(b':' | b'<' | b'P'));
    if !plain.is_ascii() || plain.match_indices('\\').any(|(at, _)| telling(at)) || plain.match_indices("(?").any(flags)
    {
        return None;
    }
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(plain).ok()?;
    folds_in_ascii(&parsed).then_some(parsed)
}

/// What to look for, of one group.
fn key(patterns: &[String], shortest: usize) -> Result<Key, String> {
    let mut key = Key::default();
    for pattern in patterns {
        let parsed = match bytewise(pattern) {
            Some(parsed) => parsed,
            None => {
                let plain = parse(pattern.strip_prefix("(?i)").unwrap_or(pattern), false)?;
                if folds_in_ascii(&plain) { plain } else { parse(pattern, true)? }
            }
        };
        match literals::required(&without(parsed, &is_anchor), shortest) {
            Some(words) => key.words.extend(words),
            None => key.wordless.push(pattern.clone()),
        }
    }
    Ok(key)
}

/// Whether the words of `hir`, in lower case, are all that either case can make of them: so it is with ASCII.
fn folds_in_ascii(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(Class::Bytes(_)) => true,
        HirKind::Literal(literal) => literal.0.is_ascii(),
        HirKind::Class(Class::Unicode(class)) => class.is_ascii() || class.ranges().len() > 8,
        HirKind::Repetition(repetition) => folds_in_ascii(&repetition.sub),
        HirKind::Capture(capture) => folds_in_ascii(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(folds_in_ascii),
    }
}

/// All of `patterns` as one that is looked for in lines of either case, without the `unwanted` looks; `None` for none.
///
/// # Errors
/// All together are too large; the text says so.
pub(super) fn compile(patterns: &[String], unwanted: &dyn Fn(Look) -> bool) -> Result<Option<Regex>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let parsed: Result<Vec<Hir>, String> =
        patterns.iter().map(|pattern| Ok(without(parse(pattern, true)?, unwanted))).collect();
    let config = Regex::config().nfa_size_limit(Some(64 << 20)).utf8_empty(false);
    let regex = Regex::builder().configure(config).build_many_from_hir(&parsed?);
    regex.map(Some).map_err(|error| error.to_string())
}

/// Whether a look speaks of a record's text, which stands behind a stamp in the raw line.
pub(super) fn is_anchor(look: Look) -> bool {
    matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF)
}

/// `hir` without the looks that are `unwanted`: it matches wherever `hir` does, and more.
fn without(hir: Hir, unwanted: &dyn Fn(Look) -> bool) -> Hir {
    match hir.into_kind() {
        HirKind::Look(look) if unwanted(look) => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Repetition(mut repetition) => {
            repetition.sub = Box::new(without(*repetition.sub, unwanted));
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => without(*capture.sub, unwanted),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(|part| without(part, unwanted)).collect()),
        HirKind::Alternation(parts) => {
            Hir::alternation(parts.into_iter().map(|part| without(part, unwanted)).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;

    fn words(hir: Hir) -> Option<Vec<Vec<u8>>> {
        literals::required(&without(hir, &is_anchor), 4).map(|mut words| {
            words.sort();
            words
        })
    }

    #[test]
    fn read_by_bytes_a_pattern_requires_the_words_that_it_requires_with_unicode() {
        let needs = RuleSet::embedded().unwrap().log_needs();
        let built_in = needs.iter().flat_map(|need| need.groups.iter().flatten().map(String::as_str));
        let made = [
            r"(?i)disk\s+full",
            r"\bunknown (?:item|id)\b",
            r"error \d+ in [dD]atabase",
            r"(?:checksum|corrupt).{0,20}page",
            r"(?<a>abcd)+\W",
            r"time[kK]eeping",
            r"[^a]bcdef$",
            r".*",
            r"\w{3,}xyzzy",
        ];
        let mut quick = 0;
        for pattern in built_in.chain(made) {
            let Some(read) = bytewise(pattern) else { continue };
            quick += 1;
            let full = parse(pattern.strip_prefix("(?i)").unwrap_or(pattern), false).unwrap();
            let full = if folds_in_ascii(&full) { full } else { parse(pattern, true).unwrap() };
            assert_eq!(words(read), words(full), "{pattern}");
        }
        assert!(quick > 60, "{quick}");
        for other in [r"\xe9tat", r"\u00e9tat", r"\pLabcd", "caf\u{e9} au lait", "(?s)abcd.", "(?-u:abcd)"] {
            assert!(bytewise(other).is_none(), "{other}");
        }
    }
}
