//! What a run says at its end, to a person and to a program: where the bundle is and what could not be collected.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    manifest::{Entry, Manifest},
};
use serde::Serialize;

use super::deliver::Delivered;
use crate::messages::Messages;

/// The result on standard output with `--format json`.
#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    schema: &'static str,
    bundle: String,
    bytes: u64,
    entries: usize,
    collected: usize,
    /// Whose evidence it is, where whoever ran the program is none of them.
    other_people: &'a [String],
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
    pub(super) fn new(done: &'a Delivered) -> Self {
        let manifest = &done.manifest;
        Self {
            schema: "koff-collect-result/1",
            bundle: done.target.display().to_string(),
            bytes: done.bytes,
            entries: manifest.entries.len(),
            collected: manifest.entries.iter().filter(|entry| entry.acquisition.state.has_content()).count(),
            other_people: &done.others,
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
pub(super) fn summary(done: &Delivered, messages: &Messages, quiet: bool) -> String {
    let mut text = String::new();
    if !quiet {
        for line in remarks(done, messages) {
            text += &format!("{line}\n");
        }
    }
    let (path, size) = (done.target.display().to_string(), messages.size(done.bytes));
    text + &format!("{}\n", messages.say("summary.bundle", &[("path", &path), ("size", &size)]))
}

/// What a person should know of a finished bundle, a sentence each: what it lacks, how to send it, whose it is.
pub(super) fn remarks(done: &Delivered, messages: &Messages) -> Vec<String> {
    let mut lines = missing(&done.manifest, messages);
    lines.extend(sent(done, messages));
    if !done.others.is_empty() {
        lines.push(messages.say("summary.others", &[("people", &done.others.join(", "))]));
    }
    lines.extend(done.map.as_ref().map(|map| messages.say("summary.map", &[("map", map)])));
    lines
}

/// How the bundle is to be sent, where there is something to say about it.
fn sent(done: &Delivered, messages: &Messages) -> Vec<String> {
    let mut lines = Vec::new();
    if done.sealed {
        lines.push(messages.text("summary.sealed"));
    }
    if done.volumes > 1 {
        lines.push(messages.say("summary.volumes", &[("count", &done.volumes.to_string())]));
    }
    lines
}

/// What could not be collected, a sentence a state, and whether an administrator would get more.
fn missing(manifest: &Manifest, messages: &Messages) -> Vec<String> {
    let mut by_state: BTreeMap<State, Vec<String>> = BTreeMap::new();
    for missed in missed(manifest) {
        let what = Artifact::from_id(missed.artifact).map(|artifact| messages.purpose(artifact));
        by_state.entry(missed.state).or_default().push(what.unwrap_or_else(|| missed.artifact.to_owned()));
    }
    let say = |(state, what): (&State, &Vec<String>)| messages.say(heading(*state), &[("what", &what.join("; "))]);
    let mut lines: Vec<String> = by_state.iter().map(say).collect();
    if by_state.is_empty() {
        lines.push(messages.text("summary.all"));
    } else if by_state.contains_key(&State::Denied) {
        lines.push(messages.text("summary.elevate"));
    } else if manifest.host.elevated.value() == Some(&false) {
        lines.push(messages.text("summary.elevate-no"));
    }
    let withheld = manifest.entries.iter().filter(|entry| entry.acquisition.state == State::Withheld);
    let mut withheld: Vec<Artifact> = withheld.filter_map(|entry| Artifact::from_id(&entry.artifact)).collect();
    // The entries of an artifact stand together.
    withheld.dedup();
    let withheld: Vec<String> = withheld.into_iter().map(|artifact| messages.purpose(artifact)).collect();
    if !withheld.is_empty() {
        lines.push(messages.say("summary.withheld", &[("what", &withheld.join("; "))]));
    }
    lines
}

fn heading(state: State) -> &'static str {
    match state {
        State::Denied => "summary.denied",
        State::Locked => "summary.locked",
        State::TimedOut => "summary.timed-out",
        State::Truncated => "summary.truncated",
        _ => "summary.failed",
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use koff_bundle::manifest::HostKind;

    use super::*;
    use crate::{
        cli::{deliver::deliver, place, sending::Sending},
        collect::{Session, Unwatched},
        host::{Host, recorded::RecordedHost},
        plan::Plan,
    };

    /// A recorded PC on which anna has the connector, collected by whoever is called `current`.
    fn delivered(current: &str) -> (tempfile::TempDir, Delivered) {
        let folder = tempfile::tempdir().unwrap();
        koff_fixtures::build_recording("healthy-c2r-x64", folder.path()).unwrap();
        let tape = folder.path().join("recorded.json");
        let mut said: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&tape).unwrap()).unwrap();
        said["current"] = current.into();
        std::fs::write(&tape, said.to_string()).unwrap();
        let host: Arc<dyn Host> = Arc::new(RecordedHost::open(folder.path()).unwrap());
        let session = Session::open(&host, &Arc::new(Plan::default()), HostKind::Recorded).unwrap();
        let target = place::choose(Some(&folder.path().join("out.zip")), &[], host.now());
        let done = deliver(&session, &target, &Sending::default(), &mut Unwatched).unwrap();
        (folder, done)
    }

    #[test]
    fn the_result_says_whose_evidence_it_is_where_another_account_ran_the_program() {
        for (current, others) in [("anna", vec![]), ("Administrator", vec!["anna"])] {
            let (_folder, done) = delivered(current);
            let result = serde_json::to_value(Outcome::new(&done)).unwrap();
            assert_eq!(result["schema"], "koff-collect-result/1");
            assert_eq!(result["other_people"], serde_json::json!(others), "{current}");
            let said = summary(&done, &Messages::for_tag("en"), false);
            assert_eq!(said.contains("What it collected is about: anna"), !others.is_empty(), "{said}");
        }
    }
}
