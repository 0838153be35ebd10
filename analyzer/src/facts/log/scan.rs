//! One pass over a log for all patterns of all rules. Finds candidate lines; whether a rule is true of one is decided
//! later, on the record. Linear in the text whatever the number of patterns.

use regex_automata::{Input, meta::Regex};
use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind, Look},
};

/// Everything that rules ask of log text, compiled into one automaton.
#[derive(Debug, Clone)]
pub struct Patterns {
    regex: Option<Regex>,
}

impl Patterns {
    /// Compiles `patterns` (regex syntax; matched case-insensitively). Anchors are taken off: a pattern speaks of a
    /// record's text, which stands behind a stamp in the raw line.
    ///
    /// # Errors
    /// A pattern that does not compile, or all of them together being too large; the text says which.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        if patterns.is_empty() {
            return Ok(Self { regex: None });
        }
        let parser = ParserBuilder::new().case_insensitive(true).utf8(false).clone();
        let parsed: Result<Vec<Hir>, String> = patterns
            .iter()
            .map(|pattern| {
                Ok(unanchored(parser.build().parse(pattern).map_err(|error| format!("{pattern}: {error}"))?))
            })
            .collect();
        let regex = Regex::builder()
            .configure(Regex::config().nfa_size_limit(Some(64 << 20)).utf8_empty(false))
            .build_many_from_hir(&parsed?)
            .map_err(|error| error.to_string())?;
        Ok(Self { regex: Some(regex) })
    }

    /// Start and end (without line end) of each line of `text` in which some pattern occurs, ascending, each once.
    #[must_use]
    pub fn candidate_lines(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let Some(regex) = &self.regex else { return found };
        let mut at = 0;
        while let Some(hit) = regex.search(&Input::new(text).range(at..)) {
            let start = memchr::memrchr(b'\n', &text[..hit.start()]).map_or(0, |end| end + 1).max(at.min(hit.start()));
            let end = memchr::memchr(b'\n', &text[hit.start()..]).map_or(text.len(), |end| hit.start() + end);
            let shown = if end > start && text[end - 1] == b'\r' { end - 1 } else { end };
            found.push((start, shown));
            if end >= text.len() {
                break;
            }
            at = end + 1;
        }
        found
    }
}

/// `hir` without anchors to the start or end of text or line: it matches wherever `hir` does, and more.
fn unanchored(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Look(look) if is_anchor(look) => Hir::empty(),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Repetition(mut repetition) => {
            repetition.sub = Box::new(unanchored(*repetition.sub));
            Hir::repetition(repetition)
        }
        HirKind::Capture(capture) => unanchored(*capture.sub),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(unanchored).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(unanchored).collect()),
    }
}

fn is_anchor(look: Look) -> bool {
    matches!(look, Look::Start | Look::End | Look::StartLF | Look::EndLF | Look::StartCRLF | Look::EndCRLF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_with_a_hit_is_a_candidate_once() {
        let patterns = Patterns::new(&["disk full".to_owned(), r"error \d+".to_owned()]).unwrap();
        let text = b"Error 5 and error 6\r\nnothing\nDISK FULL\n\nerror 7";
        let lines: Vec<_> =
            patterns.candidate_lines(text).into_iter().map(|(a, b)| String::from_utf8_lossy(&text[a..b])).collect();
        assert_eq!(lines, ["Error 5 and error 6", "DISK FULL", "error 7"]);
        let anchored = Patterns::new(&[r"^(?:nothing|x)$".to_owned()]).unwrap();
        assert_eq!(anchored.candidate_lines(b"[stamp] nothing at all\n").len(), 1, "a stamp may stand before the text");
        assert!(Patterns::new(&[]).unwrap().candidate_lines(text).is_empty());
    }
}
