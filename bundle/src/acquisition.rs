//! How obtaining an artifact ended. Owns the states and their meaning; never decides what to do about them.

use serde::{Deserialize, Serialize};

/// How obtaining one artifact, or one part of it, ended. One bad artifact never stops a run: its state is a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// All of it is in the bundle.
    Complete,
    /// A part of it is in the bundle; the cut is marked (size cap, time window, unreadable part).
    Truncated,
    /// The host was asked and has no such thing. The only state that proves absence.
    Absent,
    /// This kind of host can never hold it (a disk has no processes).
    Unsupported,
    /// The host refused; elevation may help.
    Denied,
    /// Somebody else holds it open without sharing.
    Locked,
    /// The source did not answer within its time limit, or the run's deadline came first.
    TimedOut,
    /// Reading or parsing it failed.
    Failed,
    /// The plan or an option left it out.
    Skipped,
    /// The user unticked it.
    Withheld,
    /// Nobody asked for it: loose evidence, or a bundle of a tool that did not know this artifact.
    NotCollected,
    /// It was there and redaction removed the value itself.
    Redacted,
}

impl State {
    /// The state as a reader of a report sees it, for "unknown (…)".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Absent => "absent",
            Self::Unsupported => "not on this kind of host",
            Self::Denied => "needs elevation",
            Self::Locked => "locked by another program",
            Self::TimedOut => "timed out",
            Self::Failed => "could not be read",
            Self::Skipped => "skipped",
            Self::Withheld => "withheld by user",
            Self::NotCollected => "not collected",
            Self::Redacted => "redacted",
        }
    }

    /// Whether bytes of it are in the bundle.
    #[must_use]
    pub fn has_content(self) -> bool {
        matches!(self, Self::Complete | Self::Truncated)
    }
}

/// How obtaining an artifact ended, with the reason in words and the operating system's error code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Acquisition {
    /// How it ended.
    pub state: State,
    /// Why, in words; empty when complete.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The Win32 or errno code behind `reason`, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_error: Option<i64>,
}

impl Acquisition {
    /// All of it was obtained.
    #[must_use]
    pub fn complete() -> Self {
        Self { state: State::Complete, reason: String::new(), os_error: None }
    }

    /// It ended as `state` because of `reason`.
    #[must_use]
    pub fn ended(state: State, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into(), os_error: None }
    }
}
