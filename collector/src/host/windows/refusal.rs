//! Win32 error codes as acquisition states. Owns the mapping; a code without a line here is "failed", with its number.

use std::io;

use koff_bundle::acquisition::{Acquisition, State};

use super::super::Refusal;
pub(super) use super::super::failed;

/// Codes with a meaning of their own: number (winerror.h), state, words.
const KNOWN: &[(u32, State, &str)] = &[
    (2, State::Absent, "there is no such file or key"),
    (3, State::Absent, "there is no such folder"),
    (5, State::Denied, "access denied"),
    (15, State::Absent, "there is no such drive"),
    (19, State::Denied, "write-protected"),
    (21, State::Failed, "the device is not ready"),
    (32, State::Locked, "another program holds it open"),
    (33, State::Locked, "another program has locked a part of it"),
    (38, State::Failed, "unexpected end of file"),
    (50, State::Unsupported, "this Windows or file system does not support it"),
    (53, State::Failed, "the network path was not found"),
    (67, State::Failed, "the network name was not found"),
    (120, State::Unsupported, "this Windows does not offer it"),
    (123, State::Absent, "not a valid name"),
    (127, State::Unsupported, "this Windows does not offer it"),
    (126, State::Unsupported, "this Windows does not offer it"),
    (161, State::Absent, "not a valid path"),
    (206, State::Failed, "the name is too long"),
    (225, State::Denied, "the antivirus blocked it"),
    (267, State::Absent, "it is not a folder"),
    (299, State::Denied, "only a part of the process could be read"),
    (362, State::Failed, "the cloud provider is not running"),
    (1060, State::Absent, "there is no such service"),
    (1062, State::Failed, "the service is not running"),
    (1168, State::Absent, "not found"),
    (1222, State::Failed, "there is no network"),
    (1314, State::Denied, "a privilege is missing"),
    (1326, State::Denied, "sign-in failed"),
    (1722, State::Failed, "the service that answers for it is not available"),
    (1753, State::Failed, "the service that answers for it is not available"),
    (1920, State::Denied, "access denied"),
    (15007, State::Absent, "there is no such event log"),
];

/// `code` at `place` as a refusal.
pub(super) fn refusal(code: u32, place: impl AsRef<str>) -> Refusal {
    let (state, words) = KNOWN
        .iter()
        .find(|(known, ..)| *known == code)
        .map_or((State::Failed, "Windows reported an error"), |(_, state, words)| (*state, *words));
    let mut refusal = Acquisition::ended(state, format!("{}: {words}", place.as_ref()));
    refusal.os_error = Some(i64::from(code));
    refusal
}

/// An I/O error at `place` as a refusal.
pub(super) fn io_refusal(error: &io::Error, place: impl AsRef<str>) -> Refusal {
    match error.raw_os_error() {
        Some(code) => refusal(code.cast_unsigned(), place),
        None => {
            let state = match error.kind() {
                io::ErrorKind::NotFound => State::Absent,
                io::ErrorKind::PermissionDenied => State::Denied,
                _ => State::Failed,
            };
            Acquisition::ended(state, format!("{}: {error}", place.as_ref()))
        }
    }
}

/// The calling thread's last error at `place` as a refusal.
pub(super) fn last_refusal(place: impl AsRef<str>) -> Refusal {
    io_refusal(&io::Error::last_os_error(), place)
}
