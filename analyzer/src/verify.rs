//! Looks every quotation of a report up again in the bundle: digest, place, excerpt. Owns the comparison; a report that
//! says something the bundle does not is refuted, whoever wrote it.

use std::{collections::BTreeMap, io::Read};

use koff_bundle::{
    encoding::{self, CodePage},
    manifest::MANIFEST_NAME,
    reader::Bundle,
    registry::text,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    evidence::{Evidence, Place},
    facts::model::locale::Locale,
    report::Report,
};

/// What became of one quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Rule of the finding.
    pub rule: String,
    /// The quotation.
    pub evidence: Evidence,
    /// Why it is refuted; `None` where it is confirmed.
    pub refuted: Option<String>,
}

/// Checks all evidence of all findings of `report` against `bundle`.
#[must_use]
pub fn verify(report: &Report, bundle: &Bundle) -> Vec<Checked> {
    let mut members = Members { bundle, read: BTreeMap::new(), page: None };
    report
        .findings
        .iter()
        .flat_map(|finding| finding.evidence.iter().map(|evidence| (finding.rule.clone(), evidence.clone())))
        .map(|(rule, evidence)| Checked { rule, refuted: members.check(&evidence).err(), evidence })
        .collect()
}

struct Members<'a> {
    bundle: &'a Bundle,
    read: BTreeMap<String, Result<Vec<u8>, String>>,
    page: Option<CodePage>,
}

impl Members<'_> {
    fn check(&mut self, evidence: &Evidence) -> Result<(), String> {
        let name = evidence.artifact.as_str();
        let found = match name {
            MANIFEST_NAME => self.bundle.manifest_sha256().to_owned(),
            _ => self.bundle.sha256_of(name).map_err(|error| error.to_string())?,
        };
        if found != evidence.sha256 {
            return Err(format!("{name}: expected SHA-256 {}, found {found}", evidence.sha256));
        }
        match &evidence.place {
            Place::Whole => Ok(()),
            Place::Line { offset, length, .. } | Place::Bytes { offset, length } => {
                let bytes = self.bytes_at(name, *offset, *length)?;
                let unicode = quoted(&encoding::text(&bytes), &evidence.excerpt);
                unicode.or_else(|why| quoted(&self.page().decode(&bytes), &evidence.excerpt).map_err(|_| why))
            }
            Place::Manifest { entry } => match self.bundle.entry(entry) {
                Some(_) => Ok(()),
                None => Err(format!("expected the entry {entry} in the manifest, found none")),
            },
            Place::Json { pointer } if name == MANIFEST_NAME => {
                let manifest = serde_json::to_value(self.bundle.manifest()).map_err(|error| error.to_string())?;
                pointed(&manifest, pointer, &evidence.excerpt)
            }
            Place::Json { pointer } => {
                let value: Value = serde_json::from_slice(self.whole(name)?).map_err(|error| error.to_string())?;
                pointed(&value, pointer, &evidence.excerpt)
            }
            Place::Registry { key, value, line } => registry(self.whole(name)?, key, value.as_deref(), *line),
        }
    }

    /// `length` bytes at `offset`, without holding the whole member: logs may be large.
    fn bytes_at(&self, name: &str, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let mut stream = self.bundle.stream(name).map_err(|error| error.to_string())?;
        std::io::copy(&mut stream.by_ref().take(offset), &mut std::io::sink()).map_err(|error| error.to_string())?;
        let mut bytes = Vec::new();
        stream.take(length.min(1 << 20)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    /// In which code page the programs of the PC write what is no Unicode.
    fn page(&mut self) -> CodePage {
        let bundle = self.bundle;
        *self.page.get_or_insert_with(|| Locale::of(bundle).code_page)
    }

    fn whole(&mut self, name: &str) -> Result<&[u8], String> {
        let bundle = self.bundle;
        self.read
            .entry(name.to_owned())
            .or_insert_with(|| bundle.read(name).map(|content| content.bytes).map_err(|error| error.to_string()))
            .as_deref()
            .map_err(Clone::clone)
    }
}

/// Whether `found` begins with the excerpt, white space and a cut at its end aside.
fn quoted(found: &str, excerpt: &str) -> Result<(), String> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (there, wanted) = (plain(found), plain(excerpt.trim_end_matches('…')));
    if there.contains(&wanted) { Ok(()) } else { Err(format!("expected {excerpt:?}, found {:?}", cut(&there))) }
}

fn pointed(document: &Value, pointer: &str, excerpt: &str) -> Result<(), String> {
    let value = document.pointer(pointer).ok_or_else(|| format!("expected a value at {pointer}, found none"))?;
    let shown = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Numbers inside a record may be written in another way (1.0 and 1); the value is what counts.
    let wanted = excerpt.trim_end_matches('…');
    if shown.starts_with(wanted) || serde_json::from_str::<Value>(excerpt).is_ok_and(|quoted| quoted == *value) {
        return Ok(());
    }
    let squeezed = |text: &str| text.replace([' ', '"'], "");
    if squeezed(&shown).contains(&squeezed(wanted)) {
        return Ok(());
    }
    Err(format!("expected {:?} at {pointer}, found {:?}", cut(excerpt), cut(&shown)))
}

fn registry(bytes: &[u8], key: &str, value: Option<&str>, line: u64) -> Result<(), String> {
    let file = text::read(bytes);
    let blocks = file.keys.iter().filter(|block| block.path.eq_ignore_ascii_case(key));
    let mut lines = blocks.flat_map(|block| match value {
        None => vec![block.line],
        Some(name) => {
            let values = block.values.iter().filter(|found| found.value.name.eq_ignore_ascii_case(name));
            values.map(|found| found.line).collect()
        }
    });
    if lines.any(|found| found == line) {
        return Ok(());
    }
    Err(format!("expected [{key}] {} at line {line}, found other text there", value.unwrap_or_default()))
}

fn cut(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_that_is_not_there_is_refuted() {
        assert!(quoted("[x]  disk   full\r\n", "disk full").is_ok());
        assert!(quoted("disk is fine", "disk full").is_err());
        let document = serde_json::json!([{ "path": "C:\\a", "size": 5 }]);
        assert!(pointed(&document, "/0", r#"{"path":"C:\\a","si…"#).is_ok());
        assert!(pointed(&document, "/0", r#"{"path":"C:\\b"}"#).is_err());
        assert!(pointed(&document, "/1", "x").is_err());
        assert!(pointed(&document, "/0/path", "forged words").is_err(), "plain words are looked up, too");
    }

    #[test]
    fn a_registry_value_is_looked_up_by_key_name_and_line() {
        let export = b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\"b\"=\"c\"\r\n";
        assert!(registry(export, r"HKEY_LOCAL_MACHINE\A", Some("b"), 4).is_ok());
        assert!(registry(export, r"HKEY_LOCAL_MACHINE\A", Some("b"), 5).is_err());
        assert!(registry(export, r"HKEY_LOCAL_MACHINE\B", None, 3).is_err());
    }
}
