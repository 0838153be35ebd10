//! Which parts of the registry a bundle can speak about. Owns the rule that turns "not in any export" into "certainly
//! absent" or "cannot be told, because"; holds no values.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::State,
    manifest::{Entry, HostKind},
};

use super::{Scope, place};
use crate::{facts::raw::input::Input, verdict::Unknown};

/// What must be known about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Whether it exists, and its own values.
    Own,
    /// All its sub-keys.
    Tree,
}

/// Areas and gaps are found by the key and each key above it: however many there are, a question costs the same.
#[derive(Debug, Clone, Default)]
pub(super) struct Coverage {
    areas: Vec<Area>,
    /// Which areas are about a lower-case path.
    places: BTreeMap<Scope, BTreeMap<String, Vec<usize>>>,
}

/// One key that an export was to cover, and how that ended.
#[derive(Debug, Clone)]
struct Area {
    scope: Scope,
    /// Lower-case path below the root.
    key: String,
    tree: bool,
    state: State,
    reason: String,
    gaps: Gaps,
    entry: String,
}

/// Parts that are missing, in the order in which they became known.
#[derive(Debug, Clone, Default)]
struct Gaps {
    /// How obtaining each ended.
    ends: Vec<(State, String)>,
    /// The first about a lower-case path.
    places: BTreeMap<String, usize>,
    /// The first below a lower-case path.
    parents: BTreeMap<String, usize>,
}

impl Gaps {
    fn add(&mut self, place: String, state: State, reason: String) {
        let at = self.ends.len();
        self.ends.push((state, reason));
        if let Some((parent, _)) = place.rsplit_once('\\') {
            self.parents.entry(parent.to_owned()).or_insert(at);
        }
        self.places.entry(place).or_insert(at);
    }

    /// The first that says something about `key`.
    fn first(&self, key: &str, need: Need) -> Option<&(State, String)> {
        let below = self.parents.get(key).filter(|_| need == Need::Tree);
        let at = upwards(key).filter_map(|place| self.places.get(place)).chain(below).min()?;
        self.ends.get(*at)
    }
}

/// Whether `entry` tells what it covers by the keys it holds, not by its origin (loose evidence).
pub(super) fn is_own(entry: &Entry, input: &Input) -> bool {
    input.manifest.host.kind == HostKind::Loose || !is_key(&entry.origin)
}

fn is_key(origin: &str) -> bool {
    let upper = origin.to_uppercase();
    upper.starts_with("HKEY_") || ["HKLM\\", "HKCU\\", "HKU\\", "HKCR\\"].iter().any(|root| upper.starts_with(root))
}

impl Coverage {
    /// What the manifest planned.
    pub(super) fn planned(input: &Input) -> Self {
        let mut coverage = Self::default();
        for entry in input.manifest.entries.iter().filter(|entry| !is_own(entry, input)) {
            let Some((scope, key)) = place(&entry.origin, entry.user.as_deref(), &Default::default()) else { continue };
            let (state, reason) = match input.shortfall(entry) {
                Some(unknown) if entry.acquisition.state == State::Complete => (unknown.state, unknown.what),
                _ => (entry.acquisition.state, entry.acquisition.reason.clone()),
            };
            let mut gaps = Gaps::default();
            for gap in &entry.gaps {
                let path = match place(&gap.place, entry.user.as_deref(), &Default::default()) {
                    Some((_, path)) if is_key(&gap.place) => path,
                    _ => format!("{key}\\{}", gap.place.trim_matches('\\')),
                };
                gaps.add(path.to_lowercase(), gap.acquisition.state, gap.acquisition.reason.clone());
            }
            coverage.add(Area {
                scope,
                tree: entry.method != "registry values",
                state,
                reason,
                gaps,
                key: key.to_lowercase(),
                entry: entry.name.clone(),
            });
        }
        coverage
    }

    fn add(&mut self, area: Area) {
        let places = self.places.entry(area.scope.clone()).or_default();
        places.entry(area.key.clone()).or_default().push(self.areas.len());
        self.areas.push(area);
    }

    /// Numbers of the areas that `key` (lower-case) lies in, in the order in which they became known.
    fn around(&self, scope: &Scope, key: &str) -> Vec<usize> {
        let Some(places) = self.places.get(scope) else { return Vec::new() };
        let mut found: Vec<usize> = upwards(key).filter_map(|place| places.get(place)).flatten().copied().collect();
        found.sort_unstable();
        found
    }

    fn areas(&self, scope: &Scope, key: &str) -> impl Iterator<Item = &Area> {
        self.around(scope, key).into_iter().filter_map(|at| self.areas.get(at))
    }

    /// A hand-made export holds `key`: with everything below it where it is a `tree`.
    pub(super) fn exported(&mut self, scope: &Scope, key: &str, entry: &str, tree: bool) {
        let key = key.to_lowercase();
        let same = |area: &Area| area.key == key && area.tree == tree && area.entry == entry;
        let known = self.areas(scope, &key).any(|area| area.tree || same(area));
        if !known {
            self.add(Area {
                scope: scope.clone(),
                key,
                tree,
                state: State::Complete,
                reason: String::new(),
                gaps: Gaps::default(),
                entry: entry.to_owned(),
            });
        }
    }

    /// The block of `key` in `entry` holds lines that cannot be read.
    pub(super) fn damaged(&mut self, scope: &Scope, key: &str, entry: &str, why: &str) {
        let key = key.to_lowercase();
        for at in self.around(scope, &key) {
            if let Some(area) = self.areas.get_mut(at).filter(|area| area.entry == entry) {
                area.gaps.add(key.clone(), State::Failed, why.to_owned());
            }
        }
    }

    /// Not all of `entry` was read: what it does not hold may be in the rest.
    pub(super) fn cut(&mut self, entry: &str, why: &str) {
        for area in self.areas.iter_mut().filter(|area| area.entry == entry) {
            area.gaps.add(area.key.clone(), State::Truncated, why.to_owned());
        }
    }

    /// `Ok` where everything `need` asks of `path` was exported, so that what is not there does not exist.
    pub(super) fn certain(&self, scope: &Scope, path: &str, need: Need) -> Result<(), Unknown> {
        let key = path.trim_matches('\\').to_lowercase();
        let mut best: Option<Unknown> = None;
        for area in self.areas(scope, &key) {
            let reaches = area.tree || (area.key == key && need == Need::Own);
            if area.state == State::Absent {
                return Ok(());
            }
            if !reaches {
                continue;
            }
            let Some((state, what)) = area.shortfall(&key, need) else { return Ok(()) };
            let unknown =
                Unknown { artifact: Some(area.entry.clone()), ..Unknown::new(state, full(scope, path, &what)) };
            if best.as_ref().is_none_or(|old| state < old.state) {
                best = Some(unknown);
            }
        }
        Err(best.unwrap_or_else(|| Unknown::new(State::NotCollected, full(scope, path, ""))))
    }
}

impl Area {
    /// Why this area cannot speak about `key`.
    fn shortfall(&self, key: &str, need: Need) -> Option<(State, String)> {
        if let Some((state, reason)) = self.gaps.first(key, need) {
            return (*state != State::Absent).then(|| (*state, reason.clone()));
        }
        let partly = self.state == State::Truncated && !self.gaps.ends.is_empty();
        (self.state != State::Complete && !partly).then(|| (self.state, self.reason.clone()))
    }
}

/// `key` and every key above it, up to the root (the empty path).
fn upwards(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |key| match key.rsplit_once('\\') {
        Some((parent, _)) => Some(parent),
        None => (!key.is_empty()).then_some(""),
    })
}

fn full(scope: &Scope, path: &str, reason: &str) -> String {
    let root = if *scope == Scope::Machine { "HKLM" } else { "HKCU" };
    if reason.is_empty() { format!("{root}\\{path}") } else { format!("{root}\\{path} ({reason})") }
}
