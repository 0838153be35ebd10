//! Redaction of a bundle that exists already: one made without masking, one from an older tool, or loose evidence that
//! somebody gathered by hand. Looks for names first, then writes a new bundle; what it cannot redact it leaves out.

use std::{
    io::{self, Read, Seek, Write},
    path::Path,
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    encoding,
    limits::Limits,
    manifest::{Entry, Gap, Manifest, Redaction},
    reader::Bundle,
    reading::Reading,
    registry,
    writer::Writer,
};

use super::{Key, Kind, Learned, Masks, Mode, Redacted, Redactor, learn};

/// A JSON document larger than this is redacted as text.
const MOST_JSON: u64 = 256 << 20;

/// Opens what is to be redacted.
///
/// # Errors
/// Where it is no bundle and no evidence.
pub fn open(path: &Path) -> koff_bundle::error::Result<Bundle> {
    Bundle::open(path, Limits::default())
}

/// The names that a bundle's own content gives away: its computer, profiles and settings in its registry exports, and
/// whatever shapes and labels give away anywhere, so that it is found in other forms, too.
#[must_use]
pub fn names_in(bundle: &Bundle, key: &Key) -> Learned {
    let mut learned = Learned::new();
    if let Some(name) = bundle.manifest().host.computer.value() {
        learned.add(Kind::Host, name);
    }
    let probe = Redactor::new(Learned::new(), key.clone(), Mode::Mask);
    for member in bundle.members().iter().filter(|member| member.refused.is_none()) {
        if member.name.ends_with(".reg")
            && let Ok(content) = bundle.read(&member.name)
        {
            from_registry(&content.bytes, &mut learned);
        }
        if let Ok(stream) = bundle.head(&member.name, MOST_JSON) {
            let _ = io::copy(&mut probe.text(io::Cursor::new(stream)), &mut io::sink());
        }
    }
    for (stand_in, original) in probe.pairs() {
        let prefix = stand_in.split_once('-').map_or("", |(prefix, _)| prefix);
        let kind = [Kind::User, Kind::Person, Kind::Mail, Kind::Host, Kind::Server, Kind::Domain, Kind::Share]
            .into_iter()
            .find(|kind| kind.prefix().eq_ignore_ascii_case(prefix));
        if let Some(kind) = kind {
            learned.add(kind, &original);
        }
    }
    learned
}

fn from_registry(bytes: &[u8], learned: &mut Learned) {
    for key in registry::text::read(bytes).keys {
        let (parent, name) = key.path.rsplit_once('\\').unwrap_or(("", &key.path));
        if parent.to_lowercase().ends_with(r"\outlook\profiles")
            || parent.to_lowercase().ends_with(r"messaging subsystem\profiles")
        {
            learned.add(Kind::Profile, name);
        }
        let values = key.values.into_iter().map(|value| value.value).collect();
        learn::from_key(&key.path, &registry::Key { values, ..registry::Key::default() }, learned);
    }
}

/// Writes a redacted copy of `bundle` to `out`.
///
/// # Errors
/// Where the copy cannot be written. A member that cannot be read or redacted is left out, and its entry says so.
pub fn rewrite<W: Write + Seek>(
    bundle: &Bundle,
    redactor: &Redactor,
    out: W,
) -> koff_bundle::error::Result<(W, Manifest)> {
    let old = bundle.manifest();
    let mut masks = Masks::new();
    let mut line = |text: &str| line(redactor, text, &mut masks);
    let computer = match &old.host.computer {
        Reading::Value(name) => Reading::Value(line(name)),
        Reading::Missing(missing) => Reading::Missing(missing.clone()),
    };
    let names_masked = redactor.mode() == Mode::Mask || old.redaction.names_masked;
    let entries: Vec<(Entry, Entry)> =
        old.entries.iter().map(|entry| (entry.clone(), masked(entry, &mut line))).collect();
    let manifest = Manifest {
        host: koff_bundle::manifest::HostInfo { computer, ..old.host.clone() },
        redaction: Redaction { names_masked, masks: Masks::new() },
        entries: Vec::new(),
        ..old.clone()
    };
    let mut writer = Writer::create(out, manifest);
    for (before, entry) in entries {
        if bundle.member(&before.name).is_none_or(|member| member.refused.is_some()) {
            writer.note(entry)?;
            continue;
        }
        match content(bundle, &before.name, redactor) {
            Ok(mut content) => {
                let entry = writer.add(entry, &mut content)?;
                for (kind, count) in content.masks() {
                    *entry.masks.entry(kind).or_default() += count;
                }
            }
            Err(why) => {
                let acquisition = Acquisition::ended(State::Redacted, line(&why));
                writer.note(Entry { acquisition, sha256: None, flush_points: None, bytes_kept: 0, ..entry })?;
            }
        }
    }
    let manifest = writer.manifest_mut();
    for (kind, count) in manifest.entries.iter().flat_map(|entry| &entry.masks) {
        *masks.entry(kind.clone()).or_default() += count;
    }
    manifest.redaction.masks = masks;
    writer.finish()
}

/// A member's content, redacted by what it is, or why it must be left out.
fn content(bundle: &Bundle, name: &str, redactor: &Redactor) -> Result<Redacted, String> {
    let place = |error: koff_bundle::error::Error| error.to_string();
    let size = bundle.member(name).map_or(0, |member| member.size);
    let head = bundle.head(name, 64 << 10).map_err(place)?;
    if name.ends_with(".json") && size <= MOST_JSON {
        let bytes = bundle.read(name).map_err(place)?.bytes;
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) {
            return redactor.json(&value).map_err(|error| error.to_string());
        }
    }
    if head.starts_with(b"MZ") {
        return Ok(redactor.program(bundle.read(name).map_err(place)?.bytes));
    }
    if !head.is_empty() && !encoding::is_text(&head) {
        return Err("it is no text, and changing its bytes would break it: left out by redaction".to_owned());
    }
    let mut bytes = Vec::new();
    bundle.stream(name).map_err(place)?.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(redactor.text(io::Cursor::new(bytes)))
}

fn masked(entry: &Entry, line: &mut impl FnMut(&str) -> String) -> Entry {
    let acquisition = |line: &mut dyn FnMut(&str) -> String, end: &Acquisition| Acquisition {
        reason: line(&end.reason),
        ..end.clone()
    };
    let gaps = entry.gaps.iter();
    let gaps =
        gaps.map(|gap| Gap { place: line(&gap.place), acquisition: acquisition(line, &gap.acquisition) }).collect();
    Entry {
        name: line(&entry.name),
        origin: line(&entry.origin),
        acquisition: acquisition(line, &entry.acquisition),
        gaps,
        ..entry.clone()
    }
}

fn line(redactor: &Redactor, text: &str, masks: &mut Masks) -> String {
    let (line, counted) = redactor.line(text);
    for (kind, count) in counted {
        *masks.entry(kind).or_default() += count;
    }
    line
}
