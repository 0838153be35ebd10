//! The text forms of members: `.reg` as regedit writes it, records as a JSON array with one record a line, events as one
//! JSON object a line. Same content, same bytes.

use std::io;

use koff_bundle::registry::text::Writer;

use crate::source::{Content, ExportKey};

/// The bytes of a member.
pub(super) fn bytes(content: Content) -> io::Result<Vec<u8>> {
    match content {
        Content::Registry(keys) => registry(&keys),
        Content::Bytes(bytes) | Content::Binary(bytes) => Ok(bytes),
        Content::Records(records) => array(&records),
        Content::Events(events) => {
            let mut out = Vec::new();
            for event in &events {
                serde_json::to_writer(&mut out, event)?;
                out.push(b'\n');
            }
            Ok(out)
        }
    }
}

fn registry(keys: &[ExportKey]) -> io::Result<Vec<u8>> {
    let mut writer = Writer::begin(Vec::new())?;
    for export in keys {
        writer.key(&export.path)?;
        for value in &export.key.values {
            writer.value(value)?;
        }
    }
    writer.finish()
}

fn array(records: &[serde_json::Value]) -> io::Result<Vec<u8>> {
    let mut out = b"[".to_vec();
    for (place, record) in records.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut out, record)?;
    }
    out.extend_from_slice(if records.is_empty() { b"]\n" } else { b"\n]\n" });
    Ok(out)
}
