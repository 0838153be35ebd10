//! How an artifact is obtained: one source a family, each written once over [`Host`]. Owns what a planned entry asks for
//! ([`Want`]) and what comes back ([`Raw`]); redacts nothing and writes nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::Gap,
    path::WinPath,
    record::EventRecord,
    registry::Key,
};

use crate::{
    host::{Answer, Host, Root, Scene},
    plan::Plan,
};

pub mod catalogues;
pub mod databases;
pub mod dumps;
pub mod environment;
pub mod events;
pub mod file;
pub mod folders;
pub mod licences;
pub mod machine;
pub mod pictures;
pub mod programs;
pub mod reachability;
pub mod registry;
pub mod services;
pub mod survey;
pub mod walk;
pub(crate) mod worker;

use self::survey::Survey;

/// One entry of the manifest before it is obtained: a registry root key, a file, or a file of facts.
#[derive(Debug, Clone)]
pub struct Job {
    /// Member name in the bundle, unique.
    pub name: String,
    /// What it is part of.
    pub artifact: Artifact,
    /// The user whose it is, by the id of `facts/users.json`.
    pub user: Option<String>,
    /// Where it is on the host.
    pub origin: String,
    /// How it is obtained, in the words of the manifest.
    pub method: &'static str,
    /// What to ask the host for.
    pub want: Want,
}

/// What a source is asked for.
#[derive(Debug, Clone)]
pub enum Want {
    /// A key with everything below it, or the part that `keep` names.
    Tree {
        /// Whose registry.
        root: Root,
        /// Key below the root.
        key: String,
        /// Which sub-keys.
        keep: registry::Keep,
    },
    /// A key's own values.
    Values {
        /// Whose registry.
        root: Root,
        /// Key below the root.
        key: String,
    },
    /// A file, head and tail where it is too large.
    File(WinPath),
    /// A program, whole or not at all; it travels in a password zip.
    Program(WinPath),
    /// A security catalogue as it is, whole or not at all.
    Catalogue(WinPath),
    /// A picture of the screen.
    Picture(Scene),
    /// Records that a source makes out of what the host says.
    Records(fn(&Context, &Budget) -> Answer<Raw>),
    /// Events of one channel.
    Events(events::Channel),
    /// Nothing: planning already found that there is none, or why it cannot be had.
    Nothing(Acquisition),
}

/// What every source may look at.
#[derive(Clone)]
pub struct Context {
    /// The machine.
    pub host: Arc<dyn Host>,
    /// What the run is asked to do.
    pub plan: Arc<Plan>,
    /// Who and what was found before collecting began.
    pub survey: Arc<Survey>,
}

/// How long a source may go on. A source that looks at it ends in time with a part; one that does not is abandoned.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    until: Instant,
}

impl Budget {
    /// A budget of `time` from now.
    #[must_use]
    pub fn of(time: Duration) -> Self {
        let now = Instant::now();
        Self { until: now.checked_add(time).unwrap_or(now) }
    }

    /// The same budget, but at most `time` from now.
    #[must_use]
    pub fn at_most(self, time: Duration) -> Self {
        Self { until: self.until.min(Self::of(time).until) }
    }

    /// What is left of it.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Whether it is used up.
    #[must_use]
    pub fn spent(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// What a source brought, unredacted.
#[derive(Debug)]
pub struct Raw {
    /// The content in its structured form.
    pub content: Content,
    /// Parts that are missing.
    pub gaps: Vec<Gap>,
    /// Why it is not all of it, where a cap cut it.
    pub cut: Option<String>,
    /// Bytes read on the host.
    pub bytes_read: u64,
    /// Last write time of the original.
    pub modified: Option<Timestamp>,
}

/// What a source has for one entry.
#[derive(Debug)]
pub enum Fetched {
    /// All that it brought.
    Raw(Raw),
    /// A file, to be read while it is redacted and written.
    File(file::Stream),
}

/// Content in the form in which redaction understands it best.
#[derive(Debug)]
pub enum Content {
    /// Keys with their values, parents before children.
    Registry(Vec<ExportKey>),
    /// A program's bytes, which a mask would spoil.
    Program {
        /// File name.
        name: String,
        /// The whole file.
        bytes: Vec<u8>,
    },
    /// A security catalogue's bytes: a signed list of digests, which a mask would spoil.
    Catalogue(Vec<u8>),
    /// A picture as a PNG file, in which nothing can be masked.
    Picture(Vec<u8>),
    /// Records of one wire type, to be written as a JSON array.
    Records(Vec<serde_json::Value>),
    /// Events, to be written one JSON object a line.
    Events(Vec<EventRecord>),
}

/// One key of a registry export.
#[derive(Debug, Clone)]
pub struct ExportKey {
    /// Full key, root spelled out.
    pub path: String,
    /// Its values and the names of its sub-keys.
    pub key: Key,
}

impl Raw {
    /// All of it.
    #[must_use]
    pub fn whole(content: Content) -> Self {
        Self { content, gaps: Vec::new(), cut: None, bytes_read: 0, modified: None }
    }

    /// Records of one wire type.
    ///
    /// # Errors
    /// Where a record has no JSON form (a number that is not finite).
    pub fn records<T: serde::Serialize>(records: &[T]) -> Answer<Self> {
        records
            .iter()
            .map(serde_json::to_value)
            .collect::<Result<Vec<_>, _>>()
            .map(|values| Self::whole(Content::Records(values)))
            .map_err(|error| Acquisition::ended(State::Failed, format!("a record has no JSON form: {error}")))
    }

    /// `self` with parts that are missing.
    #[must_use]
    pub fn with_gaps(mut self, gaps: Vec<Gap>) -> Self {
        self.gaps = gaps;
        self
    }

    /// How obtaining it ended: complete, or truncated by a cap.
    #[must_use]
    pub fn acquisition(&self) -> Acquisition {
        match &self.cut {
            None => Acquisition::complete(),
            Some(why) => Acquisition::ended(State::Truncated, why.clone()),
        }
    }
}

/// Asks the host for what a job wants.
///
/// # Errors
/// How it ended instead.
pub fn fetch(want: &Want, context: &Context, budget: &Budget) -> Answer<Fetched> {
    let raw = match want {
        Want::File(path) => {
            return file::open(context.host.as_ref(), path, context.plan.caps.file_size).map(Fetched::File);
        }
        Want::Tree { root, key, keep } => registry::tree(context, root, key, *keep, budget),
        Want::Values { root, key } => registry::values(context.host.as_ref(), root, key),
        Want::Program(path) => programs::whole(context, path, budget),
        Want::Catalogue(path) => catalogues::whole(context, path, budget),
        Want::Picture(scene) => pictures::take(context.host.as_ref(), *scene),
        Want::Records(source) => source(context, budget),
        Want::Events(channel) => events::read(context, channel),
        Want::Nothing(end) => Err(end.clone()),
    };
    raw.map(Fetched::Raw)
}

/// A part that is missing, at `place`, because of `end`.
#[must_use]
pub fn gap(place: impl Into<String>, end: Acquisition) -> Gap {
    Gap { place: place.into(), acquisition: end }
}
