//! Why no bundle could be written at all. Trouble with one artifact is never an error here but a state in the manifest.

use std::path::PathBuf;

use thiserror::Error;

/// Why a run ended without a bundle, in words for the person at the keyboard.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder given is not the root of a Windows disk.
    #[error("{place}: expected the root of a Windows system disk, found {found}")]
    NotWindows {
        /// The folder.
        place: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// The folder given looks like any folder.
    #[error("{place}: expected the root of a Windows system disk, found no folder Windows\\System32\\config in it")]
    NoConfig {
        /// The folder.
        place: PathBuf,
    },
    /// What was given as a file ends like a folder.
    #[error("{place}: expected a file name at the end")]
    NoFileName {
        /// As given.
        place: PathBuf,
    },
    /// Nobody of that name has a profile on the host.
    #[error("--user {asked}: nobody of that name has a profile on this PC; found {known}")]
    UnknownUser {
        /// The name as typed.
        asked: String,
        /// The accounts there are.
        known: String,
    },
    /// Something that a person must agree to was not agreed to.
    #[error("{option}: expected a yes to what it does (or --yes), found {found}")]
    NotAgreed {
        /// The option that asks for it.
        option: String,
        /// What was typed instead of a yes.
        found: String,
    },
    /// The bundle cannot be written there.
    #[error("{place}: the bundle could not be written: {source}")]
    Write {
        /// The file or folder.
        place: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// The bundle format refused.
    #[error(transparent)]
    Bundle(#[from] koff_bundle::error::Error),
    /// Names could not be masked, so nothing may be written.
    #[error("names cannot be masked: {0}")]
    Key(String),
    /// The finished bundle still held something that redaction was to hide.
    #[error("{0}")]
    Leak(String),
    /// A map of names, or a file beside the bundle, could not be read or written.
    #[error("{place}: {source}")]
    File {
        /// The file.
        place: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// Nothing of that name is there.
    #[error("{place}: expected {expected}, found {found}")]
    Missing {
        /// Where it was looked for.
        place: PathBuf,
        /// What was looked for.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The machine cannot be read this way on this operating system.
    #[error("this program reads the running PC on Windows only; give --root DIR with the root of a Windows disk")]
    NoLiveHost,
    /// There is no screen, or nobody at it.
    #[error("a window can be opened on Windows only, and only where somebody sits at the screen")]
    NoWindow,
    /// Somebody stopped it before the bundle was complete.
    #[error("stopped before the bundle was complete; nothing was written")]
    Cancelled,
}

/// Result with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
