//! All rules of a run: those built in, and those of a folder that adds to them or overrides by id. Owns loading.

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::Rule;
use crate::{
    error::{Error, Result},
    facts::log::needs::Needs,
    pack::{self, Pack},
    yaml::{Diagnostic, LONGEST_FILE},
};

/// The rules and the tables they rest on.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// The tables.
    pub pack: Pack,
    /// Name of the pack, with `+` and the folder's name for each added one.
    pub name: String,
    rules: BTreeMap<String, Rule>,
}

/// A rule folder holds at most so many files.
const MOST_FILES: usize = 10_000;

impl RuleSet {
    /// The rules that are built in.
    ///
    /// # Errors
    /// Diagnostics of a file that is wrong; the build's own tests prove that there is none.
    pub fn embedded() -> Result<Self> {
        let pack = Pack::embedded()?;
        let rules = load(pack::embedded_rules(), |file| (file.path, file.text), |file| Rule::built_in(file, &pack))?;
        Ok(Self { name: pack.name.clone(), pack, rules })
    }

    /// `self` with the rules below `folder` added; one with the id of another takes its place.
    ///
    /// # Errors
    /// The folder cannot be read, or diagnostics of every file that is wrong.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self> {
        let files = read_folder(folder)?;
        let added = load(&files, |(path, text)| (path, text), |(path, text)| Rule::parse(path, text, &self.pack))?;
        let name = folder.file_name().map_or_else(|| "rules".to_owned(), |name| name.to_string_lossy().into_owned());
        self.name = format!("{}+{name}", self.name);
        self.rules.extend(added);
        Ok(self)
    }

    /// A set of these rules alone.
    #[must_use]
    pub fn of(pack: Pack, rules: impl IntoIterator<Item = Rule>) -> Self {
        let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        Self { name: pack.name.clone(), pack, rules }
    }

    /// The rule called `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        self.rules.get(id)
    }

    /// All rules, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values()
    }

    /// Number of rules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What log records must hold to matter to anybody: the rules, and the facts about the server. Sorted, each once.
    #[must_use]
    pub fn log_needs(&self) -> Vec<Needs> {
        let mut all: Vec<Needs> = self.iter().flat_map(Rule::log_needs).cloned().collect();
        all.push(crate::facts::server::needs());
        all.sort();
        all.dedup();
        all
    }
}

/// The rules of `files`, each with its path and text, parsed side by side; what is told of them keeps the order of the files.
fn load<F: Sync>(
    files: &[F],
    named: impl Fn(&F) -> (&str, &str),
    parse: impl Fn(&F) -> std::result::Result<Rule, Vec<Diagnostic>> + Send + Sync,
) -> Result<BTreeMap<String, Rule>> {
    let (mut rules, mut wrong): (BTreeMap<String, Rule>, Vec<Diagnostic>) = (BTreeMap::new(), Vec::new());
    let parsed: Vec<_> = files.par_iter().map(parse).collect();
    for (file, parsed) in files.iter().zip(parsed) {
        let (path, text) = named(file);
        match parsed {
            Ok(rule) => match rules.get(&rule.id) {
                Some(first) => {
                    let message = format!("the id `{}` stands in {} too", rule.id, first.path);
                    wrong.push(Diagnostic::about("id-twice", &format!("rules/{path}"), text, None, &rule.id, message));
                }
                None => {
                    rules.insert(rule.id.clone(), rule);
                }
            },
            Err(found) => wrong.extend(found),
        }
    }
    if wrong.is_empty() {
        return Ok(rules);
    }
    let shown: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    Err(Error::Rules(shown.join("\n\n")))
}

/// Every rule file below `folder`: path relative to it and text, sorted by path. The folders `tables` and
/// `layouts`, `pack.yml` and `trace.yml` are no rules and left out.
///
/// # Errors
/// A folder or file that cannot be read.
pub fn read_folder(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name().max_depth(6) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).display().to_string();
            Error::io(path, error.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links")))
        })?;
        let path = entry.path();
        if !entry.file_type().is_file() || path.extension().is_none_or(|ext| ext != "yml" && ext != "yaml") {
            continue;
        }
        let relative = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        if relative == "pack.yml"
            || relative == "trace.yml"
            || relative.starts_with("tables/")
            || relative.starts_with("layouts/")
        {
            continue;
        }
        if files.len() >= MOST_FILES {
            return Err(Error::Rules(format!("{}: expected at most {MOST_FILES} files", folder.display())));
        }
        files.push((relative, entry.into_path()));
    }
    files.into_par_iter().map(|(relative, path)| Ok((relative, read_file(&path)?))).collect()
}

fn read_file(path: &Path) -> Result<String> {
    let shown = path.display().to_string();
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(LONGEST_FILE as u64 + 1).read_to_end(&mut bytes));
    if read.map_err(|error| Error::io(&shown, error))? > LONGEST_FILE {
        return Err(Error::Rules(format!("{shown}: expected at most {LONGEST_FILE} bytes")));
    }
    String::from_utf8(bytes).map_err(|error| {
        Error::Rules(format!("{shown}: expected UTF-8, found another byte at {}", error.utf8_error().valid_up_to()))
    })
}
