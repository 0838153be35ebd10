//! What a verdict rests on: the artifacts behind the facts that a rule asks, and how obtaining each of them ended by the
//! manifest. Owns which artifacts count; reads none.

use std::collections::{BTreeMap, BTreeSet};

use koff_bundle::{
    acquisition::State,
    artifact::{Artifact, Reader},
    manifest::{Entry, Manifest},
};

use super::Node;
use crate::{
    facts::{Datum, Facts},
    rule::Rule,
};

/// The artifacts that the kinds of `rule` are parsed from, and those that its records and gaps name, each with the state of
/// its entries.
#[must_use]
pub fn inputs(rule: &Rule, facts: &Facts, manifest: &Manifest) -> Node {
    let kinds: Vec<&str> = rule.parts.iter().map(|part| part.kind.name).collect();
    let reads = |artifact: &&Artifact| match artifact.reader() {
        Reader::Facts(declared) => declared.iter().any(|kind| kinds.contains(kind)),
        Reader::Shown(..) | Reader::Raw(_) => false,
    };
    let mut ids: BTreeSet<&str> = Artifact::ALL.iter().filter(reads).map(|artifact| artifact.id()).collect();
    let named = named(rule, facts);
    ids.extend(
        manifest.entries.iter().filter(|entry| named.contains(&entry.name)).map(|entry| entry.artifact.as_str()),
    );
    let parts = ids.into_iter().map(|id| {
        let own: Vec<&Entry> = manifest.entries.iter().filter(|entry| entry.artifact == id).collect();
        Node::leaf(format!("{id}: {}", states(&own)))
    });
    Node { text: "inputs, by the manifest".to_owned(), parts: parts.collect() }
}

/// Members that the records and gaps of the rule's kinds name.
fn named(rule: &Rule, facts: &Facts) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for part in &rule.parts {
        let table = facts.table(part.kind);
        let seen = table.records.iter().flat_map(|record| &record.evidence).map(|place| place.artifact.clone());
        names.extend(seen);
        let unknown = table.records.iter().flat_map(|record| record.fields.values()).filter_map(|datum| match datum {
            Datum::Unknown(reasons) => Some(reasons),
            _ => None,
        });
        let reasons = unknown.flatten().chain(&table.gaps);
        names.extend(reasons.filter_map(|why| why.artifact.clone()));
    }
    names
}

/// How many entries ended in which state, and why where one is not complete.
fn states(entries: &[&Entry]) -> String {
    if entries.is_empty() {
        return "not in this bundle".to_owned();
    }
    let mut by_state: BTreeMap<State, (usize, &str)> = BTreeMap::new();
    for entry in entries {
        let end = &entry.acquisition;
        let count = by_state.entry(end.state).or_insert((0, end.reason.as_str()));
        count.0 += 1;
    }
    let words = by_state.into_iter().map(|(state, (count, reason))| match reason {
        "" => format!("{count} {}", state.words()),
        reason => format!("{count} {} ({reason})", state.words()),
    });
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use koff_bundle::manifest::HostKind;

    use super::*;
    use crate::{facts::raw::bench::Bench, rule::RuleSet};

    #[test]
    fn every_input_is_named_with_how_obtaining_it_ended() {
        let rules = RuleSet::embedded().unwrap();
        let rule = rules.get("mapi-service-unregistered").unwrap();
        let inf = r"C:\Program Files\Common Files\System\MSMAPI\1033\MAPISVC.INF";
        let bench = Bench::new(HostKind::Live)
            .entry("mapisvc", None, inf, State::Complete, Some(b"[Services]\r\n".to_vec()))
            .entry("mapisvc", None, r"C:\Other\MAPISVC.INF", State::Denied, None);
        let told = inputs(rule, &bench.facts(), &bench.0.manifest).to_string();
        assert!(told.contains("mapisvc: 1 complete, 1 needs elevation"), "{told}");
        let nothing = Bench::new(HostKind::Live);
        let told = inputs(rule, &nothing.facts(), &nothing.0.manifest).to_string();
        assert!(told.contains("mapisvc: not in this bundle"), "{told}");
    }
}
