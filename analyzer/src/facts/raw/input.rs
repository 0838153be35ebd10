//! The members of a bundle that facts are parsed from, with manifest entries and digests. Owns finding them by artifact
//! and the evidence that quotes them; logs and events stay in the bundle until their own parsers ask.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    manifest::{Entry, HostKind, MANIFEST_NAME, Manifest},
};
use serde::de::DeserializeOwned;

use super::rows::Rows;
use crate::{
    evidence::{Evidence, Place},
    verdict::Unknown,
};

/// One member, read whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Name inside the bundle.
    pub name: String,
    /// SHA-256 as computed by this reader, lower-case hex.
    pub sha256: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Member {
    /// A quotation from this member.
    #[must_use]
    pub fn evidence(&self, place: Place, excerpt: impl Into<String>) -> Evidence {
        Evidence { artifact: self.name.clone(), sha256: self.sha256.clone(), place, excerpt: excerpt.into() }
    }

    /// Something in this member cannot be told.
    #[must_use]
    pub fn unknown(&self, state: State, what: &str) -> Unknown {
        Unknown { artifact: Some(self.name.clone()), ..Unknown::new(state, format!("{}: {what}", self.name)) }
    }
}

/// A member whose digest or presence is not what the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alteration {
    /// Member name.
    pub artifact: String,
    /// SHA-256 of the manifest.
    pub expected: Option<String>,
    /// SHA-256 found.
    pub found: Option<String>,
}

/// Everything that facts are parsed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The manifest.
    pub manifest: Manifest,
    /// SHA-256 of the manifest's bytes.
    pub manifest_sha256: String,
    /// Members read, by name.
    pub members: BTreeMap<String, Member>,
    /// Members that could not be read, by name, with the reason.
    pub broken: BTreeMap<String, String>,
    /// Members that differ from the manifest.
    pub altered: Vec<Alteration>,
}

impl Input {
    /// Whether it is evidence gathered by hand.
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.manifest.host.kind == HostKind::Loose
    }

    /// Entries of `artifact` in the order of the plan.
    pub fn entries(&self, artifact: Artifact) -> impl Iterator<Item = &Entry> {
        self.manifest.entries.iter().filter(move |entry| entry.artifact == artifact.id())
    }

    /// The member of `entry`.
    #[must_use]
    pub fn member(&self, entry: &Entry) -> Option<&Member> {
        self.members.get(&entry.name)
    }

    /// The manifest's line about `entry` as evidence.
    #[must_use]
    pub fn manifest_evidence(&self, entry: &Entry) -> Evidence {
        let end = &entry.acquisition;
        let reason = if end.reason.is_empty() { String::new() } else { format!(": {}", end.reason) };
        Evidence {
            artifact: MANIFEST_NAME.to_owned(),
            sha256: self.manifest_sha256.clone(),
            place: Place::Manifest { entry: entry.name.clone() },
            excerpt: super::rows::excerpt(&format!("{}: {}{reason}", entry.origin, end.state.words())),
        }
    }

    /// Something about the host as a whole, quoted from the manifest.
    #[must_use]
    pub fn host_evidence(&self, field: &str, value: &str) -> Evidence {
        Evidence {
            artifact: MANIFEST_NAME.to_owned(),
            sha256: self.manifest_sha256.clone(),
            place: Place::Json { pointer: format!("/host/{field}") },
            excerpt: super::rows::excerpt(value),
        }
    }

    /// Why `entry` is not all there; `None` where it is.
    #[must_use]
    pub fn shortfall(&self, entry: &Entry) -> Option<Unknown> {
        let end = &entry.acquisition;
        let state = match (end.state, self.broken.get(&entry.name)) {
            (state, Some(why)) if state.has_content() => {
                return Some(Unknown {
                    artifact: Some(entry.name.clone()),
                    ..Unknown::new(State::Failed, format!("{}: {why}", entry.name))
                });
            }
            (State::Complete | State::Absent, _) => return None,
            (state, _) => state,
        };
        let what = if end.reason.is_empty() { entry.origin.clone() } else { format!("{} ({})", entry.origin, end.reason) };
        Some(Unknown { artifact: Some(entry.name.clone()), ..Unknown::new(state, what) })
    }

    /// All rows of the record member of `artifact`.
    #[must_use]
    pub fn rows<T: DeserializeOwned>(&self, artifact: Artifact) -> Rows<T> {
        let mut all = Rows::default();
        let mut planned = false;
        for entry in self.entries(artifact) {
            planned = true;
            all.gaps.extend(self.shortfall(entry));
            for gap in &entry.gaps {
                all.gaps.push(Unknown {
                    artifact: Some(entry.name.clone()),
                    ..Unknown::new(gap.acquisition.state, gap.place.clone())
                });
            }
            if let Some(member) = self.member(entry) {
                let rows = Rows::parse(member);
                all.rows.extend(rows.rows);
                all.gaps.extend(rows.gaps);
            }
        }
        if !planned {
            all.gaps.push(Unknown::new(State::NotCollected, artifact.purpose()));
        }
        all
    }
}
