//! All registry exports of a bundle as one view: per machine and user, case-insensitive, with the export and line behind
//! every value. A key that no export covers is unknown, never absent.

mod coverage;

use std::collections::{BTreeMap, BTreeSet};

use koff_bundle::{
    acquisition::State,
    loose::Kind,
    manifest::Entry,
    registry::{Value, text, value_type},
};

use self::coverage::{Coverage, Need};
use super::{
    Answer, Seen,
    input::{Input, Member},
};
use crate::{
    evidence::{Evidence, Place},
    verdict::Unknown,
};

/// Whose registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `HKEY_LOCAL_MACHINE`
    Machine,
    /// `HKEY_CURRENT_USER` of the user with this id.
    User(String),
}

/// The id given to the one user of loose evidence, which names none.
pub const LOOSE_USER: &str = "user-1";

/// The merged view.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    /// By lower-case path.
    keys: BTreeMap<Scope, BTreeMap<String, Node>>,
    blocks: Vec<Block>,
    /// Name and digest of each export.
    exports: Vec<(String, String)>,
    coverage: Coverage,
    /// Exports that could not be parsed.
    pub problems: Vec<Unknown>,
}

/// A key's block in an export. Evidence is made when it is asked for: of most values nobody does.
#[derive(Debug, Clone)]
struct Block {
    export: usize,
    /// The key as it is written there.
    key: String,
    line: u64,
}

#[derive(Debug, Clone)]
struct Stored {
    value: Value,
    block: usize,
    line: u64,
}

#[derive(Debug, Clone, Default)]
struct Node {
    /// Path below the root in its stored spelling.
    path: String,
    /// Its own block; none for a key known by its sub-keys only.
    block: Option<usize>,
    /// Whether the export that holds the block is complete.
    whole: bool,
    values: Vec<Stored>,
    /// Lower-case names of these values.
    names: BTreeSet<String>,
    /// Names of sub-keys by their lower-case form.
    children: BTreeMap<String, String>,
}

/// One key that exists.
#[derive(Debug, Clone, Copy)]
pub struct Key<'a> {
    registry: &'a Registry,
    scope: &'a Scope,
    node: &'a Node,
}

/// One value of a key.
#[derive(Debug, Clone, Copy)]
pub struct Held<'a> {
    /// The value.
    pub value: &'a Value,
    line: u64,
    block: &'a Block,
    registry: &'a Registry,
}

impl Held<'_> {
    /// Where it stands.
    #[must_use]
    pub fn at(&self) -> Evidence {
        self.registry.evidence(self.block, Some((self.value, self.line)))
    }
}

/// The names of a key's sub-keys, and why there may be more.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Children {
    /// Names in stored spelling, in lower-case order.
    pub names: Vec<String>,
    /// Reasons why there may be more; empty means these are all.
    pub gaps: Vec<Unknown>,
}

impl Registry {
    /// Reads every `.reg` member of `input`; `users` maps security identifiers to user ids.
    #[must_use]
    pub fn read(input: &Input, users: &BTreeMap<String, String>) -> Self {
        let mut registry = Self { coverage: Coverage::planned(input), ..Self::default() };
        for entry in &input.manifest.entries {
            if let Some(member) = input.member(entry).filter(|_| is_registry(&entry.artifact)) {
                registry.add(input, entry, member, users);
            }
        }
        registry
    }

    fn add(&mut self, input: &Input, entry: &Entry, member: &Member, users: &BTreeMap<String, String>) {
        let query = entry.artifact == Kind::RegistryQuery.id();
        let file = if query { text::read_query(&member.bytes) } else { text::read(&member.bytes) };
        for problem in &file.problems {
            self.problems.push(member.unknown(State::Failed, &problem.to_string()));
        }
        let cut = file.problems.last().filter(|_| file.cut).map(ToString::to_string);
        let complete = entry.acquisition.state == State::Complete && cut.is_none();
        let mut damaged: Vec<_> = file.problems.iter().collect();
        damaged.sort_by_key(|problem| problem.line);
        let export = self.exports.len();
        self.exports.push((member.name.clone(), member.sha256.clone()));
        let mut blocks = file.keys.into_iter().peekable();
        while let Some(block) = blocks.next() {
            let Some((scope, path)) = place(&block.path, entry.user.as_deref(), users) else { continue };
            let end = blocks.peek().map_or(u64::MAX, |next| next.line);
            let first = damaged.partition_point(|problem| problem.line < block.line);
            let damage = damaged.get(first).filter(|problem| problem.line < end);
            // `reg query` without `/s` names sub-keys that it does not show.
            let shown = !query || !block.values.is_empty();
            if coverage::is_own(entry, input) && shown {
                self.coverage.exported(&scope, &path, &entry.name, !query);
            }
            if let Some(problem) = damage {
                self.coverage.damaged(&scope, &path, &entry.name, &problem.to_string());
            }
            let at = self.blocks.len();
            let values = block.values.into_iter().map(|read| Stored { value: read.value, block: at, line: read.line });
            self.insert(scope, &path, at, values, complete && shown && damage.is_none());
            self.blocks.push(Block { export, key: block.path, line: block.line });
        }
        if let Some(why) = cut {
            self.coverage.cut(&entry.name, &why);
        }
    }

    fn insert(&mut self, scope: Scope, path: &str, at: usize, values: impl Iterator<Item = Stored>, whole: bool) {
        let keys = self.keys.entry(scope).or_default();
        let lower = path.to_lowercase();
        // Both are cut at the same backslashes.
        let (mut rest, mut key) = (path, lower.as_str());
        let mut child: Option<(&str, &str)> = None;
        loop {
            let node = match keys.get_mut(key) {
                Some(node) => node,
                None => keys.entry(key.to_owned()).or_default(),
            };
            if node.path.is_empty() {
                rest.clone_into(&mut node.path);
            }
            let known = child.is_some_and(|(_, lower)| node.children.contains_key(lower));
            if let Some((name, lower)) = child.filter(|_| !known) {
                node.children.insert(lower.to_owned(), name.to_owned());
            }
            if known || rest.is_empty() {
                break;
            }
            let cut = |text| str::rsplit_once(text, '\\').unwrap_or(("", text));
            let ((parent, name), (parent_key, name_key)) = (cut(rest), cut(key));
            (rest, key, child) = (parent, parent_key, Some((name, name_key)));
        }
        let Some(node) = keys.get_mut(lower.as_str()) else { return };
        for value in values {
            if node.names.insert(value.value.name.to_ascii_lowercase()) {
                node.values.push(value);
            }
        }
        node.block.get_or_insert(at);
        node.whole |= whole;
    }

    /// Where a block stands, or a value of it and its line.
    fn evidence(&self, block: &Block, value: Option<(&Value, u64)>) -> Evidence {
        let (artifact, sha256) = self.exports.get(block.export).cloned().unwrap_or_default();
        let (name, line, text) = match value {
            Some((value, line)) => (Some(value.name.clone()), line, written(value)),
            None => (None, block.line, format!("[{}]", block.key)),
        };
        let place = Place::Registry { key: block.key.clone(), value: name, line };
        Evidence { artifact, sha256, place, excerpt: super::rows::excerpt(&text) }
    }

    fn node(&self, scope: &Scope, path: &str) -> Option<(&Scope, &Node)> {
        let (scope, keys) = self.keys.get_key_value(scope)?;
        Some((scope, keys.get(path.to_lowercase().as_str())?))
    }

    /// The key at `path` (below the root).
    ///
    /// # Errors
    /// No export tells whether it exists.
    pub fn key<'a>(&'a self, scope: &'a Scope, path: &str) -> Answer<Key<'a>> {
        match self.node(scope, path) {
            Some((scope, node)) => Ok(Some(Key { registry: self, scope, node })),
            None => self.coverage.certain(scope, path, Need::Own).map(|()| None),
        }
    }

    /// The value `name` of the key at `path`.
    ///
    /// # Errors
    /// No export tells whether it exists.
    pub fn value(&self, scope: &Scope, path: &str, name: &str) -> Answer<Seen<Value>> {
        match self.key(scope, path)? {
            Some(key) => key.value(name),
            None => Ok(None),
        }
    }

    /// The text of the value `name`, a value of another type counting as absent.
    ///
    /// # Errors
    /// No export tells whether it exists.
    pub fn text(&self, scope: &Scope, path: &str, name: &str) -> Answer<Seen<String>> {
        Ok(self.value(scope, path, name)?.and_then(as_text))
    }

    /// The number in the value `name`.
    ///
    /// # Errors
    /// No export tells whether it exists.
    pub fn number(&self, scope: &Scope, path: &str, name: &str) -> Answer<Seen<u64>> {
        Ok(self.value(scope, path, name)?.and_then(as_number))
    }

    /// Sub-keys of the key at `path`; a key that does not exist has none.
    #[must_use]
    pub fn children(&self, scope: &Scope, path: &str) -> Children {
        let names =
            self.node(scope, path).map(|(_, node)| node.children.values().cloned().collect()).unwrap_or_default();
        let gaps = self.coverage.certain(scope, path, Need::Tree).err().into_iter().collect();
        Children { names, gaps }
    }

    /// Users with a key in this view.
    #[must_use]
    pub fn users(&self) -> Vec<String> {
        let scopes = self.keys.keys().filter_map(|scope| match scope {
            Scope::User(id) => Some(id.clone()),
            Scope::Machine => None,
        });
        scopes.collect()
    }
}

impl<'a> Key<'a> {
    /// Path below the root in its stored spelling.
    #[must_use]
    pub fn path(&self) -> &'a str {
        &self.node.path
    }

    /// Where its own block stands.
    #[must_use]
    pub fn at(&self) -> Option<Evidence> {
        let block = self.node.block.and_then(|block| self.registry.blocks.get(block));
        block.map(|block| self.registry.evidence(block, None))
    }

    /// The value `name` (empty for the default value).
    ///
    /// # Errors
    /// The key's own values were not all exported.
    pub fn value(&self, name: &str) -> Answer<Seen<Value>> {
        match self.values().find(|held| held.value.name.eq_ignore_ascii_case(name)) {
            Some(held) => Ok(Some(Seen { value: held.value.clone(), at: held.at() })),
            None if self.node.block.is_some() && self.node.whole => Ok(None),
            None => self.registry.coverage.certain(self.scope, &self.node.path, Need::Own).map(|()| None),
        }
    }

    /// The text of the value `name`.
    ///
    /// # Errors
    /// As [`Key::value`].
    pub fn text(&self, name: &str) -> Answer<Seen<String>> {
        Ok(self.value(name)?.and_then(as_text))
    }

    /// The number in the value `name`.
    ///
    /// # Errors
    /// As [`Key::value`].
    pub fn number(&self, name: &str) -> Answer<Seen<u64>> {
        Ok(self.value(name)?.and_then(as_number))
    }

    /// Its own values as far as exported.
    pub fn values(&self) -> impl Iterator<Item = Held<'a>> + use<'a> {
        let registry = self.registry;
        self.node.values.iter().filter_map(move |Stored { value, block, line }| {
            Some(Held { value, line: *line, block: registry.blocks.get(*block)?, registry })
        })
    }
}

fn as_text(seen: Seen<Value>) -> Option<Seen<String>> {
    let text = match seen.value.kind {
        value_type::MULTI_SZ => seen.value.strings().into_iter().next(),
        _ => seen.value.text(),
    }?;
    Some(Seen { value: text, at: seen.at })
}

fn as_number(seen: Seen<Value>) -> Option<Seen<u64>> {
    let number = seen.value.number()?;
    Some(Seen { value: number, at: seen.at })
}

/// A value as it stands in the excerpt of its evidence.
fn written(value: &Value) -> String {
    let name = if value.name.is_empty() { "@".to_owned() } else { format!("\"{}\"", value.name) };
    let data = match value.kind {
        value_type::MULTI_SZ => value.strings().join(" | "),
        value_type::SZ | value_type::EXPAND_SZ => format!("\"{}\"", value.text().unwrap_or_default()),
        _ => value.number().map_or_else(|| format!("{} bytes", value.data.len()), |number| number.to_string()),
    };
    format!("{name}={data}")
}

fn is_registry(artifact: &str) -> bool {
    artifact.starts_with("registry-")
        || [Kind::RegistryExport, Kind::RegistryQuery].iter().any(|kind| kind.id() == artifact)
}

/// The scope and the path below its root of a full key.
fn place(key: &str, user: Option<&str>, users: &BTreeMap<String, String>) -> Option<(Scope, String)> {
    let key = key.trim_matches('\\');
    let (root, rest) = key.split_once('\\').unwrap_or((key, ""));
    let own = || Scope::User(user.unwrap_or(LOOSE_USER).to_owned());
    match root.to_uppercase().as_str() {
        "HKEY_LOCAL_MACHINE" | "HKLM" => Some((Scope::Machine, rest.to_owned())),
        "HKEY_CURRENT_USER" | "HKCU" => Some((own(), rest.to_owned())),
        "HKEY_CLASSES_ROOT" | "HKCR" => Some((Scope::Machine, format!(r"SOFTWARE\Classes\{rest}"))),
        "HKEY_USERS" | "HKU" => {
            let (sid, rest) = rest.split_once('\\').unwrap_or((rest, ""));
            let (sid, rest) = match sid.strip_suffix("_Classes").or_else(|| sid.strip_suffix("_CLASSES")) {
                Some(sid) => (sid, format!(r"Software\Classes\{rest}")),
                None => (sid, rest.to_owned()),
            };
            let id = user.map(str::to_owned).or_else(|| users.get(&sid.to_uppercase()).cloned());
            Some((Scope::User(id.unwrap_or_else(|| sid.to_owned())), rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
