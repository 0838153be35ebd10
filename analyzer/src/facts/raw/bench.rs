//! For tests only: an [`Input`] put together by hand, entry by entry.

use std::{collections::BTreeMap, sync::Arc};

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::{Entry, FORMAT_VERSION, Gap, HostInfo, HostKind, Manifest, Redaction, Tool},
    reading::Reading,
};

use super::input::{Input, Member};
use crate::{
    facts::{Datum, Facts, Means, Record, Table, log::scan::Patterns, streams::Streams},
    pack::Pack,
    signature::Trust,
};

/// A bundle in the making.
pub(crate) struct Bench(pub(crate) Input);

impl Bench {
    /// Of a 64-bit Windows 11 Pro, collected elevated on 2026-05-04.
    pub(crate) fn new(kind: HostKind) -> Self {
        let known = kind != HostKind::Loose;
        let text = |text: &str| if known { Reading::Value(text.to_owned()) } else { Reading::default() };
        let manifest = Manifest {
            format_version: FORMAT_VERSION,
            tool: Tool { name: "test".to_owned(), version: String::new() },
            plan: "test".to_owned(),
            host: HostInfo {
                kind,
                windows: text("Windows 10 Pro"),
                edition: text("Professional"),
                display_version: text("24H2"),
                build: if known { Reading::Value(26100) } else { Reading::default() },
                ubr: Reading::default(),
                architecture: text("x64"),
                locale: Reading::default(),
                time_zone: Reading::default(),
                utc_offset_minutes: Reading::default(),
                elevated: Reading::default(),
                computer: Reading::default(),
            },
            started: "2026-05-04T08:00:00Z".parse().unwrap(),
            finished: "2026-05-04T08:01:00Z".parse().unwrap(),
            redaction: Redaction { names_masked: false, masks: BTreeMap::new() },
            entries: Vec::new(),
        };
        Self(Input {
            manifest: Arc::new(manifest),
            manifest_sha256: String::new(),
            members: BTreeMap::new(),
            loose: BTreeMap::new(),
            broken: BTreeMap::new(),
        })
    }

    /// One more entry; `content` is its member.
    pub(crate) fn entry(
        mut self,
        artifact: &str,
        user: Option<&str>,
        origin: &str,
        state: State,
        content: Option<Vec<u8>>,
    ) -> Self {
        let name = format!("{}/{artifact}", self.0.manifest.entries.len());
        if let Some(bytes) = content {
            self.0.members.insert(name.clone(), Member { name: name.clone(), sha256: "00".repeat(32), bytes });
        }
        Arc::make_mut(&mut self.0.manifest).entries.push(Entry {
            name,
            artifact: artifact.to_owned(),
            user: user.map(str::to_owned),
            origin: origin.to_owned(),
            method: if artifact.starts_with("registry-") { "registry tree" } else { "file" }.to_owned(),
            acquisition: Acquisition::ended(state, ""),
            gaps: Vec::new(),
            bytes_read: 0,
            bytes_kept: 0,
            duration_ms: 0,
            sha256: None,
            masks: BTreeMap::new(),
            flush_points: None,
            modified: None,
        });
        self
    }

    /// A whole registry tree with these blocks (the header line is put in front).
    pub(crate) fn tree(self, user: Option<&str>, origin: &str, blocks: &str) -> Self {
        let text = format!("Windows Registry Editor Version 5.00\r\n\r\n{blocks}");
        self.entry("registry-kerio", user, origin, State::Complete, Some(text.into_bytes()))
    }

    /// A registry key that was asked for and ended as `state`.
    pub(crate) fn no_tree(self, user: Option<&str>, origin: &str, state: State) -> Self {
        self.entry("registry-kerio", user, origin, state, None)
    }

    /// A record member.
    pub(crate) fn records(self, artifact: Artifact, rows: &serde_json::Value) -> Self {
        self.entry(artifact.id(), None, "api", State::Complete, Some(rows.to_string().into_bytes()))
    }

    /// A part of the last entry that is missing.
    pub(crate) fn gap(mut self, place: &str, state: State) -> Self {
        let gap = Gap { place: place.to_owned(), acquisition: Acquisition::ended(state, "") };
        Arc::make_mut(&mut self.0.manifest).entries.last_mut().unwrap().gaps.push(gap);
        self
    }

    /// The method of the last entry.
    pub(crate) fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut Arc::make_mut(&mut self.0.manifest).entries.last_mut().unwrap().method);
        self
    }

    /// All facts.
    pub(crate) fn facts(&self) -> Facts {
        let pack = Pack::embedded().unwrap();
        let patterns = Patterns::new(&[]).unwrap();
        let means = Means { pack: &pack, trust: &Trust::empty(), layouts: &[], patterns: &patterns, at: None };
        Facts::of(&self.0, Streams::default(), &means)
    }

    /// One kind's table.
    pub(crate) fn table(&self, kind: &str) -> Table {
        self.facts().tables.remove(kind).unwrap()
    }

    /// The one record of a kind.
    pub(crate) fn one(&self, kind: &str) -> Record {
        let mut records = self.table(kind).records;
        assert_eq!(records.len(), 1, "{kind}: {records:#?}");
        records.remove(0)
    }
}

/// Whether a datum is unknown, and for which states.
pub(crate) fn states(datum: &Datum) -> Vec<State> {
    match datum {
        Datum::Unknown(why) => why.iter().map(|why| why.state).collect(),
        other => panic!("expected an unknown, found {other:?}"),
    }
}
