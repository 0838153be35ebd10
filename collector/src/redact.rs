//! From raw to [`Redacted`], the only thing the export accepts. Secrets go in every mode, names become pseudonyms. Owns
//! the way in and the counts; the search is `scan`, the shapes are `pseudonym` and `address`.

mod address;
pub mod again;
mod json;
mod key;
mod kind;
mod learn;
mod learned;
mod locked;
pub mod map;
mod pseudonym;
mod registry;
mod scan;
mod stream;
mod verify;
mod wide;
mod words;

pub use self::{
    key::{Key, KeyError},
    kind::Kind,
    learn::learn,
    learned::Learned,
    verify::{Leak, Verified, verify},
};

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read},
    sync::{Arc, Mutex, PoisonError},
};

use koff_bundle::registry::Key as RegistryKey;
use serde::Serialize;

use self::{
    pseudonym::Pseudonyms,
    scan::{Engine, Scratch},
};

/// What stands where a secret stood.
pub const REMOVED: &str = "[removed]";

/// What happens to names. Secrets are removed in either mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Names become pseudonyms.
    Mask,
    /// Names stay, because the user said so.
    Keep,
}

/// Masks by kind, as the manifest counts them.
pub type Masks = BTreeMap<String, u64>;

/// Redacts everything that goes into one bundle. Cheap to clone; may be used from several threads at once.
#[derive(Debug, Clone)]
pub struct Redactor {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    engine: Engine,
    /// Stand-in → original, for the reverse map.
    pairs: Mutex<BTreeMap<String, String>>,
}

/// At most this many originals are kept for the reverse map.
const MOST_PAIRS: usize = 1_000_000;

impl Redactor {
    /// Gets ready to hide `learned` with pseudonyms made with `key`.
    #[must_use]
    pub fn new(learned: Learned, key: Key, mode: Mode) -> Self {
        let engine = Engine::new(learned, Pseudonyms::new(key), mode);
        let pairs =
            engine.names.pairs().map(|(stand_in, original)| (stand_in.to_owned(), original.to_owned())).collect();
        Self { shared: Arc::new(Shared { engine, pairs: Mutex::new(pairs) }) }
    }

    /// What happens to names.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.shared.engine.mode
    }

    /// Text of any length and encoding (logs, `.inf` files, command output), redacted while it is read. Memory does not
    /// depend on its length.
    pub fn text(&self, reader: impl Read + Send + 'static) -> Redacted {
        self.text_by(stream::CHUNK, reader)
    }

    /// The same, read `chunk` bytes at one go: the result is the same for every number, which tests rely on to look at
    /// the borders.
    pub fn text_by(&self, chunk: usize, reader: impl Read + Send + 'static) -> Redacted {
        let ledger = Ledger::default();
        let masking = stream::Masking::new(reader, chunk, Arc::clone(&self.shared), ledger.clone());
        Redacted { reader: Box::new(masking), ledger }
    }

    /// A record or document of ours as JSON. Keys stay; text in values is redacted, whole values that are a name too.
    ///
    /// # Errors
    /// When `value` cannot be written as JSON (a map with keys that are no strings).
    pub fn json(&self, value: &impl Serialize) -> serde_json::Result<Redacted> {
        let mut value = serde_json::to_value(value)?;
        let ledger = self.with_scratch(|scratch| json::redact(&self.shared.engine, &mut value, scratch)).1;
        let mut bytes = serde_json::to_vec_pretty(&value)?;
        bytes.push(b'\n');
        Ok(Redacted::from_bytes(bytes, ledger))
    }

    /// Records as one JSON text a line, made and redacted one at a time.
    pub fn json_lines<T: Serialize, I>(&self, records: I) -> Redacted
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        let (redactor, ledger) = (self.clone(), Ledger::default());
        let counted = ledger.clone();
        let lines = records.into_iter().map(move |record| {
            let mut value = serde_json::to_value(&record)?;
            let mut scratch = Scratch::default();
            json::redact(&redactor.shared.engine, &mut value, &mut scratch);
            counted.settle(&mut scratch, &redactor.shared);
            let mut line = serde_json::to_vec(&value)?;
            line.push(b'\n');
            Ok(line)
        });
        Redacted { reader: Box::new(Pieces { pieces: lines, now: io::Cursor::default() }), ledger }
    }

    /// Registry keys (full paths, root spelled out, in order) as a `.reg` text, made and redacted one key at a time.
    pub fn registry<I>(&self, keys: I) -> Redacted
    where
        I: IntoIterator<Item = (String, RegistryKey)>,
        I::IntoIter: Send + 'static,
    {
        let (shared, ledger) = (Arc::clone(&self.shared), Ledger::default());
        let pieces = registry::pieces(shared, ledger.clone(), keys.into_iter());
        Redacted { reader: Box::new(Pieces { pieces, now: io::Cursor::default() }), ledger }
    }

    /// A program called `name`, as it is, in a zip with the password `infected`: a mask would break its signature, and it
    /// is the same file on every PC. What does not begin like a program is redacted as text.
    #[must_use]
    pub fn program(&self, name: &str, bytes: Vec<u8>) -> Redacted {
        if bytes.starts_with(b"MZ") {
            Redacted::from_bytes(locked::lock(name, &bytes), Ledger::default())
        } else {
            self.text(io::Cursor::new(bytes))
        }
    }

    /// A security catalogue, as it is: a list of digests under its publisher's signature, the same on every PC. What does
    /// not begin like one is redacted as text.
    #[must_use]
    pub fn catalogue(&self, bytes: Vec<u8>) -> Redacted {
        if locked::is_signed_list(&bytes) {
            Redacted::from_bytes(bytes, Ledger::default())
        } else {
            self.text(io::Cursor::new(bytes))
        }
    }

    /// A short text that is no artifact (a path in the manifest, a reason, a member's name), redacted; its masks.
    #[must_use]
    pub fn line(&self, text: &str) -> (String, Masks) {
        let (line, ledger) = self.with_scratch(|scratch| json::whole(&self.shared.engine, text, scratch));
        (line.unwrap_or_else(|| text.to_owned()), ledger.masks())
    }

    /// What every stand-in made so far stands for: the owner's reverse map.
    #[must_use]
    pub fn pairs(&self) -> BTreeMap<String, String> {
        self.shared.pairs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn with_scratch<T>(&self, run: impl FnOnce(&mut Scratch) -> T) -> (T, Ledger) {
        let (mut scratch, ledger) = (Scratch::default(), Ledger::default());
        let result = run(&mut scratch);
        ledger.settle(&mut scratch, &self.shared);
        (result, ledger)
    }
}

/// Redacted bytes on their way into the bundle. Only a [`Redactor`] makes one.
pub struct Redacted {
    reader: Box<dyn Read + Send>,
    ledger: Ledger,
}

impl Redacted {
    fn from_bytes(bytes: Vec<u8>, ledger: Ledger) -> Self {
        Self { reader: Box::new(io::Cursor::new(bytes)), ledger }
    }

    /// Masks by kind in what has been read so far; all of them once it was read to its end.
    #[must_use]
    pub fn masks(&self) -> Masks {
        self.ledger.masks()
    }
}

impl Read for Redacted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redacted").field("masks", &self.masks()).finish_non_exhaustive()
    }
}

/// Counts of one artifact, shared between its reader and whoever asks.
#[derive(Debug, Clone, Default)]
struct Ledger(Arc<Mutex<BTreeMap<&'static str, u64>>>);

impl Ledger {
    /// Takes over what a search left behind.
    fn settle(&self, scratch: &mut Scratch, shared: &Shared) {
        if !scratch.masks.is_empty() {
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for (kind, count) in std::mem::take(&mut scratch.masks) {
                *counts.entry(kind).or_default() += count;
            }
        }
        if !scratch.pairs.is_empty() {
            let mut pairs = shared.pairs.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MOST_PAIRS.saturating_sub(pairs.len());
            pairs.extend(std::mem::take(&mut scratch.pairs).into_iter().take(room));
        }
    }

    fn masks(&self) -> Masks {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect()
    }
}

/// Pieces made one at a time, read as one stream.
struct Pieces<I> {
    pieces: I,
    now: io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = io::Result<Vec<u8>>>> Read for Pieces<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.now.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.pieces.next() {
                Some(piece) => self.now = io::Cursor::new(piece?),
                None => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A redactor that knows a few names, and the same key every time.
    pub(super) fn redactor(mode: Mode) -> Redactor {
        let mut learned = Learned::new();
        learned.add(Kind::User, "anna");
        learned.add(Kind::Person, "Jürgen Mustermann");
        learned.add(Kind::Host, "PC-0815");
        learned.add(Kind::Server, "srv7.musterwerk.de");
        learned.add(Kind::Profile, "Privatprofil");
        learned.add(Kind::User, "max");
        Redactor::new(learned, Key::fixed(), mode)
    }

    fn text(mode: Mode, input: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        redactor(mode).text(io::Cursor::new(input.to_vec())).read_to_end(&mut out).unwrap();
        out
    }

    fn masked(input: &str) -> String {
        String::from_utf8(text(Mode::Mask, input.as_bytes())).unwrap()
    }

    #[test]
    fn names_addresses_and_paths_become_pseudonyms_of_their_kind() {
        let log = concat!(
            r"[07/Aug/2008 11:07:02] anna on PC-0815: C:\Users\anna\AppData\Local\Kerio\Outlook Connector\Privatprofil\x.log",
            "\nfrom Jürgen.Mustermann@musterwerk.de (192.168.7.9) via https://srv7.musterwerk.de:443/webdav/\n",
            r"S-1-5-21-1111111111-2222222222-333333333-1001 \\fs9\Daten\a.txt C:\Users\berta\x",
        );
        let out = masked(log);
        for name in ["anna", "PC-0815", "Privatprofil", "Mustermann", "musterwerk", "srv7", "192.168.7.9", "1111111111"]
        {
            assert!(!out.to_lowercase().contains(&name.to_lowercase()), "{name} in {out}");
        }
        for name in ["fs9", "Daten", "berta"] {
            assert!(!out.contains(name), "{name} in {out}");
        }
        for kept in
            [r"\AppData\Local\Kerio\Outlook Connector\PROFILE-", "[07/Aug/2008 11:07:02]", ":443/webdav/", "-1001"]
        {
            assert!(out.contains(kept), "{kept} not in {out}");
        }
        let tail = |text: &str| {
            text.split_once("via")
                .map(|(_, tail)| tail.split("S-1-").next().unwrap_or_default().to_owned())
                .unwrap_or_default()
        };
        assert_eq!(tail(&masked(&out)), tail(&out), "redacting twice changes addresses and SIDs only");
    }

    #[test]
    fn secrets_go_in_every_mode_and_names_stay_only_when_asked() {
        let log = "user anna password=geheim123 Authorization: Basic YW5uYTpnZWhlaW0=\nnext";
        for mode in [Mode::Mask, Mode::Keep] {
            let out = String::from_utf8(text(mode, log.as_bytes())).unwrap();
            assert!(!out.contains("geheim") && !out.contains("YW5uYT"), "{out}");
            assert_eq!(out.contains("anna"), mode == Mode::Keep);
            assert!(out.ends_with("\nnext"), "{out}");
        }
    }

    #[test]
    fn what_only_looks_like_a_name_stays() {
        let log = concat!(
            "2024-01-02T03:04:05.678Z KOFF 9.4.0-6153 version 1.2.3.4 max=5 annabel Hanna annas 10.0.19045\n",
            "{1FE2F6A0-9B0C-4A2D-A2E1-9E0B5D0C1A2B} da39a3ee5e6b4b0d3255bfef95601890afd80709 \
             C:\\Program Files (x86)\\Kerio\\UpdaterService C:\\Users\\Public\\x PublicKeyToken=71e9bce111e9429c\n",
            "[41:49.290] [1267] WARNING: 00:11:22 https://www.kerio.com/x a::b tokens: 5 the password is wrong\n",
        );
        assert_eq!(masked(log), log);
    }

    #[test]
    fn utf16_text_is_masked_and_stays_utf16() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
        let mut input = vec![0xFF, 0xFE];
        input.extend(wide("User MÜLLER anna Jürgen MUSTERMANN ok\r\n"));
        let out = text(Mode::Mask, &input);
        assert_eq!(out[..2], [0xFF, 0xFE]);
        let units: Vec<u16> = out[2..].as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        let out = String::from_utf16(&units).unwrap();
        assert!(out.starts_with("User MÜLLER USER-") && out.ends_with(" ok\r\n") && !out.contains("MUSTER"), "{out}");
    }

    #[test]
    fn a_name_on_the_border_of_two_chunks_does_not_survive() {
        for shift in 0..24 {
            let mut input = vec![b'.'; stream::CHUNK - 16 * 1024 - 12 + shift];
            input.extend(b" Jurgen.x@musterwerk.de PC-0815 ");
            input.extend(vec![b'.'; 300 * 1024]);
            let out = text(Mode::Mask, &input);
            let out = String::from_utf8(out).unwrap();
            assert!(!out.contains("0815") && !out.contains("musterwerk") && out.contains("HOST-"), "shift {shift}");
        }
    }

    #[test]
    fn records_keep_keys_and_choices_and_lose_names() {
        let record = serde_json::json!({
            "kind": "fixed", "name": "max", "path": r"C:\Users\max\AppData", "password": "x", "owner": "PC-0815\\anna",
            "sha256": "00", "count": 5
        });
        let mut redacted = redactor(Mode::Mask).json(&record).unwrap();
        let mut out = String::new();
        redacted.read_to_string(&mut out).unwrap();
        let out: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(out["kind"], "fixed");
        assert_eq!(out["password"], REMOVED);
        let name = out["name"].as_str().unwrap();
        assert!(name.starts_with("USER-"));
        assert_eq!(out["path"], format!(r"C:\Users\{name}\AppData"));
        assert!(out["owner"].as_str().unwrap().starts_with("HOST-"));
        assert_eq!(redacted.masks()["secret"], 1);
    }

    #[test]
    fn registry_keys_names_and_data_are_masked_and_profile_passwords_removed() {
        use koff_bundle::registry::{Value, value_type};
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let value = |name: &str, kind: u32, data: Vec<u8>| Value { name: name.to_owned(), kind, data };
        let key = RegistryKey {
            values: vec![
                value("001f6607", value_type::BINARY, wide("srv7.musterwerk.de")),
                value("010267f1", value_type::BINARY, b"0123456789".to_vec()),
                value("IMAP Password", value_type::BINARY, b"0123456789".to_vec()),
                value("Path", value_type::SZ, wide(r"C:\Users\anna\x")),
                value("Flags", value_type::DWORD, vec![1, 2, 3, 4]),
            ],
            ..RegistryKey::default()
        };
        let path = r"HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Profiles\Privatprofil\0001".to_owned();
        let mut out = Vec::new();
        redactor(Mode::Mask).registry(vec![(path, key)]).read_to_end(&mut out).unwrap();
        let file = koff_bundle::registry::text::read(&out);
        assert!(file.problems.is_empty());
        let key = &file.keys[0];
        assert!(key.path.contains(r"\Profiles\PROFILE-") && key.path.ends_with(r"\0001"), "{}", key.path);
        let text = |name: &str| key.value(name).unwrap().value.text().unwrap();
        assert!(text("001f6607").starts_with("server-") && text("001f6607").ends_with(".example"));
        assert!(text("Path").starts_with(r"C:\Users\USER-"));
        for secret in ["010267f1", "IMAP Password"] {
            assert_eq!(key.value(secret).unwrap().value.data, REMOVED.as_bytes());
        }
        assert_eq!(key.value("Flags").unwrap().value.data, [1, 2, 3, 4]);
    }
}
