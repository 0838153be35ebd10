//! Redaction of registry keys: names in paths, value names and data of every type. Owns what a value's type and name say
//! about its data; the `.reg` text is written by the bundle crate.

use std::{io, sync::Arc};

use koff_bundle::registry::{Key, Value, text::Writer, value_type};

use super::{
    Ledger, REMOVED, Shared, json,
    kind::Kind,
    scan::{Engine, Scratch},
};

/// The `.reg` text of redacted keys, in pieces.
pub(super) fn pieces<I>(
    shared: Arc<Shared>,
    ledger: Ledger,
    keys: I,
) -> impl Iterator<Item = io::Result<Vec<u8>>> + Send
where
    I: Iterator<Item = (String, Key)> + Send,
{
    let mut writer = Some(Writer::begin(Vec::new()));
    let mut keys = keys;
    std::iter::from_fn(move || {
        let now = match writer.take()? {
            Ok(now) => now,
            Err(error) => return Some(Err(error)),
        };
        let step = || match keys.next() {
            Some((path, key)) => {
                let mut now = now;
                let mut scratch = Scratch::default();
                write_key(&shared.engine, &mut now, &path, key, &mut scratch)?;
                ledger.settle(&mut scratch, &shared);
                let piece = std::mem::take(now.get_mut());
                writer = Some(Ok(now));
                Ok(piece)
            }
            None => now.finish(),
        };
        Some(step())
    })
}

fn write_key(
    engine: &Engine,
    writer: &mut Writer<Vec<u8>>,
    path: &str,
    key: Key,
    scratch: &mut Scratch,
) -> io::Result<()> {
    writer.key(&key_path(engine, path, scratch))?;
    for value in key.values {
        writer.value(&redact_value(engine, value, scratch))?;
    }
    Ok(())
}

/// A key path: each part may be a name as a whole (profile, SID, user).
pub(crate) fn key_path(engine: &Engine, path: &str, scratch: &mut Scratch) -> String {
    let mut above = "";
    let parts = path.split('\\').map(|part| {
        let masked = json::whole(engine, part, above, scratch).unwrap_or_else(|| part.to_owned());
        above = part;
        masked
    });
    parts.collect::<Vec<_>>().join("\\")
}

/// A value with its name and data redacted. The type stays; the mark of a removed secret is text in the type's own form.
pub(crate) fn redact_value(engine: &Engine, mut value: Value, scratch: &mut Scratch) -> Value {
    let secret = json::is_secret_name(&value.name) && !matches!(value.kind, value_type::DWORD | value_type::QWORD);
    let label = value.name.clone();
    if let Some(name) = json::whole(engine, &value.name, "", scratch) {
        value.name = name;
    }
    if value.data.is_empty() {
        return value;
    }
    if secret || holds_protected_blob(&value.data) {
        value.data = match value.kind {
            value_type::SZ | value_type::EXPAND_SZ => wide(REMOVED, true),
            value_type::MULTI_SZ => wide(&format!("{REMOVED}\0"), true),
            _ => REMOVED.as_bytes().to_vec(),
        };
        *scratch.masks.entry(Kind::Secret.id()).or_default() += 1;
        return value;
    }
    value.data = match value.kind {
        value_type::SZ | value_type::EXPAND_SZ | value_type::MULTI_SZ => strings(engine, value.data, &label, scratch),
        value_type::DWORD | value_type::QWORD => value.data,
        _ => binary(engine, value.data, &label, scratch),
    };
    value
}

/// Header of a blob that `CryptProtectData` made: version 1 and the provider's GUID.
fn holds_protected_blob(data: &[u8]) -> bool {
    const HEADER: &[u8] = &[1, 0, 0, 0, 0xD0, 0x8C, 0x9D, 0xDF, 0x01, 0x15, 0xD1, 0x11];
    memchr::memmem::find(data, HEADER).is_some()
}

fn wide(text: &str, terminated: bool) -> Vec<u8> {
    text.encode_utf16().chain(terminated.then_some(0)).flat_map(u16::to_le_bytes).collect()
}

/// A value of a text type: its strings where it holds text, else what bytes of any kind are. Some programs write 8-bit text
/// under such a type, which also reads as UTF-16.
fn strings(engine: &Engine, data: Vec<u8>, label: &str, scratch: &mut Scratch) -> Vec<u8> {
    let masked = utf16(&data).and_then(|text| parts(engine, &text, label, scratch));
    masked.or_else(|| engine.mask(&data, scratch)).unwrap_or(data)
}

/// `data` as UTF-16LE text, if it is some.
fn utf16(data: &[u8]) -> Option<String> {
    let (units, []) = data.as_chunks::<2>() else { return None };
    char::decode_utf16(units.iter().map(|pair| u16::from_le_bytes(*pair))).collect::<Result<_, _>>().ok()
}

/// `text` with NULs between its parts, each masked by itself, as UTF-16; `None` where there was nothing to mask.
fn parts(engine: &Engine, text: &str, label: &str, scratch: &mut Scratch) -> Option<Vec<u8>> {
    let mut changed = false;
    let masked: Vec<String> = text
        .split('\0')
        .map(|part| match json::whole(engine, part, label, scratch) {
            Some(masked) => {
                changed = true;
                masked
            }
            None => part.to_owned(),
        })
        .collect();
    changed.then(|| wide(&masked.join("\0"), false))
}

/// Bytes of any kind: text in UTF-16 (as Outlook profiles hold it), 8-bit text, or a structure with names in it.
fn binary(engine: &Engine, data: Vec<u8>, label: &str, scratch: &mut Scratch) -> Vec<u8> {
    let is_plain = |text: &String| {
        let latin = text.chars().filter(|one| u32::from(*one) < 0x250).count();
        text.chars().all(|one| one >= ' ' || matches!(one, '\0' | '\t' | '\n' | '\r')) && latin * 4 > data.len()
    };
    let masked = utf16(&data).filter(is_plain).and_then(|text| parts(engine, &text, label, scratch));
    // Text that begins at an odd place, or has its big end first, reads as UTF-16, too.
    masked.or_else(|| engine.mask(&data, scratch)).unwrap_or(data)
}
