//! Registry data as both sides see it: roots, value types, a key with its values. Owns the in-memory model; the `.reg`
//! text form is [`text`].

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub mod text;

/// Registry value types by their Win32 numbers (winnt.h).
pub mod value_type {
    /// `REG_NONE`
    pub const NONE: u32 = 0;
    /// `REG_SZ`
    pub const SZ: u32 = 1;
    /// `REG_EXPAND_SZ`
    pub const EXPAND_SZ: u32 = 2;
    /// `REG_BINARY`
    pub const BINARY: u32 = 3;
    /// `REG_DWORD`
    pub const DWORD: u32 = 4;
    /// `REG_MULTI_SZ`
    pub const MULTI_SZ: u32 = 7;
    /// `REG_QWORD`
    pub const QWORD: u32 = 11;
}

/// A value as stored: the bytes are kept as they are, whatever the type claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// Name; empty for the default value.
    pub name: String,
    /// Win32 type number, see [`value_type`].
    pub kind: u32,
    /// Raw data, strings in UTF-16LE with their terminator as stored.
    pub data: Vec<u8>,
}

impl Value {
    /// The text of a string value (`REG_SZ`, `REG_EXPAND_SZ`), or of a binary value that holds UTF-16LE text as Outlook
    /// profiles do (`001f….` values are `REG_BINARY`). Cut at the first NUL.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        matches!(self.kind, value_type::SZ | value_type::EXPAND_SZ | value_type::BINARY)
            .then(|| utf16_text(&self.data).split('\0').next().unwrap_or("").to_owned())
    }

    /// The strings of a `REG_MULTI_SZ`; a plain string counts as one.
    #[must_use]
    pub fn strings(&self) -> Vec<String> {
        match self.kind {
            value_type::MULTI_SZ => {
                utf16_text(&self.data).split('\0').filter(|s| !s.is_empty()).map(str::to_owned).collect()
            }
            _ => self.text().into_iter().collect(),
        }
    }

    /// The number of a `REG_DWORD` or `REG_QWORD`.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match (self.kind, self.data.len()) {
            (value_type::DWORD, 4) => Some(u64::from(u32::from_le_bytes(self.data[..4].try_into().ok()?))),
            (value_type::QWORD, 8) => Some(u64::from_le_bytes(self.data[..8].try_into().ok()?)),
            _ => None,
        }
    }
}

/// UTF-16LE bytes as text; an odd last byte and unpaired surrogates become U+FFFD.
fn utf16_text(data: &[u8]) -> String {
    let units: Vec<u16> = data.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// One key: its own values and the names of its sub-keys, not their content.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Key {
    /// Values in stored order.
    pub values: Vec<Value>,
    /// Sub-key names in stored order.
    pub subkeys: Vec<String>,
    /// Last write time of the key, where the host tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Timestamp>,
}

impl Key {
    /// The value called `name` (case-insensitive; empty for the default value).
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name.eq_ignore_ascii_case(name))
    }
}
