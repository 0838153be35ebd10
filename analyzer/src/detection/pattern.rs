//! A rule's pattern: checked when the rule is loaded, compiled when the first text is held against it, since most never
//! are. Owns what a pattern may cost; what a match means is the matcher's.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// A pattern's compiled size, in bytes, above which it is refused.
const MOST: usize = 1 << 20;

/// A pattern that compiles.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    cased: bool,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// The pattern `text`; `cased` where case counts.
    ///
    /// # Errors
    /// Why it is none, in one line.
    pub fn new(text: &str, cased: bool) -> Result<Self, String> {
        let last_line = |error: String| error.lines().last().unwrap_or_default().to_owned();
        // Whether it is one does not depend on case, and leaving it out of account takes long for classes of Unicode.
        let parsed = ParserBuilder::new().build().parse(text).map_err(|error| last_line(error.to_string()))?;
        let compiled = OnceLock::new();
        // What may be large is tried at once: nothing is refused in the middle of a report.
        if weight(&parsed) > MOST {
            let regex = build(text, cased, MOST).map_err(|error| last_line(error.to_string()))?;
            compiled.get_or_init(|| Some(regex));
        }
        Ok(Self { text: text.to_owned(), cased, compiled })
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it occurs in `text`.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// Where it occurs first in `text`.
    #[must_use]
    pub fn find<'a>(&self, text: &'a str) -> Option<regex::Match<'a>> {
        self.regex()?.find(text)
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| build(&self.text, self.cased, usize::MAX).ok()).as_ref()
    }
}

fn build(text: &str, cased: bool, most: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(!cased).size_limit(most).build()
}

/// About the most bytes that `hir` takes when it is compiled.
fn weight(hir: &Hir) -> usize {
    /// A state, or the few for a letter of either case.
    const STATE: usize = 128;
    /// A range of characters is up to four sequences of up to four bytes.
    const RANGE: usize = 512;
    let inside = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len().saturating_mul(STATE),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().saturating_mul(RANGE),
        HirKind::Class(Class::Bytes(class)) => class.ranges().len().saturating_mul(STATE),
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or_else(|| repetition.min.saturating_add(1));
            (weight(&repetition.sub).saturating_add(2 * STATE)).saturating_mul(times.max(1) as usize)
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(2 * STATE),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(|part| weight(part).saturating_add(STATE)).fold(0, usize::saturating_add)
        }
    };
    inside.saturating_add(STATE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_wrong_or_too_large_is_refused_when_it_is_loaded() {
        assert!(Pattern::new("a(b", false).unwrap_err().contains("unclosed group"));
        for huge in [r"(\w{40}){40}", r"((a{60}){60}){60}", r"\pL{200}"] {
            let why = Pattern::new(huge, false).unwrap_err();
            assert!(why.contains("size limit of 1048576"), "{huge}: {why}");
        }
        // Nearly as large as may be.
        assert!(Pattern::new(r"\w{20}", false).is_ok());
    }

    #[test]
    fn case_counts_where_it_is_said_to() {
        for (cased, found) in [(false, true), (true, false)] {
            let pattern = Pattern::new("Kof(msp|[BS]ack)", cased).unwrap();
            assert_eq!(pattern.is_match("a KOFMSP b"), found);
            assert_eq!(pattern.find("a Kofmsp b").map(|found| found.range()), Some(2..8));
        }
    }

    proptest! {
        /// A part of a pattern, repeated and nested at will: whatever waits for its first use can be compiled then.
        #[test]
        fn what_is_loaded_compiles(
            parts in prop::collection::vec(
                (prop::sample::select(vec!["a", "kerio", r"\w", r"\d", ".", "[a-z]", r"\pL", "(?-u:[^b])", "[^x]", r"\b", "é"]),
                 prop::sample::select(vec!["", "?", "*", "+", "{3}", "{2,9}", "{0,40}", "{12,}"])), 1..12),
            outer in prop::sample::select(vec!["", "?", "{4}", "{1,7}", "*"]),
            cased: bool,
        ) {
            let inner: String = parts.iter().map(|(part, times)| format!("(?:{part}){times}|")).collect();
            if let Ok(pattern) = Pattern::new(&format!("({inner}z){outer}"), cased) {
                prop_assert!(pattern.regex().is_some(), "{}", pattern.as_str());
            }
        }
    }
}
