//! From the bytes of `manifest.json` to a [`Manifest`]: version first, so that a newer bundle gets a clear answer and not
//! a parse error. Owns the messages about it.

use serde_json::Value;

use super::Member;
use crate::{
    digest::hex,
    error::{Error, Result},
    limits::shown,
    manifest::{FORMAT_VERSION, MANIFEST_NAME, Manifest},
};

/// Parses the manifest of the bundle at `place`.
pub(super) fn parse(place: &str, bytes: &[u8]) -> Result<Manifest> {
    let whole = format!("{place}: {MANIFEST_NAME}");
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    // Most manifests are of this version: those are read once.
    if let Ok(manifest) = serde_json::from_slice::<Manifest>(text)
        && manifest.format_version == FORMAT_VERSION
    {
        return Ok(manifest);
    }
    let value: Value = serde_json::from_slice(text).map_err(|error| at(&whole, "JSON", &error))?;
    let Some(version) = value.get("format_version") else {
        let found = if value.is_object() { "an object without it" } else { kind(&value) };
        return Err(Error::format(whole, "an object with format_version", found));
    };
    let Some(version) = version.as_u64() else {
        let found = shown(&version.to_string());
        return Err(Error::format(whole, "format_version as a whole number", found));
    };
    if version > u64::from(FORMAT_VERSION) {
        let tool = value.pointer("/tool/version").and_then(Value::as_str).map_or("of the same release".into(), shown);
        let found = u32::try_from(version).unwrap_or(u32::MAX);
        return Err(Error::Newer { place: place.to_owned(), found, supported: FORMAT_VERSION, tool });
    }
    if version == 0 {
        return Err(Error::format(whole, "format_version 1", "0"));
    }
    // Parsed again from the text, so that a wrong type is told with its line.
    serde_json::from_slice(text).map_err(|error| at(&whole, "a manifest of format version 1", &error))
}

fn at(place: &str, expected: &str, error: &serde_json::Error) -> Error {
    let said = error.to_string();
    let found = said.split(" at line ").next().unwrap_or(&said);
    let place = format!("{place} line {} column {}", error.line(), error.column());
    Error::format(place, expected, shown(found))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A bundle that somebody unpacked and packed again has all its members in one folder: that folder is dropped.
pub(super) fn strip_folder(members: &mut [Member]) {
    if members.iter().any(|member| member.name == MANIFEST_NAME) {
        return;
    }
    let Some(folder) = members.iter().find_map(|member| {
        let (folder, name) = member.name.split_once('/')?;
        (name == MANIFEST_NAME).then(|| format!("{folder}/"))
    }) else {
        return;
    };
    if members.iter().all(|member| member.name.starts_with(&folder)) {
        for member in members {
            member.name = member.name.split_off(folder.len());
        }
    }
}

/// The error for a file that is no zip file and not recognised as evidence either.
pub(super) fn no_bundle(place: &str, head: &[u8], length: u64) -> Error {
    let expected = "a bundle (zip file or folder), or evidence that can be recognised by its content";
    if head.starts_with(b"PK\x03\x04") {
        let found = format!("a zip file that is cut off inside its first member ({length} bytes)");
        return Error::format(place, expected, found);
    }
    let text = String::from_utf8_lossy(head);
    let printable = !text.contains('\u{FFFD}') && !text.chars().any(|c| c.is_control() && !c.is_whitespace());
    let begins = if printable { format!("\"{}\"", shown(text.trim())) } else { hex(head) };
    Error::format(place, expected, format!("{length} bytes that begin with {begins}"))
}
