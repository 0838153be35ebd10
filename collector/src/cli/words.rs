//! What a run says at its end, to a person and to a program: where the bundle is and what could not be collected.

use std::{collections::BTreeMap, path::Path};

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    manifest::{Entry, Manifest},
};
use serde::Serialize;

/// The result on standard output with `--format json`.
#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    schema: &'static str,
    bundle: String,
    bytes: u64,
    entries: usize,
    collected: usize,
    not_collected: Vec<Missed<'a>>,
}

/// One artifact of which something is missing.
#[derive(Debug, Serialize)]
struct Missed<'a> {
    artifact: &'a str,
    what: &'a str,
    state: State,
    entries: usize,
    reason: &'a str,
}

impl<'a> Outcome<'a> {
    pub(super) fn new(target: &Path, bytes: u64, manifest: &'a Manifest) -> Self {
        Self {
            schema: "koff-collect-result/1",
            bundle: target.display().to_string(),
            bytes,
            entries: manifest.entries.len(),
            collected: manifest.entries.iter().filter(|entry| entry.acquisition.state.has_content()).count(),
            not_collected: missed(manifest),
        }
    }
}

/// States that mean that something a diagnosis may need is not in the bundle. What is not there, what this kind of host
/// never has and what somebody left out on purpose are no failures.
fn is_missed(state: State) -> bool {
    matches!(state, State::Denied | State::Locked | State::TimedOut | State::Failed | State::Truncated)
}

/// By artifact and state, in the order of the bundle.
fn missed(manifest: &Manifest) -> Vec<Missed<'_>> {
    let mut found: Vec<Missed<'_>> = Vec::new();
    let gaps = |entry: &'_ Entry| entry.gaps.first().map(|gap| gap.acquisition.state);
    for entry in &manifest.entries {
        let state = entry.acquisition.state;
        let (state, reason) = if is_missed(state) {
            (state, entry.acquisition.reason.as_str())
        } else if state == State::Complete && gaps(entry).is_some_and(is_missed) {
            let gap = entry.gaps.first().map_or("", |gap| gap.acquisition.reason.as_str());
            (State::Truncated, gap)
        } else {
            continue;
        };
        match found.iter_mut().find(|known| known.artifact == entry.artifact && known.state == state) {
            Some(known) => known.entries += 1,
            None => {
                let what = Artifact::from_id(&entry.artifact).map_or(entry.artifact.as_str(), |known| known.purpose());
                found.push(Missed { artifact: &entry.artifact, what, state, entries: 1, reason });
            }
        }
    }
    found
}

/// The last lines for a person.
pub(super) fn summary(target: &Path, bytes: u64, manifest: &Manifest, quiet: bool) -> String {
    let mut text = String::new();
    if !quiet {
        let mut by_state: BTreeMap<State, Vec<&'static str>> = BTreeMap::new();
        for missed in missed(manifest) {
            let what = Artifact::from_id(missed.artifact).map_or("something else", Artifact::purpose);
            by_state.entry(missed.state).or_default().push(what);
        }
        for (state, what) in &by_state {
            text.push_str(&format!("{}: {}.\n", heading(*state), what.join("; ")));
        }
        if by_state.contains_key(&State::Denied) {
            text.push_str("Running this program as administrator would collect more.\n");
        }
        if by_state.is_empty() {
            text.push_str("Everything that was looked for was collected.\n");
        }
    }
    text.push_str(&format!("The bundle is at {} ({}).\n", target.display(), human(bytes)));
    text
}

fn heading(state: State) -> &'static str {
    match state {
        State::Denied => "Windows did not allow reading",
        State::Locked => "In use by another program",
        State::TimedOut => "Did not answer in time",
        State::Truncated => "Collected in part only",
        _ => "Could not be read",
    }
}

fn human(bytes: u64) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{} KB", bytes / 1024),
        _ => format!("{} MB", bytes / (1024 * 1024)),
    }
}
