//! The members of a bundle that facts are parsed from, with manifest entries and digests. Owns finding them by artifact
//! and the evidence that quotes them; logs and events stay in the bundle until their own parsers ask.

use std::{collections::BTreeMap, sync::Arc};

use koff_bundle::{
    acquisition::State,
    artifact::Artifact,
    loose::Kind,
    manifest::{Entry, HostKind, MANIFEST_NAME, Manifest},
    pe,
    reader::Bundle,
    record::PeSummary,
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

/// Everything that facts are parsed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The manifest.
    pub manifest: Arc<Manifest>,
    /// SHA-256 of the manifest's bytes.
    pub manifest_sha256: String,
    /// Members read, by name.
    pub members: BTreeMap<String, Member>,
    /// Programs and databases handed over as they are, by member name.
    pub loose: BTreeMap<String, Loose>,
    /// Members that could not be read, by name, with the reason.
    pub broken: BTreeMap<String, String>,
}

/// A file of loose evidence that is summarised, not kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Loose {
    /// A program.
    Program {
        /// SHA-256 of the member.
        sha256: String,
        /// What it says of itself.
        pe: Box<PeSummary>,
    },
    /// A Firebird database.
    Database {
        /// SHA-256 of the member.
        sha256: String,
        /// Bytes.
        size: u64,
        /// Its first bytes, lower-case hex.
        header: String,
    },
}

/// Length of a database's header that matters.
const HEADER_BYTES: u64 = 128;

impl Input {
    /// Reads what facts are parsed from: registry exports, MAPISVC.INF files and record members.
    #[must_use]
    pub fn read(bundle: &Bundle) -> Self {
        let manifest = bundle.shared_manifest();
        let (mut members, mut loose, mut broken) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for entry in &manifest.entries {
            if bundle.member(&entry.name).is_none() {
                if entry.acquisition.state.has_content() {
                    broken.insert(entry.name.clone(), "the member is missing".to_owned());
                }
                continue;
            }
            match loose_file(bundle, entry) {
                Some(file) => {
                    loose.insert(entry.name.clone(), file);
                }
                None if is_read(entry) => match bundle.read(&entry.name) {
                    Ok(content) => {
                        let (name, sha256, bytes) = (entry.name.clone(), content.sha256, content.bytes);
                        members.insert(name.clone(), Member { name, sha256, bytes });
                    }
                    Err(error) => {
                        broken.insert(entry.name.clone(), error.to_string());
                    }
                },
                None => {}
            }
        }
        let manifest_sha256 = bundle.manifest_sha256().to_owned();
        Self { manifest, manifest_sha256, members, loose, broken }
    }

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
        let what =
            if end.reason.is_empty() { entry.origin.clone() } else { format!("{} ({})", entry.origin, end.reason) };
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

/// Whether an entry's member is one that facts are parsed from as a whole.
fn is_read(entry: &Entry) -> bool {
    const RECORDS: [Artifact; 10] = [
        Artifact::Users,
        Artifact::System,
        Artifact::Volumes,
        Artifact::Services,
        Artifact::Processes,
        Artifact::Folders,
        Artifact::Programs,
        Artifact::Databases,
        Artifact::OfficeLicences,
        Artifact::Reachability,
    ];
    let registry = [Kind::RegistryExport.id(), Kind::RegistryQuery.id()].contains(&entry.artifact.as_str());
    registry
        || entry.artifact.starts_with("registry-")
        || Artifact::from_id(&entry.artifact)
            .is_some_and(|a| matches!(a, Artifact::Mapisvc | Artifact::Catalogues) || RECORDS.contains(&a))
}

/// The summary of a program or database handed over by itself.
fn loose_file(bundle: &Bundle, entry: &Entry) -> Option<Loose> {
    let size = bundle.member(&entry.name)?.size;
    if entry.artifact == Kind::Program.id() {
        // However large: the summary of one that is too large to be parsed says so.
        let content = bundle.read(&entry.name).ok()?;
        return Some(Loose::Program { sha256: content.sha256, pe: Box::new(pe::summarise(&content.bytes)) });
    }
    if entry.artifact == Kind::Database.id() {
        let head = bundle.head(&entry.name, HEADER_BYTES).ok()?;
        let header = head.iter().map(|byte| format!("{byte:02x}")).collect();
        return Some(Loose::Database { sha256: bundle.sha256_of(&entry.name).ok()?, size, header });
    }
    None
}
