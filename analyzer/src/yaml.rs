//! YAML in, typed value or a diagnostic out: place, the line itself, what was expected, the nearest known word. Owns how
//! every complaint about a rule or table file looks; knows neither rules nor tables.

use std::fmt;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::de::DeserializeOwned;
use serde_saphyr::budget::BudgetBreach;

/// A file longer than this is no rule and no table.
pub const LONGEST_FILE: usize = 1 << 20;
/// Most lists and maps around each other.
const DEEPEST: usize = 24;
/// Most values, names included.
const MOST_NODES: usize = 100_000;
/// Most references to a value that stands elsewhere: none, since a few lines of them unfold to millions.
const MOST_ALIASES: usize = 0;

/// How bad a complaint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file cannot be used, or a lint failed.
    Error,
    /// Worth a look.
    Warning,
}

/// One complaint about a rule or table file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the lint, or `syntax`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// File as given.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Text of the file.
    source: String,
    /// Byte range of the place.
    span: std::ops::Range<usize>,
}

impl Diagnostic {
    /// A complaint about `span` (bytes) of `source`, the text of `file`.
    #[must_use]
    pub fn new(code: &'static str, file: &str, source: &str, span: std::ops::Range<usize>, message: String) -> Self {
        let start = floor(source, span.start);
        let end = floor(source, span.end.max(start));
        let before = source.get(..start).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        Self {
            code,
            severity: Severity::Error,
            file: file.to_owned(),
            line,
            column,
            message,
            hint: None,
            source: source.to_owned(),
            span: start..end,
        }
    }

    /// A complaint about the first place where `needle` stands after `within`, else about the start of the file.
    #[must_use]
    pub fn about(
        code: &'static str,
        file: &str,
        source: &str,
        within: Option<&str>,
        needle: &str,
        message: String,
    ) -> Self {
        let from = within.and_then(|word| source.find(word)).unwrap_or(0);
        let start = source.get(from..).and_then(|rest| rest.find(needle)).map(|place| place + from);
        let span = match start.or_else(|| source.find(needle)) {
            Some(start) if !needle.is_empty() => start..start + needle.len(),
            _ => 0..source.lines().next().map_or(0, str::len),
        };
        Self::new(code, file, source, span, message)
    }

    /// `self` with advice.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    /// `self` as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

impl fmt::Display for Diagnostic {
    /// The complaint with the line it is about, as compilers print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.severity == Severity::Error { Level::ERROR } else { Level::WARNING };
        let title = level.primary_title(&self.message).id(self.code);
        let label = self.hint.as_deref().unwrap_or("");
        let annotation = AnnotationKind::Primary.span(self.span.clone());
        let annotation = if label.is_empty() { annotation } else { annotation.label(label) };
        let group: Group<'_> = title.element(Snippet::source(&self.source).path(&self.file).annotation(annotation));
        f.write_str(&Renderer::plain().render(&[group]))
    }
}

/// The largest character boundary of `text` that is not above `place`.
fn floor(text: &str, place: usize) -> usize {
    let mut place = place.min(text.len());
    while !text.is_char_boundary(place) {
        place -= 1;
    }
    place
}

/// The value that `text`, the content of `file`, holds.
///
/// # Errors
/// The complaint, where it is not YAML, too long, or not of this shape.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Box<Diagnostic>> {
    if text.len() > LONGEST_FILE {
        let message = format!("expected at most {LONGEST_FILE} bytes, found {}", text.len());
        return Err(Box::new(Diagnostic::new("syntax", file, "", 0..0, message)));
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| Box::new(complaint(file, text, &error)))
}

/// How every YAML file is read, and no further than its limits.
pub(crate) fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            max_nodes: MOST_NODES,
            max_aliases: MOST_ALIASES,
            max_anchors: MOST_ALIASES,
            max_documents: 1
        },
        with_snippet: false,
        strict_booleans: true,
    }
}

/// What `error` says, with the limit itself where the file is over one.
pub(crate) fn words(error: &serde_saphyr::Error) -> String {
    let serde_saphyr::Error::Budget { breach, .. } = error.without_snippet() else {
        return error.without_snippet().to_string();
    };
    let (most, what, found) = match breach {
        BudgetBreach::Depth { depth } => (DEEPEST, "levels", depth),
        BudgetBreach::Nodes { nodes } => (MOST_NODES, "values", nodes),
        BudgetBreach::Anchors { anchors: found } | BudgetBreach::Aliases { aliases: found } => {
            (MOST_ALIASES, "anchors and aliases", found)
        }
        _ => return error.without_snippet().to_string(),
    };
    format!("expected at most {most} {what}, found {found}")
}

fn complaint(file: &str, text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let location = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
    let (line, column) =
        (usize::try_from(location.line()).unwrap_or(1).max(1), usize::try_from(location.column()).unwrap_or(1).max(1));
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = text.get(line_start..).unwrap_or("");
    let start = line_start + rest.chars().take(column - 1).map(char::len_utf8).sum::<usize>();
    let word = text.get(start..).unwrap_or("").split(|c: char| c == ':' || c.is_whitespace()).next().unwrap_or("");
    let said = words(error);
    let said = said.lines().next().unwrap_or("").split(" at line ").next().unwrap_or("").to_owned();
    let said = said.strip_prefix("error: ").unwrap_or(&said).to_owned();
    let said = match said.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((_, rest)) => rest.to_owned(),
        None => said,
    };
    Diagnostic::new("syntax", file, text, start..start + word.len().max(1), said.clone()).hint(nearest_of(&said))
}

/// "did you mean …" from a message of the form "unknown field `x`, expected one of a, b".
fn nearest_of(message: &str) -> Option<String> {
    let (head, known) = message.split_once("expected ")?;
    let found = head.split('`').nth(1).filter(|_| head.contains("unknown"))?;
    let known = known.strip_prefix("one of ").unwrap_or(known);
    did_you_mean(found, known.split([',', ' ']).map(|word| word.trim_matches('`')).filter(|word| !word.is_empty()))
}

/// "did you mean `x`?" for the known word nearest to `found`, if one is near.
pub fn did_you_mean<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let near = |word: &str| distance(&found.to_lowercase(), &word.to_lowercase());
    let (best, word) = known.into_iter().map(|word| (near(word), word)).min()?;
    let allowed = (found.chars().count().max(3) / 3).min(3);
    (best <= allowed).then(|| format!("did you mean `{word}`?"))
}

/// Edit distance, a swap of neighbours counting as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let above = |back: usize, at: usize| rows.get(rows.len() - back).and_then(|r| r.get(at)).copied();
            let mut least = above(1, j).unwrap_or(0) + usize::from(x != y);
            least = least.min(above(1, j + 1).unwrap_or(0) + 1).min(row.last().copied().unwrap_or(0) + 1);
            if i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x) {
                least = least.min(above(2, j - 1).unwrap_or(0) + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Two {
        #[expect(dead_code, reason = "read for its errors")]
        message: String,
        #[expect(dead_code, reason = "read for its errors")]
        level: Option<u8>,
    }

    #[test]
    fn an_unknown_key_is_shown_in_its_line_with_the_key_that_was_meant() {
        let error = parse::<Two>("rules/x.yml", "level: 1\nmesage: hello\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 1), "{error}");
        let shown = error.to_string();
        for part in ["rules/x.yml:2:1", "mesage: hello", "did you mean `message`?", "unknown field `mesage`"] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
    }

    #[test]
    fn bad_yaml_and_bombs_are_complaints() {
        assert_eq!(parse::<Two>("x", "level: [1\nmessage: a").unwrap_err().code, "syntax");
        assert!(parse::<Two>("x", &"[".repeat(5000)).is_err());
        assert!(parse::<Two>("x", "a: &a [1]\nmessage: *a\n").is_err());
        assert!(parse::<Two>("x", "message: a\nmessage: b\n").is_err(), "a key may stand once");
        assert!(parse::<Two>("x", &" ".repeat(LONGEST_FILE + 1)).is_err());
    }

    #[test]
    fn a_file_is_read_up_to_its_limits_and_the_complaint_names_them() {
        let read = |text: &str| parse::<serde_json::Value>("x.yml", text).map_err(|error| error.message.clone());
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(DEEPEST)).is_ok());
        let over = read(&nested(DEEPEST + 1)).unwrap_err();
        assert_eq!(over, "expected at most 24 levels, found 25");
        // The list is one of the nodes.
        let list = |nodes: usize| "- 1\n".repeat(nodes - 1);
        assert!(read(&list(MOST_NODES)).is_ok());
        let over = read(&list(MOST_NODES + 1)).unwrap_err();
        assert_eq!(over, "expected at most 100000 values, found 100001");
        assert!(read("[1]").is_ok());
        let over = read("[&a 1, *a]").unwrap_err();
        assert_eq!(over, "expected at most 0 anchors and aliases, found 1");
        let long = |bytes: usize| format!("1 #{}", " ".repeat(bytes - 3));
        assert!(read(&long(LONGEST_FILE)).is_ok());
        assert_eq!(read(&long(LONGEST_FILE + 1)).unwrap_err(), "expected at most 1048576 bytes, found 1048577");
        let layout = crate::facts::log::layout::Layout::parse("name: &a x");
        assert!(layout.unwrap_err().contains("at most 0 anchors and aliases, found 1"), "a layout has the same limits");
    }

    #[test]
    fn words_are_near_only_when_they_are() {
        assert_eq!(
            did_you_mean("confidnece", ["confidence", "condition"]).as_deref(),
            Some("did you mean `confidence`?")
        );
        assert_eq!(did_you_mean("zebra", ["confidence", "level"]), None);
    }
}
