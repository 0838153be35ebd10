//! Text and times as Win32 has them: NUL-terminated UTF-16 and FILETIME.

use std::{ffi::OsStr, os::windows::ffi::OsStrExt};

use koff_bundle::path::WinPath;

pub(super) use crate::host::filetime::time as timestamp;

/// `text` as NUL-terminated UTF-16.
pub(crate) fn wide(text: impl AsRef<OsStr>) -> Vec<u16> {
    text.as_ref().encode_wide().chain([0]).collect()
}

/// The text before the first NUL; unpaired surrogates become U+FFFD.
pub(super) fn narrow(units: &[u16]) -> String {
    String::from_utf16_lossy(units.split(|unit| *unit == 0).next().unwrap_or_default())
}

/// A FILETIME from its halves.
pub(super) fn joined(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// `path` in the form that has neither a length limit nor special names (`\\?\…`).
pub(super) fn extended(path: &WinPath) -> String {
    match path.as_str().strip_prefix(r"\\") {
        Some(share) => format!(r"\\?\UNC\{share}"),
        None => format!(r"\\?\{path}"),
    }
}
