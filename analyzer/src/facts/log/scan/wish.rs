//! One need made ready: the words that tell where to look, and the patterns that confirm what was found. Owns both for one
//! need; a pattern is compiled when the first line is to be confirmed by it, since most never are.

use std::{cmp::Reverse, sync::OnceLock};

use regex_automata::meta::Regex;
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind, Look},
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
pub(super) struct Key<'a> {
    /// Words that patterns require.
    pub(super) words: Vec<Vec<u8>>,
    /// Patterns that require none.
    pub(super) wordless: Vec<&'a Hir>,
}

impl Key<'_> {
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
    parts: Vec<Hir>,
    /// All of them; absent where they are too large together.
    regex: OnceLock<Option<Regex>>,
    /// The same without a look at what stands beside a match: a stamp may stand where the record's text has its start.
    loose: OnceLock<Option<Regex>>,
}

impl Wish {
    /// `needs` with its patterns parsed; their anchors are taken off, since they speak of a record's text, which stands
    /// behind a stamp in the raw line.
    ///
    /// # Errors
    /// The pattern that does not parse, and why.
    pub(super) fn new(needs: &Needs) -> Result<Self, String> {
        let hir = |pattern: &String| {
            let mut parser = ParserBuilder::new().case_insensitive(true).utf8(false).build();
            parser.parse(pattern).map(unanchored).map_err(|error| format!("{pattern}: {error}"))
        };
        let groups = needs.groups.iter().map(|group| {
            let parts: Result<Vec<Hir>, String> = group.iter().map(hir).collect();
            Ok(Group { parts: parts?, regex: OnceLock::new(), loose: OnceLock::new() })
        });
        Ok(Self { groups: groups.collect::<Result<_, String>>()? })
    }

    /// Whether every line meets it.
    pub(super) fn is_everything(&self) -> bool {
        self.groups.is_empty()
    }

    /// What to look for: each record that meets it holds one of the words (of at least `shortest` bytes) or patterns of
    /// its most telling group.
    pub(super) fn key(&self, shortest: usize) -> Key<'_> {
        self.groups.iter().map(|group| group.key(shortest)).max_by_key(Key::worth).unwrap_or_default()
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
    fn key(&self, shortest: usize) -> Key<'_> {
        let mut key = Key::default();
        for part in &self.parts {
            match literals::required(part, shortest) {
                Some(words) => key.words.extend(words),
                None => key.wordless.push(part),
            }
        }
        key
    }

    fn may_be_met(&self, line: &[u8]) -> bool {
        let loose = || self.parts.iter().cloned().map(|part| without(part, &|_| true)).collect::<Vec<_>>();
        let compiled = self.loose.get_or_init(|| super::compile(&loose()).ok().flatten());
        !self.parts.is_empty() && compiled.as_ref().is_none_or(|regex| regex.is_match(line))
    }

    fn is_met(&self, parts: &[&[u8]]) -> bool {
        // What cannot be compiled cannot be ruled out: the rule itself will tell.
        let compiled = self.regex.get_or_init(|| super::compile(&self.parts).ok().flatten());
        let occurs = |regex: &Regex| parts.iter().any(|part| regex.is_match(part));
        !self.parts.is_empty() && compiled.as_ref().is_none_or(occurs)
    }
}

/// `hir` without anchors to lines or text.
fn unanchored(hir: Hir) -> Hir {
    without(hir, &|look| {
        matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF)
    })
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
