//! Redaction of a bundle that exists already: one made without masking, one from an older tool, or loose evidence that
//! somebody gathered by hand. Looks for names first, then writes a new bundle; what it cannot redact it leaves out.

use std::{
    io::{self, Read, Seek, Write},
    path::Path,
    sync::mpsc::{self, Receiver},
    thread::{self, Scope},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    encoding,
    evtx::{self, Wanted},
    limits::Limits,
    manifest::{Entry, Gap, Manifest, Redaction},
    reader::Bundle,
    reading::Reading,
    registry,
    seal::Identity,
    writer::Writer,
};

use super::{Key, Kind, Learned, Ledger, Masks, Mode, Redacted, Redactor, learn, locked};

/// A JSON document larger than this is redacted as text, and no more of a member is looked through for names.
const MOST_JSON: u64 = 64 << 20;

/// Bytes of a member read at one go; two such blocks are in flight.
const BLOCK: usize = 256 << 10;

/// How an event log file begins.
const EVENT_LOG: &[u8] = b"ElfFile\0";

/// Opens what is to be redacted, with one of `keys` where it is sealed.
///
/// # Errors
/// Where it is no bundle and no evidence, or sealed for others.
pub fn open(path: &Path, keys: &[Identity]) -> koff_bundle::error::Result<Bundle> {
    Bundle::open_sealed(path, Limits::default(), keys)
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
        thread::scope(|scope| {
            let flow = flow(scope, bundle, &member.name).take(MOST_JSON);
            let _ = io::copy(&mut probe.text(flow), &mut io::sink());
        });
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
        thread::scope(|scope| match content(scope, bundle, &before.name, redactor) {
            Ok((mut content, events)) => {
                let name = if events { format!("{}.ndjson", entry.name) } else { entry.name.clone() };
                let entry = writer.add(Entry { name, ..entry }, &mut content)?;
                for (kind, count) in content.masks() {
                    *entry.masks.entry(kind).or_default() += count;
                }
                Ok(())
            }
            Err(why) => {
                let acquisition = Acquisition::ended(State::Redacted, line(&why));
                let entry = Entry { acquisition, sha256: None, flush_points: None, bytes_kept: 0, ..entry };
                writer.note(entry).map(|_| ())
            }
        })?;
    }
    let manifest = writer.manifest_mut();
    for (kind, count) in manifest.entries.iter().flat_map(|entry| &entry.masks) {
        *masks.entry(kind.clone()).or_default() += count;
    }
    manifest.redaction.masks = masks;
    writer.finish()
}

/// A member's content, redacted by what it is, and whether it became event records; or why it must be left out.
fn content<'scope, 'bundle: 'scope>(
    scope: &'scope Scope<'scope, 'bundle>,
    bundle: &'bundle Bundle,
    name: &'bundle str,
    redactor: &Redactor,
) -> Result<(Redacted, bool), String> {
    let place = |error: koff_bundle::error::Error| error.to_string();
    let size = bundle.member(name).map_or(0, |member| member.size);
    let head = bundle.head(name, 64 << 10).map_err(place)?;
    if name.ends_with(".json") && size <= MOST_JSON {
        let bytes = bundle.read(name).map_err(place)?.bytes;
        if let Ok(value) = serde_json::from_slice::<serde_json::Value>(&bytes) {
            return redactor.json(&value).map(|content| (content, false)).map_err(|error| error.to_string());
        }
    }
    if locked::is_picture(name, &head) && redactor.mode() == Mode::Mask {
        return Err("nothing can be masked in a picture: left out by redaction".to_owned());
    }
    if locked::travels_as_it_is(name, &head) {
        let bytes = bundle.read(name).map_err(place)?.bytes;
        return Ok((Redacted::from_bytes(bytes, Ledger::default()), false));
    }
    if head.starts_with(EVENT_LOG) {
        // Its records, which a mask does not break; the file has check sums of its own.
        let bytes = bundle.read(name).map_err(place)?.bytes;
        let events = evtx::read(name, io::Cursor::new(bytes), &Wanted::default()).map_err(place)?;
        return Ok((redactor.json_lines(events.records), true));
    }
    if !head.is_empty() && !encoding::is_text(&head) {
        return Err("it is no text, and changing its bytes would break it: left out by redaction".to_owned());
    }
    Ok((redactor.text(flow(scope, bundle, name)), false))
}

/// The bytes of a member, read on a thread of their own so that they can be redacted as they come.
fn flow<'scope, 'bundle: 'scope>(
    scope: &'scope Scope<'scope, 'bundle>,
    bundle: &'bundle Bundle,
    name: &'bundle str,
) -> Flow {
    let (send, receive) = mpsc::sync_channel(1);
    scope.spawn(move || {
        let mut stream = match bundle.stream(name) {
            Ok(stream) => stream,
            Err(error) => return drop(send.send(Err(io::Error::other(error.to_string())))),
        };
        loop {
            let mut block = Vec::with_capacity(BLOCK);
            let read = stream.by_ref().take(BLOCK as u64).read_to_end(&mut block);
            let ends = block.is_empty() || read.is_err();
            // Nobody listens any more where writing failed.
            if send.send(read.map(|_| block)).is_err() || ends {
                break;
            }
        }
    });
    Flow { receive, now: io::Cursor::default() }
}

/// Blocks as they come.
struct Flow {
    receive: Receiver<io::Result<Vec<u8>>>,
    now: io::Cursor<Vec<u8>>,
}

impl Read for Flow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.now.read(buffer)?;
        if count > 0 || buffer.is_empty() {
            return Ok(count);
        }
        match self.receive.recv() {
            Ok(block) => self.now = io::Cursor::new(block?),
            Err(_) => return Ok(0),
        }
        self.now.read(buffer)
    }
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
