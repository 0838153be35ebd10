//! Sealing: a file that only the holders of chosen keys can open, in the published format `age-encryption.org/v1` with
//! X25519 recipients, so that any age program opens what is sealed here and the other way round. Owns keys, header and
//! chunks; reads no files. The primitives are other people's.

mod bech32;
mod header;

use std::{
    fmt,
    io::{self, Write},
    str::FromStr,
};

use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, aead::Aead};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

pub use self::header::MAGIC;
pub(crate) use self::header::{LONGEST, unlock};
use crate::error::{Error, Result};

/// Plain bytes in a chunk; the last chunk may hold fewer.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Bytes that sealing adds to each chunk.
pub(crate) const TAG: usize = 16;

/// Random bytes between header and chunks.
pub(crate) const NONCE: usize = 16;

/// Whoever a file is sealed for: the public half of a key, `age1…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let key = bech32::decode(text).filter(|(kind, _)| kind == "age");
        let bytes = key.and_then(|(_, bytes)| <[u8; 32]>::try_from(bytes).ok());
        bytes.map(Self).ok_or_else(|| Error::format("recipient", "an age public key (age1…, 62 letters)", text))
    }
}

/// The secret half of a key, `AGE-SECRET-KEY-1…`.
#[derive(Clone)]
pub struct Identity(StaticSecret);

impl FromStr for Identity {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let key = bech32::decode(text).filter(|(kind, _)| kind == "age-secret-key-");
        let bytes = key.and_then(|(_, bytes)| <[u8; 32]>::try_from(bytes).ok());
        // A secret is not repeated in a message.
        let wrong = || Error::format("identity", "an age secret key (AGE-SECRET-KEY-1…)", "something else");
        bytes.map(|bytes| Self(StaticSecret::from(bytes))).ok_or_else(wrong)
    }
}

impl Identity {
    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        Recipient(PublicKey::from(&self.0).to_bytes())
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32::encode("age", &self.0))
    }
}

/// The keys of a file with one key a line; empty lines and `#` comments are skipped. `place` names it in messages.
///
/// # Errors
/// A line that is no such key, named by its number, or no key at all.
pub fn keys<K: FromStr<Err = Error>>(place: &str, text: &str) -> Result<Vec<K>> {
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    let keys: Vec<K> = lines
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| {
            line.parse().map_err(|error| match error {
                Error::Format { expected, found, .. } => {
                    Error::format(format!("{place}, line {number}"), expected, found)
                }
                other => other,
            })
        })
        .collect::<Result<_>>()?;
    if keys.is_empty() { Err(Error::format(place, "at least one key", "none")) } else { Ok(keys) }
}

/// Seals what is written to it. What was written is worth nothing before [`Sealer::finish`].
#[derive(Debug)]
pub struct Sealer<W> {
    out: W,
    payload: Payload,
    index: u64,
    plain: Vec<u8>,
}

impl<W: Write> Sealer<W> {
    /// Begins a file for `recipients`.
    ///
    /// # Errors
    /// No recipient, no random numbers, or an output that takes nothing.
    pub fn begin(mut out: W, recipients: &[Recipient]) -> io::Result<Self> {
        let key = FileKey(random()?);
        out.write_all(&header::write(&key, recipients)?)?;
        let nonce: [u8; NONCE] = random()?;
        out.write_all(&nonce)?;
        Ok(Self { out, payload: key.payload(&nonce), index: 0, plain: Vec::with_capacity(CHUNK) })
    }

    /// Writes the last chunk.
    ///
    /// # Errors
    /// Where the output does not take it.
    pub fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        Ok(self.out)
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        let sealed = self.payload.seal(self.index, last, &self.plain);
        self.out.write_all(&sealed.ok_or_else(|| io::Error::other("sealing failed"))?)?;
        self.index += 1;
        self.plain.clear();
        Ok(())
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits: it may be the last, which is sealed in another way.
        if self.plain.len() == CHUNK && !bytes.is_empty() {
            self.chunk(false)?;
        }
        let taken = bytes.len().min(CHUNK - self.plain.len());
        self.plain.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The key of one file, which its header holds for each recipient.
pub(crate) struct FileKey([u8; 16]);

impl FileKey {
    /// What opens the chunks behind this `nonce`.
    pub(crate) fn payload(&self, nonce: &[u8]) -> Payload {
        Payload(ChaCha20Poly1305::new(&derive(&self.0, nonce, b"payload").into()))
    }
}

/// Seals and opens chunks.
pub(crate) struct Payload(ChaCha20Poly1305);

impl Payload {
    fn seal(&self, index: u64, last: bool, plain: &[u8]) -> Option<Vec<u8>> {
        self.0.encrypt(&chunk_nonce(index, last), plain).ok()
    }

    /// The plain bytes of chunk `index`; `None` where it is not what was sealed as this chunk.
    pub(crate) fn open(&self, index: u64, last: bool, sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(&chunk_nonce(index, last), sealed).ok()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(…)")
    }
}

/// Number of the chunk and whether it is the last: chunks cannot change places, and a file cannot be cut off unseen.
fn chunk_nonce(index: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&index.to_be_bytes());
    nonce[11] = u8::from(last);
    nonce.into()
}

fn derive(secret: &[u8], salt: &[u8], purpose: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    // 32 bytes are never too many for HKDF; if they were, nothing would open what a zero key seals.
    let _ = Hkdf::<Sha256>::new(Some(salt), secret).expand(purpose, &mut key);
    key
}

fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the documentation of the format's authors: a key pair that everybody knows.
    pub(super) const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    #[test]
    fn keys_are_read_and_written() {
        let identity: Identity = SECRET.parse().unwrap();
        let text = identity.recipient().to_string();
        assert!(text.starts_with("age1") && text.len() == 62, "{text}");
        assert_eq!(text.parse::<Recipient>().unwrap(), identity.recipient());
        for wrong in ["", "age1", "age1xxxx", SECRET, &text.replace('q', "p"), &text[..61]] {
            assert!(wrong.parse::<Recipient>().is_err(), "{wrong}");
        }
        let wrong = "AGE-SECRET-KEY-1AAAA".parse::<Identity>().unwrap_err().to_string();
        assert!(!wrong.contains("AAAA"), "{wrong}");
    }

    #[test]
    fn a_file_of_keys_names_the_line_that_is_none() {
        let identity: Identity = SECRET.parse().unwrap();
        let text = format!("# desk\n\n{}\n  {} \n", identity.recipient(), identity.recipient());
        assert_eq!(keys::<Recipient>("r.txt", &text).unwrap().len(), 2);
        let wrong = keys::<Recipient>("r.txt", &format!("{text}nonsense\n")).unwrap_err().to_string();
        assert!(wrong.starts_with("r.txt, line 5: expected an age public key"), "{wrong}");
        assert!(keys::<Recipient>("r.txt", "# none\n").unwrap_err().to_string().contains("at least one key"));
    }
}
