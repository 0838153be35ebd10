//! Looks every quotation of a report up again in the bundle: digest, place, excerpt. Owns the comparison; a report that
//! says something the bundle does not is refuted, whoever wrote it.

use std::{collections::BTreeMap, io::Read, sync::Arc};

use koff_bundle::{
    encoding::{self, CodePage},
    manifest::MANIFEST_NAME,
    reader::{Bundle, Stream},
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

/// Checks all evidence of all findings of `report` against `bundle`. Each member is read and parsed once, whatever the
/// order in which the report quotes it: the work grows with both, never with their product.
#[must_use]
pub fn verify(report: &Report, bundle: &Bundle) -> Vec<Checked> {
    let quotations: Vec<(&str, &Evidence)> = report
        .findings
        .iter()
        .flat_map(|finding| finding.evidence.iter().map(|evidence| (finding.rule.as_str(), evidence)))
        .collect();
    let mut order: Vec<usize> = (0..quotations.len()).collect();
    order
        .sort_by_cached_key(|at| quotations.get(*at).map(|(_, evidence)| (evidence.artifact.clone(), start(evidence))));
    let mut page = None;
    let mut refuted: Vec<Option<String>> = vec![None; quotations.len()];
    let mut member: Option<Member<'_>> = None;
    for at in order {
        let (Some((_, evidence)), Some(place)) = (quotations.get(at), refuted.get_mut(at)) else { continue };
        let same = member.take().filter(|member| member.name == evidence.artifact);
        let member = member.insert(same.unwrap_or_else(|| Member::new(bundle, &evidence.artifact)));
        *place = member.check(evidence, &mut page).err();
    }
    let pairs = quotations.into_iter().zip(refuted);
    pairs
        .map(|((rule, evidence), refuted)| Checked { rule: rule.to_owned(), evidence: evidence.clone(), refuted })
        .collect()
}

/// Where a quotation begins in its member, as far as that counts for reading it.
fn start(evidence: &Evidence) -> u64 {
    match evidence.place {
        Place::Line { offset, .. } | Place::Bytes { offset, .. } => offset,
        _ => 0,
    }
}

/// The most bytes that are looked at for one quotation.
const MOST_QUOTED: u64 = 1 << 20;

/// One member, and what was made of it so far.
struct Member<'a> {
    bundle: &'a Bundle,
    name: String,
    digest: Option<Result<String, String>>,
    /// Its bytes from front to back, how far they were read, and the last of them.
    stream: Option<Ahead<'a>>,
    document: Option<Result<Value, String>>,
    export: Option<Result<Export, String>>,
}

/// A member read forward; quotations come in the order of their offsets.
struct Ahead<'a> {
    stream: Stream<'a>,
    /// Offset of the first byte of `held`.
    offset: u64,
    held: Vec<u8>,
}

impl Ahead<'_> {
    /// `length` bytes at `offset`, which is not smaller than the one asked for before.
    fn bytes(&mut self, offset: u64, length: u64) -> std::io::Result<&[u8]> {
        let skipped = usize::try_from(offset.saturating_sub(self.offset)).unwrap_or(usize::MAX).min(self.held.len());
        // What lies before is dropped in pieces, so that many small steps do not move the rest each time.
        let keep = if skipped == self.held.len() || skipped > MOST_QUOTED as usize { skipped } else { 0 };
        self.held.drain(..keep);
        self.offset += keep as u64;
        if self.held.is_empty() {
            let gap = offset.saturating_sub(self.offset);
            self.offset += std::io::copy(&mut self.stream.by_ref().take(gap), &mut std::io::sink())?;
        }
        let from = usize::try_from(offset.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let wanted = from.saturating_add(usize::try_from(length.min(MOST_QUOTED)).unwrap_or(0));
        let missing = wanted.saturating_sub(self.held.len()) as u64;
        self.stream.by_ref().take(missing).read_to_end(&mut self.held)?;
        Ok(self.held.get(from.min(self.held.len())..wanted.min(self.held.len())).unwrap_or_default())
    }
}

impl<'a> Member<'a> {
    fn new(bundle: &'a Bundle, name: &str) -> Self {
        Self { bundle, name: name.to_owned(), digest: None, stream: None, document: None, export: None }
    }

    fn check(&mut self, evidence: &Evidence, page: &mut Option<CodePage>) -> Result<(), String> {
        let (bundle, name) = (self.bundle, self.name.as_str());
        let found = self.digest.get_or_insert_with(|| match name {
            MANIFEST_NAME => Ok(bundle.manifest_sha256().to_owned()),
            _ => bundle.sha256_of(name).map_err(|error| error.to_string()),
        });
        let found = found.as_ref().map_err(Clone::clone)?;
        if *found != evidence.sha256 {
            return Err(format!("{name}: expected SHA-256 {}, found {found}", evidence.sha256));
        }
        match &evidence.place {
            Place::Whole => Ok(()),
            Place::Line { offset, length, .. } | Place::Bytes { offset, length } => {
                let bytes = self.bytes(*offset, *length)?;
                let unicode = quoted(&encoding::text(bytes), &evidence.excerpt);
                unicode.or_else(|why| {
                    // In which code page the programs of the PC write what is no Unicode.
                    let page = *page.get_or_insert_with(|| Locale::of(bundle).code_page);
                    quoted(&page.decode(bytes), &evidence.excerpt).map_err(|_| why)
                })
            }
            Place::Manifest { entry } => match bundle.entry(entry) {
                Some(_) => Ok(()),
                None => Err(format!("expected the entry {entry} in the manifest, found none")),
            },
            Place::Json { pointer } => pointed(self.document()?, pointer, &evidence.excerpt),
            Place::Registry { key, value, line } => self.export()?.holds(key, value.as_deref(), *line),
        }
    }

    /// `length` bytes at `offset`, without holding the whole member: logs may be large.
    fn bytes(&mut self, offset: u64, length: u64) -> Result<&[u8], String> {
        let ahead = match self.stream.take() {
            Some(ahead) => ahead,
            None => {
                let stream = self.bundle.stream(&self.name).map_err(|error| error.to_string())?;
                Ahead { stream, offset: 0, held: Vec::new() }
            }
        };
        self.stream.insert(ahead).bytes(offset, length).map_err(|error| error.to_string())
    }

    fn document(&mut self) -> Result<&Value, String> {
        let (bundle, name) = (self.bundle, self.name.as_str());
        let document = self.document.get_or_insert_with(|| match name {
            MANIFEST_NAME => serde_json::to_value(bundle.manifest()).map_err(|error| error.to_string()),
            _ => serde_json::from_slice(&whole(bundle, name)?).map_err(|error| error.to_string()),
        });
        document.as_ref().map_err(Clone::clone)
    }

    fn export(&mut self) -> Result<&Export, String> {
        let (bundle, name) = (self.bundle, self.name.as_str());
        let export = self.export.get_or_insert_with(|| Ok(Export::of(&whole(bundle, name)?)));
        export.as_ref().map_err(Clone::clone)
    }
}

fn whole(bundle: &Bundle, name: &str) -> Result<Vec<u8>, String> {
    bundle.read(name).map(|content| content.bytes).map_err(|error| error.to_string())
}

/// What stands on the lines of a registry export: lower-case key, and the value's name where it is one.
struct Export(BTreeMap<u64, (Arc<str>, Option<String>)>);

impl Export {
    fn of(bytes: &[u8]) -> Self {
        let mut lines = BTreeMap::new();
        for block in text::read(bytes).keys {
            let key: Arc<str> = block.path.to_ascii_lowercase().into();
            for found in block.values {
                lines.insert(found.line, (Arc::clone(&key), Some(found.value.name.to_ascii_lowercase())));
            }
            lines.insert(block.line, (key, None));
        }
        Self(lines)
    }

    fn holds(&self, key: &str, value: Option<&str>, line: u64) -> Result<(), String> {
        let wanted = (key.to_ascii_lowercase(), value.map(str::to_ascii_lowercase));
        match self.0.get(&line) {
            Some((key, value)) if **key == *wanted.0 && *value == wanted.1 => Ok(()),
            _ => Err(format!("expected [{key}] {} at line {line}, found other text there", value.unwrap_or_default())),
        }
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
        let export =
            Export::of(b"Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\A]\r\n\"b\"=\"c\"\r\n");
        assert!(export.holds(r"HKEY_LOCAL_MACHINE\A", Some("b"), 4).is_ok());
        assert!(export.holds(r"HKEY_LOCAL_MACHINE\A", Some("b"), 5).is_err());
        assert!(export.holds(r"HKEY_LOCAL_MACHINE\B", None, 3).is_err());
    }
}
