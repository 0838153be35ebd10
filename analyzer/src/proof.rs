//! Proof that rules do what they say: their examples run, their mutants are caught, their text is linted. Owns the checks
//! behind `rules check`, `rules test` and `rules mutate`.

use std::path::Path;

use crate::{
    error::Result,
    pack::{self, Pack},
    rule::{Rule, RuleSet, set},
    yaml::{Diagnostic, Severity},
};

pub mod draft;
pub mod examples;
pub mod index;
pub mod lint;
pub mod mutate;

/// What checking rules came to.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Number of files looked at.
    pub files: usize,
    /// Complaints, by file and line.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    /// Whether no complaint is an error.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.diagnostics.iter().all(|one| one.severity != Severity::Error)
    }
}

/// The rule files of `folder`, or the built-in ones.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn files(folder: Option<&Path>) -> Result<Vec<(String, String)>> {
    match folder {
        Some(folder) => set::read_folder(folder),
        None => Ok(pack::embedded_rules().iter().map(|file| (file.path.to_owned(), file.text.to_owned())).collect()),
    }
}

/// Parses, lints and runs the examples of every rule of `folder` (beside the built-in ones, for references between
/// rules), or of the built-in ones.
///
/// # Errors
/// A folder or file that cannot be read. Rules that are wrong are no error but complaints.
pub fn check(folder: Option<&Path>) -> Result<Checked> {
    let pack = Pack::embedded()?;
    let files = files(folder)?;
    let mut checked = Checked { files: files.len(), diagnostics: Vec::new() };
    let mut rules: Vec<Rule> = Vec::new();
    for (path, text) in &files {
        match Rule::parse(path, text, &pack) {
            Ok(rule) => rules.push(rule),
            Err(found) => checked.diagnostics.extend(found),
        }
    }
    let known: Vec<Rule> = match folder {
        Some(_) => RuleSet::embedded()?.iter().cloned().collect(),
        None => Vec::new(),
    };
    checked.diagnostics.extend(lint::lint(&rules, &known, &pack));
    for rule in &rules {
        checked.diagnostics.extend(examples::run(rule, &pack).into_iter().map(|failed| failed.diagnostic(rule)));
    }
    checked.diagnostics.sort_by(|a, b| (&a.file, a.line, a.column, a.code).cmp(&(&b.file, b.line, b.column, b.code)));
    Ok(checked)
}
