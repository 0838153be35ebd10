//! Where a path stands among many, without asking each of them: whoever names thousands of files in a bundle must not make
//! the analyzer compare thousands with thousands. Owns the lookup; what a record says is the caller's business.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::OnceLock,
};

use koff_bundle::path::WinPath;

use super::same;

/// Paths of one beginning that are held against each other where short names are among them. A PC has a few.
const MOST_SHORT: usize = 256;

/// Paths by what Windows takes for the same; spoken of by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Paths {
    exact: BTreeMap<String, usize>,
    /// Those with a short name (`PROGRA~1`) in them, by the letters that their parts begin with.
    short: BTreeMap<String, Vec<usize>>,
    /// All of them in the same way, for whoever asks by a short name.
    all: OnceLock<BTreeMap<String, Vec<usize>>>,
}

impl Paths {
    /// Those that `nth` gives, from 0 to the first that is not there.
    pub(super) fn new(nth: impl Fn(usize) -> Option<WinPath>) -> Self {
        let mut found = Self::default();
        for (at, path) in numbered(&nth) {
            found.exact.entry(exact(&path)).or_insert(at);
            if is_short(&path) {
                add(&mut found.short, &path, at);
            }
        }
        found
    }

    /// The first that is the [`same`] as `path`; `nth` as when they were collected.
    pub(super) fn find(&self, path: &WinPath, nth: impl Fn(usize) -> Option<WinPath>) -> Option<usize> {
        let family = if is_short(path) { self.all.get_or_init(|| families(&nth)) } else { &self.short };
        let family = if family.is_empty() { None } else { family.get(&beginnings(path)) };
        let by_short = family.into_iter().flatten().find(|at| nth(**at).is_some_and(|other| same(&other, path)));
        self.exact.get(&exact(path)).into_iter().chain(by_short).min().copied()
    }
}

fn numbered(nth: &impl Fn(usize) -> Option<WinPath>) -> impl Iterator<Item = (usize, WinPath)> {
    (0..).map_while(move |at| Some((at, nth(at)?)))
}

fn families(nth: &impl Fn(usize) -> Option<WinPath>) -> BTreeMap<String, Vec<usize>> {
    let mut families = BTreeMap::new();
    numbered(nth).for_each(|(at, path)| add(&mut families, &path, at));
    families
}

fn add(families: &mut BTreeMap<String, Vec<usize>>, path: &WinPath, at: usize) {
    let family = families.entry(beginnings(path)).or_default();
    if family.len() < MOST_SHORT {
        family.push(at);
    }
}

fn is_short(path: &WinPath) -> bool {
    path.as_str().contains('~')
}

/// The parts in lower case: equal for paths that are the same without a short name.
fn exact(path: &WinPath) -> String {
    path.parts().map(str::to_lowercase).collect::<Vec<_>>().join("\\")
}

/// A letter for each part, which a short name shares with the name that it abbreviates.
fn beginnings(path: &WinPath) -> String {
    let letter = |part: &str| part.chars().find(|c| !matches!(c, ' ' | '.')).map_or_else(String::new, lower);
    path.parts().map(|part| letter(part) + "\\").collect()
}

fn lower(letter: char) -> String {
    letter.to_lowercase().collect()
}

/// Folders, by path: which of them a path lies in, and which paths lie in one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    by_key: BTreeMap<String, Vec<usize>>,
    /// Lengths that occur: no other beginning of a path has to be tried.
    lengths: BTreeSet<usize>,
}

impl Tree {
    /// `paths`, spoken of by their place among them.
    pub(crate) fn new<'a>(paths: impl Iterator<Item = &'a WinPath>) -> Self {
        let mut found = Self::default();
        for (at, path) in paths.enumerate() {
            let key = key(path);
            found.lengths.insert(key.len());
            found.by_key.entry(key).or_default().push(at);
        }
        found
    }

    /// Those that are `path` itself, in their order.
    pub(crate) fn at(&self, path: &WinPath) -> &[usize] {
        self.by_key.get(&key(path)).map_or(&[], Vec::as_slice)
    }

    /// Those that `path` is under ([`WinPath::is_under`]), in their order.
    pub(crate) fn above(&self, path: &WinPath) -> Vec<usize> {
        let path = path.key();
        let ends = |length: &usize| path.len() == *length || path.as_bytes().get(*length) == Some(&b'\\');
        let beginnings = self.lengths.range(..=path.len()).filter(|length| ends(length));
        let found = beginnings.filter_map(|length| self.by_key.get(path.get(..*length)?)).flatten();
        let mut found: Vec<usize> = found.copied().collect();
        found.sort_unstable();
        found
    }

    /// Those that are under `folder`, in their order.
    pub(crate) fn below(&self, folder: &WinPath) -> Vec<usize> {
        let folder = key(folder);
        // Behind the separator comes whatever a name may begin with, and `]` is the next character.
        let (from, to) = (format!("{folder}\\"), format!("{folder}]"));
        let inside = self.by_key.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str())));
        let itself = self.by_key.get(&folder);
        let mut found: Vec<usize> = inside.map(|(_, at)| at).chain(itself).flatten().copied().collect();
        found.sort_unstable();
        found
    }
}

/// The form in which paths are compared; a root's `\` would keep what lies in it from beginning like it.
fn key(path: &WinPath) -> String {
    let mut key = path.key();
    key.truncate(key.trim_end_matches('\\').len());
    key
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec![
            "C:",
            "Program Files",
            "PROGRA~1",
            "program files (x86)",
            "PROGRA~2",
            "Kerio",
            "KERIOO~1",
            "Kerio Outlook Connector",
            "a.dll",
            "A.DLL",
            "ab",
            "a b",
            "a]",
            ".",
            "",
            "kof msp long.dll",
            "KOFMSP~1.DLL",
            "ÄÖ",
            "äö",
        ]);
        (prop::sample::select(vec!["", "\\", "\\\\"]), prop::collection::vec(part, 0..5))
            .prop_map(|(head, parts)| format!("{head}{}", parts.join("\\")))
    }

    proptest! {
        /// As slow as possible, and right by its looks.
        #[test]
        fn each_lookup_gives_what_asking_everybody_gives(
            paths in prop::collection::vec(path(), 0..20),
            asked in prop::collection::vec(path(), 1..8),
        ) {
            let paths: Vec<WinPath> = paths.iter().map(WinPath::new).collect();
            let nth = |at: usize| paths.get(at).cloned();
            let (index, tree) = (Paths::new(nth), Tree::new(paths.iter()));
            let all = |test: &dyn Fn(&WinPath) -> bool| -> Vec<usize> {
                (0..paths.len()).filter(|at| test(&paths[*at])).collect()
            };
            for asked in asked.iter().map(WinPath::new) {
                prop_assert_eq!(index.find(&asked, nth), paths.iter().position(|path| same(path, &asked)));
                prop_assert_eq!(tree.above(&asked), all(&|path| asked.is_under(path)));
                prop_assert_eq!(tree.below(&asked), all(&|path| path.is_under(&asked)));
                prop_assert_eq!(tree.at(&asked), all(&|path| key(path) == key(&asked)));
            }
        }
    }
}
