//! The key that pseudonyms are made with: random for each bundle, or a file that lets several bundles agree. Never
//! leaves the PC, never enters a bundle.

use std::{fmt, path::Path};

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// Secret key of 32 bytes.
#[derive(Clone)]
pub struct Key([u8; 32]);

/// Why there is no key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The operating system gave no random bytes.
    #[error("no random key: expected 32 random bytes from the operating system, found {0}")]
    Random(String),
    /// The key file could not be read or written.
    #[error("key file {place}: {source}")]
    Io {
        /// The file.
        place: String,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// The key file holds something else.
    #[error("key file {place}: expected 64 hexadecimal digits, found {found}")]
    Format {
        /// The file.
        place: String,
        /// What stands there.
        found: String,
    },
}

impl Key {
    /// A new random key.
    ///
    /// # Errors
    /// When the operating system's random source fails; nothing weaker takes its place.
    pub fn random() -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| KeyError::Random(error.to_string()))?;
        Ok(Self(bytes))
    }

    /// The key in `file`, 64 hexadecimal digits. A file that does not exist yet is made with a random key, readable by
    /// its owner only, so that the first bundle of a series needs no preparation.
    ///
    /// # Errors
    /// When the file cannot be read or made, or holds anything else.
    pub fn from_file(file: &Path) -> Result<Self, KeyError> {
        let place = file.display().to_string();
        match std::fs::read_to_string(file) {
            Ok(text) => Self::parse(text.trim()).ok_or_else(|| KeyError::Format {
                place,
                // Never the content itself: it may be a key of another kind.
                found: format!("{} other characters", text.trim().chars().count()),
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let key = Self::random()?;
                super::map::write_private(file, key.to_hex().as_bytes())
                    .map_err(|source| KeyError::Io { place, source })?;
                Ok(key)
            }
            Err(source) => Err(KeyError::Io { place, source }),
        }
    }

    /// The same key every time, for tests.
    #[cfg(test)]
    pub(crate) fn fixed() -> Self {
        Self([7; 32])
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    fn to_hex(&self) -> String {
        let mut text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push('\n');
        text
    }

    /// 32 bytes that depend on the key, on what the text is (`domain`) and on the text, and tell nothing of either.
    pub(crate) fn digest(&self, domain: &str, text: &[u8]) -> [u8; 32] {
        // Any key length is valid for HMAC, so this arm cannot be taken; a constant would still hide the text.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(text);
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_then_agrees() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("redaction.key");
        let first = Key::from_file(&file).unwrap();
        let second = Key::from_file(&file).unwrap();
        assert_eq!(first.digest("name", b"anna"), second.digest("name", b"anna"));
        assert_ne!(first.digest("name", b"anna"), Key::random().unwrap().digest("name", b"anna"));
        assert_ne!(first.digest("name", b"anna"), first.digest("sid", b"anna"));
    }

    #[test]
    fn a_key_file_with_other_content_is_refused_without_repeating_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("k");
        std::fs::write(&file, "hunter2").unwrap();
        let message = Key::from_file(&file).unwrap_err().to_string();
        assert!(message.contains("64 hexadecimal digits") && !message.contains("hunter2"), "{message}");
        assert!(!format!("{:?}", Key::random().unwrap()).contains(char::is_numeric));
    }
}
