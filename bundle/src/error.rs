//! Errors of the bundle format: each names the place, what was expected there and what was found.

use thiserror::Error;

/// Why a bundle could not be read or written at all. Trouble with one member is not an error but a value
/// ([`crate::acquisition::Acquisition`], or a problem that the reader lists).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("{place}: {source}")]
    Io {
        /// File or member.
        place: String,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// The bytes are not what this place must hold.
    #[error("{place}: expected {expected}, found {found}")]
    Format {
        /// File, member, offset or line.
        place: String,
        /// What the format asks for there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Written by a newer tool.
    #[error(
        "{place}: bundle format {found} is newer than {supported}, the newest this program reads; use koff-analyze {tool} or later"
    )]
    Newer {
        /// The bundle.
        place: String,
        /// Its format version.
        found: u32,
        /// The newest version read here.
        supported: u32,
        /// Version of the tool that wrote it.
        tool: String,
    },
    /// A published limit was hit.
    #[error("{place}: {what} {found} is over the limit of {limit}")]
    Limit {
        /// File or member.
        place: String,
        /// Which limit.
        what: String,
        /// The value found.
        found: u64,
        /// The limit.
        limit: u64,
    },
}

impl Error {
    /// An I/O error at `place`.
    pub fn io(place: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { place: place.into(), source }
    }

    /// Wrong bytes at `place`.
    pub fn format(place: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Format { place: place.into(), expected: expected.into(), found: found.into() }
    }
}

/// Result with this crate's [`enum@Error`].
pub type Result<T> = std::result::Result<T, Error>;
