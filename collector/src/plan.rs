//! What a run is asked to do: limits, time window, which artifacts and whose. Owns the choice; reaches no host.

mod group;

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use jiff::Timestamp;
use koff_bundle::artifact::Artifact;

pub use self::group::Group;

/// Name of the plan in the manifest.
pub const NAME: &str = "default";

/// Everything that was decided before the first byte is read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The run ends by then, with whatever it has.
    pub deadline: Duration,
    /// What bounds a single source.
    pub caps: Caps,
    /// How far back events and rotated logs go.
    pub since: Duration,
    /// Only this account, by name, SID or profile folder.
    pub user: Option<String>,
    /// Which artifacts.
    pub selection: Selection,
    /// Whether names become pseudonyms. Secrets go in every mode.
    pub mask_names: bool,
    /// Key of the pseudonyms, so that several bundles agree; a random one otherwise.
    pub key_file: Option<PathBuf>,
    /// What is collected only where somebody agreed to it, and somebody did.
    pub agreed: BTreeSet<Artifact>,
    /// A fixed clock and no durations: the same host gives the same bytes.
    pub clock: Option<Timestamp>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(120),
            caps: Caps::default(),
            since: Duration::from_hours(14 * 24),
            user: None,
            selection: Selection::default(),
            mask_names: true,
            key_file: None,
            agreed: BTreeSet::new(),
            clock: None,
        }
    }
}

/// Upper bounds that keep one source from eating the run. Hitting one is written into the manifest.
#[derive(Debug, Clone)]
pub struct Caps {
    /// Time for one planned entry.
    pub entry_time: Duration,
    /// Bytes of one file; above, head and tail are kept.
    pub file_size: u64,
    /// Bytes of all files of one artifact.
    pub artifact_size: u64,
    /// Files of one artifact.
    pub files: usize,
    /// Keys of one registry tree.
    pub keys: usize,
    /// Bytes of data of one registry tree.
    pub key_bytes: u64,
    /// Folders entered by one search.
    pub folders: usize,
    /// Names seen by one search.
    pub names: usize,
    /// Depth below the folder where a search begins.
    pub depth: usize,
    /// Time for one search.
    pub search_time: Duration,
    /// Records of one event channel.
    pub events: usize,
    /// Bytes of a program that is summarised; a larger one has its size only.
    pub program_size: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            entry_time: Duration::from_secs(20),
            file_size: 64 << 20,
            artifact_size: 256 << 20,
            files: 64,
            keys: 20_000,
            key_bytes: 32 << 20,
            folders: 20_000,
            names: 200_000,
            depth: 16,
            search_time: Duration::from_secs(10),
            events: 2_000,
            program_size: 256 << 20,
        }
    }
}

impl Caps {
    /// With another bound on one file; an artifact may have at least four files of it.
    #[must_use]
    pub fn with_file_size(self, file_size: u64) -> Self {
        Self { file_size, artifact_size: self.artifact_size.max(file_size.saturating_mul(4)), ..self }
    }
}

/// Which artifacts are wanted.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// If not empty, these and no others.
    pub only: BTreeSet<Artifact>,
    /// Left out by an option.
    pub skipped: BTreeSet<Artifact>,
    /// Left out because the user unticked them.
    pub withheld: BTreeSet<Artifact>,
}

/// What the selection says of one artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Collect it.
    Collect,
    /// An option leaves it out.
    Skip,
    /// The user unticked it.
    Withhold,
}

impl Selection {
    /// What is to be done about `artifact`.
    #[must_use]
    pub fn choice(&self, artifact: Artifact) -> Choice {
        if self.withheld.contains(&artifact) {
            Choice::Withhold
        } else if self.skipped.contains(&artifact) || !(self.only.is_empty() || self.only.contains(&artifact)) {
            Choice::Skip
        } else {
            Choice::Collect
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unticked_wins_over_only_and_only_leaves_out_the_rest() {
        let selection = Selection {
            only: [Artifact::Users, Artifact::System].into(),
            skipped: BTreeSet::new(),
            withheld: [Artifact::System].into(),
        };
        assert_eq!(selection.choice(Artifact::Users), Choice::Collect);
        assert_eq!(selection.choice(Artifact::System), Choice::Withhold);
        assert_eq!(selection.choice(Artifact::Volumes), Choice::Skip);
        assert_eq!(Selection::default().choice(Artifact::Volumes), Choice::Collect);
    }
}
