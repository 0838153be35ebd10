//! SHA-256 while bytes pass by, and digests as lower-case hex. Owns no decision about what a wrong digest means.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Bytes as lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of `bytes`, lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// A SHA-256 under way.
#[derive(Debug, Clone, Default)]
pub struct Running(Sha256);

impl Running {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all bytes taken, of `sha256` and of `crc` (8 digits of hex) behind them, lower-case hex: whoever finds it
    /// right has checked all three.
    #[must_use]
    pub(crate) fn bound_to(mut self, sha256: &str, crc: u32) -> String {
        self.update(format!("{sha256}{crc:08x}").as_bytes());
        self.finish()
    }

    /// The digest of all bytes taken, lower-case hex.
    #[must_use]
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_the_whole_agree_with_the_published_digest() {
        let mut running = Running::default();
        running.update(b"a");
        running.update(b"bc");
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(running.finish(), abc);
        assert_eq!(sha256(b"abc"), abc);
    }
}
