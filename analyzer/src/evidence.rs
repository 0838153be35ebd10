//! Where a fact was seen, so that anybody can look again: artifact, digest, place, excerpt. Owns the type only.

use serde::{Deserialize, Serialize};

/// A quotation from the bundle that can be checked again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Evidence {
    /// Member of the bundle.
    pub artifact: String,
    /// SHA-256 of that member, lower-case hex, as computed by this reader.
    pub sha256: String,
    /// Where inside it.
    pub place: Place,
    /// What stands there, at most 400 characters.
    pub excerpt: String,
}

/// A place inside a member.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The member as a whole (its presence, size or manifest entry).
    Whole,
    /// A line, counted from 1, and the byte offset of its start.
    Line {
        /// Line number from 1.
        line: u64,
        /// Byte offset of the line's start.
        offset: u64,
        /// Length in bytes.
        length: u64,
    },
    /// A byte range.
    Bytes {
        /// Offset from the start.
        offset: u64,
        /// Length in bytes.
        length: u64,
    },
    /// A registry value in a `.reg` member; an empty `value` is the key's default value.
    Registry {
        /// Full key, root spelled out.
        key: String,
        /// Value name, absent for the key itself.
        value: Option<String>,
        /// Line in the member, counted from 1.
        line: u64,
    },
    /// A JSON pointer (RFC 6901) into a `facts/` member.
    Json {
        /// The pointer.
        pointer: String,
    },
    /// An entry of the manifest: what was planned and how it ended.
    Manifest {
        /// Name of the entry.
        entry: String,
    },
}
