//! One pass over a log for all patterns of all rules. Finds candidate lines; whether a rule is true of one is decided
//! later, on the record. Linear in the text whatever the number of patterns: most bytes are not even looked at, since
//! a match needs one of the words that its pattern requires.

mod grams;
mod literals;

use std::ops::Range;

use regex_automata::{Input, meta::Regex};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind, Look},
};

use self::grams::{GRAM, Grams};

/// Everything that rules ask of log text, made ready once.
#[derive(Debug, Clone, Default)]
pub struct Patterns {
    /// All patterns.
    regex: Option<Regex>,
    /// The words of patterns that require one.
    words: Option<Grams>,
    /// The patterns that require none.
    wordless: Option<Regex>,
    /// Whether some pattern may match across a line's end, as in a record of several lines.
    across: bool,
}

impl Patterns {
    /// Compiles `patterns` (regex syntax; matched case-insensitively). Anchors are taken off: a pattern speaks of a
    /// record's text, which stands behind a stamp in the raw line.
    ///
    /// # Errors
    /// A pattern that does not compile, or all of them together being too large; the text says which.
    pub fn new(patterns: &[String]) -> Result<Self, String> {
        let parser = ParserBuilder::new().case_insensitive(true).utf8(false).clone();
        let parsed: Result<Vec<Hir>, String> = patterns
            .iter()
            .map(|pattern| {
                Ok(unanchored(parser.build().parse(pattern).map_err(|error| format!("{pattern}: {error}"))?))
            })
            .collect();
        let parsed = parsed?;
        let (mut words, mut wordless) = (Vec::new(), Vec::new());
        for hir in &parsed {
            match literals::required(hir, GRAM) {
                Some(required) => words.extend(required),
                None => wordless.push(hir.clone()),
            }
        }
        let across = parsed.iter().any(matches_line_end);
        Ok(Self { regex: compile(&parsed)?, words: Grams::new(words), wordless: compile(&wordless)?, across })
    }

    /// Start and end (without line end) of each line of `text` in which some pattern occurs, ascending, each once.
    #[must_use]
    pub fn candidate_lines(&self, text: &[u8]) -> Vec<(usize, usize)> {
        let Some(regex) = &self.regex else { return Vec::new() };
        let Some(words) = self.words.as_ref().filter(|_| !folds_oddly(text)) else {
            return lines_of(regex, text, 0..text.len());
        };
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(hit) = words.find(text, at) {
            let (start, end) = line_around(text, hit);
            let (from, to) = if self.across { neighbours(text, start, end) } else { (start, end) };
            // Every line of the stretch: the one above may match as well, and must not hide the one with the word.
            found.extend(lines_of(regex, text, from..to));
            at = end + 1;
        }
        if self.across {
            found.sort_unstable();
            found.dedup();
        }
        if let Some(wordless) = &self.wordless {
            found.extend(lines_of(wordless, text, 0..text.len()));
            found.sort_unstable();
            found.dedup();
        }
        found
    }

    /// Where the first pattern occurs in the part of `text` from `start` to `end`; `start` where none does.
    #[must_use]
    pub fn first_hit(&self, text: &[u8], start: usize, end: usize) -> usize {
        let hit = self.regex.as_ref().and_then(|regex| regex.search(&Input::new(text).range(start..end)));
        hit.map_or(start, |hit| hit.start())
    }
}

fn compile(patterns: &[Hir]) -> Result<Option<Regex>, String> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let config = Regex::config().nfa_size_limit(Some(64 << 20)).utf8_empty(false);
    let regex = Regex::builder().configure(config).build_many_from_hir(patterns);
    regex.map(Some).map_err(|error| error.to_string())
}

/// Whether `text` holds the Kelvin sign or the long s, which Unicode folds to the letters k and s.
fn folds_oddly(text: &[u8]) -> bool {
    !text.is_ascii() && ["\u{212a}", "\u{17f}"].iter().any(|sign| memchr::memmem::find(text, sign.as_bytes()).is_some())
}

/// The lines of `text` in which `regex` matches within `range`.
fn lines_of(regex: &Regex, text: &[u8], range: Range<usize>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end
        && let Some(hit) = regex.search(&Input::new(text).range(at..range.end))
    {
        let (start, end) = line_around(text, hit.start());
        found.push((start.max(at.min(hit.start())), shown(text, start, end)));
        at = end + 1;
    }
    found
}

/// Start and end of the line that holds the offset `at`, line feed left out.
fn line_around(text: &[u8], at: usize) -> (usize, usize) {
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
    (start, end)
}

/// The line from `start` to `end` with the one above and the one below.
fn neighbours(text: &[u8], start: usize, end: usize) -> (usize, usize) {
    let above = if start == 0 { 0 } else { line_around(text, start - 1).0 };
    let below = if end >= text.len() { end } else { line_around(text, end + 1).1 };
    (above, below)
}

/// Whether `hir` has a part that a line feed may match.
fn matches_line_end(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.contains(&b'\n'),
        HirKind::Class(Class::Unicode(class)) => class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&'\n')),
        HirKind::Class(Class::Bytes(class)) => class.ranges().iter().any(|r| (r.start()..=r.end()).contains(&b'\n')),
        HirKind::Repetition(repetition) => matches_line_end(&repetition.sub),
        HirKind::Capture(capture) => matches_line_end(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(matches_line_end),
        HirKind::Empty | HirKind::Look(_) => false,
    }
}

/// `end` before a carriage return.
fn shown(text: &[u8], start: usize, end: usize) -> usize {
    if end > start && text[end - 1] == b'\r' { end - 1 } else { end }
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
    fn a_line_is_not_hidden_by_the_one_above_it() {
        // `\W` may match a line's end, so the neighbours are looked at as well.
        let patterns = Patterns::new(&[r"login denied\W{0,5}".to_owned(), "disk full".to_owned()]).unwrap();
        let text = b"1 login denied\n2 login denied\n3 disk full\n4 login denied\n";
        let lines: Vec<u8> = patterns.candidate_lines(text).into_iter().map(|(start, _)| text[start]).collect();
        assert_eq!(lines, *b"1234");
    }

    #[test]
    fn each_line_with_a_hit_is_a_candidate_once() {
        let patterns = Patterns::new(&["disk full".to_owned(), r"error \d+".to_owned()]).unwrap();
        let text = b"Error 5 and error 6\r\nnothing\nDISK FULL\n\nerror 7";
        let lines: Vec<_> =
            patterns.candidate_lines(text).into_iter().map(|(a, b)| String::from_utf8_lossy(&text[a..b])).collect();
        assert_eq!(lines, ["Error 5 and error 6", "DISK FULL", "error 7"]);
        let anchored = Patterns::new(&[r"^(?:nothing|x)$".to_owned()]).unwrap();
        assert_eq!(anchored.candidate_lines(b"[stamp] nothing at all\n").len(), 1, "a stamp may stand before the text");
        let odd = Patterns::new(&["disk full".to_owned()]).unwrap();
        assert_eq!(odd.candidate_lines("di\u{17f}\u{212a} full\nfull disk".as_bytes()).len(), 1, "Unicode folds these");
        let mixed = Patterns::new(&["disk full".to_owned(), r"\d\d".to_owned()]).unwrap();
        assert_eq!(mixed.candidate_lines(b"42 disk full\nno\n99\r\ndisk full").len(), 3, "with and without words");
        let across = Patterns::new(&[r"internal error\s+in page".to_owned()]).unwrap();
        assert_eq!(
            across.candidate_lines(b"x\ninternal error\n\tin page 5\nin page").len(),
            1,
            "a record of two lines"
        );
        let every = Patterns::new(&[String::new()]).unwrap();
        assert_eq!(every.candidate_lines(b"a\n\nb\n").len(), 3, "a rule that needs every line gets every line");
        assert!(Patterns::new(&[]).unwrap().candidate_lines(text).is_empty());
    }
}
