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

    /// A picture, as it is: nothing can be masked in it, so that it is taken with a person's consent only. What does not
    /// begin like a PNG file is redacted as text.
    #[must_use]
    pub fn picture(&self, bytes: Vec<u8>) -> Redacted {
        if bytes.starts_with(locked::PNG) {
            Redacted::from_bytes(bytes, Ledger::default())
        } else {
            self.text(io::Cursor::new(bytes))
        }
    }

    /// A short text that is no artifact (a path in the manifest, a reason, a member's name), redacted; its masks.
    #[must_use]
    pub fn line(&self, text: &str) -> (String, Masks) {
        let (line, ledger) = self.with_scratch(|scratch| json::whole(&self.shared.engine, text, "", scratch));
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
mod tests;
