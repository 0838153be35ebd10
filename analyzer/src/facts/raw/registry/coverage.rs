//! Which parts of the registry a bundle can speak about. Owns the rule that turns "not in any export" into "certainly
//! absent" or "cannot be told, because"; holds no values.

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

#[derive(Debug, Clone, Default)]
pub(super) struct Coverage {
    areas: Vec<Area>,
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
    /// Parts that are missing: lower-case path and how obtaining it ended.
    gaps: Vec<(String, State, String)>,
    entry: String,
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
        let mut areas = Vec::new();
        for entry in input.manifest.entries.iter().filter(|entry| !is_own(entry, input)) {
            let Some((scope, key)) = place(&entry.origin, entry.user.as_deref(), &Default::default()) else { continue };
            let (state, reason) = match input.shortfall(entry) {
                Some(unknown) if entry.acquisition.state == State::Complete => (unknown.state, unknown.what),
                _ => (entry.acquisition.state, entry.acquisition.reason.clone()),
            };
            let gaps = entry.gaps.iter().map(|gap| {
                let path = match place(&gap.place, entry.user.as_deref(), &Default::default()) {
                    Some((_, path)) if is_key(&gap.place) => path,
                    _ => format!("{key}\\{}", gap.place.trim_matches('\\')),
                };
                (path.to_lowercase(), gap.acquisition.state, gap.acquisition.reason.clone())
            });
            areas.push(Area {
                scope,
                tree: entry.method != "registry values",
                state,
                reason,
                gaps: gaps.collect(),
                key: key.to_lowercase(),
                entry: entry.name.clone(),
            });
        }
        Self { areas }
    }

    /// A hand-made export holds `key`: with everything below it where it is a `tree`.
    pub(super) fn exported(&mut self, scope: &Scope, key: &str, entry: &str, tree: bool) {
        let key = key.to_lowercase();
        let known = self.areas.iter().any(|area| area.scope == *scope && area.tree && under(&key, &area.key));
        if !known {
            self.areas.push(Area {
                scope: scope.clone(),
                key,
                tree,
                state: State::Complete,
                reason: String::new(),
                gaps: Vec::new(),
                entry: entry.to_owned(),
            });
        }
    }

    /// The block of `key` in `entry` holds lines that cannot be read.
    pub(super) fn damaged(&mut self, scope: &Scope, key: &str, entry: &str, why: &str) {
        let key = key.to_lowercase();
        for area in self.areas.iter_mut().filter(|area| area.entry == entry && area.scope == *scope) {
            if under(&key, &area.key) {
                area.gaps.push((key.clone(), State::Failed, why.to_owned()));
            }
        }
    }

    /// `Ok` where everything `need` asks of `path` was exported, so that what is not there does not exist.
    pub(super) fn certain(&self, scope: &Scope, path: &str, need: Need) -> Result<(), Unknown> {
        let key = path.trim_matches('\\').to_lowercase();
        let mut best: Option<Unknown> = None;
        for area in self.areas.iter().filter(|area| area.scope == *scope && under(&key, &area.key)) {
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
        let hits = |place: &str| {
            under(key, place)
                || (need == Need::Tree && place.rsplit_once('\\').is_some_and(|(parent, _)| parent == key))
        };
        if let Some((_, state, reason)) = self.gaps.iter().find(|(place, ..)| hits(place)) {
            return (*state != State::Absent).then(|| (*state, reason.clone()));
        }
        let partly = self.state == State::Truncated && !self.gaps.is_empty();
        (self.state != State::Complete && !partly).then(|| (self.state, self.reason.clone()))
    }
}

/// Whether `key` is `above` or lies below it; both lower-case.
fn under(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\') || above.is_empty())
}

fn full(scope: &Scope, path: &str, reason: &str) -> String {
    let root = if *scope == Scope::Machine { "HKLM" } else { "HKCU" };
    if reason.is_empty() { format!("{root}\\{path}") } else { format!("{root}\\{path} ({reason})") }
}
