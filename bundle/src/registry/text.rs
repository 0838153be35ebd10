//! The `.reg` text form: what regedit exports and imports, written byte for byte ([`Writer`]) and read with the place of
//! every value ([`read`]); also the output of `reg query /s` ([`read_query`]). Owns the text only; never interprets a key.

mod query;
mod reader;
mod value;
mod writer;

pub use query::{looks_like_query, read_query};
pub use reader::read;
pub use writer::Writer;

use std::sync::Arc;

use super::Value;
use crate::encoding::Encoding;

/// First line of a Unicode export.
pub const HEADER: &str = "Windows Registry Editor Version 5.00";

/// First line of an export in the old ANSI form.
pub const HEADER_ANSI: &str = "REGEDIT4";

/// What a key's line must be.
const KEY: &str = "a key in [brackets], of at most 128 levels and 2048 bytes";

/// A registry export as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegFile {
    /// Keys in file order; a key that stands twice is there twice.
    pub keys: Vec<RegKeyText>,
    /// Lines that delete (`[-key]`, `"name"=-`): nothing they name is in `keys`.
    pub deletions: Vec<Deletion>,
    /// Damaged lines, at most [`MAX_PROBLEMS`], and behind them each limit that the file is over; everything around them was
    /// read.
    pub problems: Vec<LineProblem>,
    /// Whether a limit kept something from being read or told: what is not in `keys` is then unknown, not absent.
    pub cut: bool,
    /// How the bytes were read.
    pub encoding: Encoding,
}

/// No more damaged lines than this are listed.
pub const MAX_PROBLEMS: usize = 1000;

/// No more keys and values together than this are read from one file; the rest is a problem.
pub const MAX_ITEMS: usize = 1_000_000;

/// A key deeper than this is a damaged line: Windows allows 512 levels, and no program's settings come near this. What is
/// said of a key repeats its path, so that a path without end would cost the square of its length.
pub const MAX_DEPTH: usize = 128;

/// So is a key whose path has more bytes than this.
pub const MAX_PATH: usize = 2048;

/// One key with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegKeyText {
    /// Full path, root spelled out as in the file.
    pub path: String,
    /// Line, counted from 1.
    pub line: u64,
    /// Offset of the line's first byte in the file.
    pub offset: u64,
    /// Length of the line in bytes, line end left out.
    pub length: u64,
    /// Its values in file order.
    pub values: Vec<RegValueText>,
}

impl RegKeyText {
    /// The value called `name` (case-insensitive; empty for the default value).
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&RegValueText> {
        let wanted = name.to_lowercase();
        self.values.iter().find(|value| value.value.name.to_lowercase() == wanted)
    }
}

/// One value with the place where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegValueText {
    /// Name, type and data.
    pub value: Value,
    /// First of its lines, counted from 1.
    pub line: u64,
    /// Offset of its first byte in the file.
    pub offset: u64,
    /// Length in bytes over all its lines, the last line end left out.
    pub length: u64,
}

/// A line that asks regedit to delete something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// Full path of the key.
    pub path: Arc<str>,
    /// The value to delete; `None` for the key with everything below it.
    pub value: Option<String>,
    /// Line, counted from 1.
    pub line: u64,
}

/// A line that is not what the format asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineProblem {
    /// Line, counted from 1.
    pub line: u64,
    /// The key it belongs to, where that is known: what is missing there is unknown, not absent.
    pub key: Option<Arc<str>>,
    /// What the format asks for there.
    pub expected: String,
    /// What stands there, shortened.
    pub found: String,
}

impl std::fmt::Display for LineProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: expected {}, found {}", self.line, self.expected, self.found)
    }
}

/// Whether a key may be called that.
fn fits(path: &str) -> bool {
    path.len() <= MAX_PATH && path.split('\\').nth(MAX_DEPTH).is_none()
}

impl RegFile {
    fn new(encoding: Encoding) -> Self {
        Self { keys: Vec::new(), deletions: Vec::new(), problems: Vec::new(), cut: false, encoding }
    }

    fn problem(&mut self, line: u64, key: Option<Arc<str>>, expected: &str, found: &str) {
        if self.problems.len() < MAX_PROBLEMS {
            let found = match found.char_indices().nth(80) {
                Some((at, _)) => format!("{}…", found.get(..at).unwrap_or_default()),
                None if found.is_empty() => "nothing".to_owned(),
                None => found.to_owned(),
            };
            self.problems.push(LineProblem { line, key, expected: expected.to_owned(), found });
        } else if !self.cut {
            self.over(line, format!("no more than {MAX_PROBLEMS} damaged lines"));
        }
    }

    /// The file is over a limit at `line`. It belongs to no key: what is missing may be of any.
    fn over(&mut self, line: u64, expected: String) {
        self.cut = true;
        self.problems.push(LineProblem { line, key: None, expected, found: "more".to_owned() });
    }

    /// There is no room for the key or value at `line`.
    fn over_items(&mut self, line: u64) {
        self.over(line, format!("no more than {MAX_ITEMS} keys and values"));
    }
}
