//! The digest of a bundle's file, taken while everything else goes on.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use koff_bundle::{
    digest::Running,
    offer::{Offer, Outcome},
    volumes,
};

use crate::error::{Error, Result};

/// SHA-256 of a bundle's file, its volumes joined, which a thread with nothing to do may take; a folder, or a device, has none.
pub struct FileDigest(Offer<PathBuf, Result<Option<String>>>);

impl FileDigest {
    /// Offers to hash the file at `path`.
    #[must_use]
    pub fn begin(path: &Path) -> Self {
        Self(Offer::new(path.to_path_buf(), |path| of_file(&path)))
    }

    /// The digest, lower-case hex.
    ///
    /// # Errors
    /// The file, or one of its volumes, cannot be read.
    pub fn finish(self) -> Result<Option<String>> {
        match self.0.outcome() {
            Outcome::Done(digest) => digest,
            Outcome::Free(path) => of_file(&path),
            Outcome::Lost => {
                Err(Error::io("the bundle's file", io::Error::other("the thread that hashed it has stopped")))
            }
        }
    }
}

fn of_file(path: &Path) -> Result<Option<String>> {
    // This begins before anybody has looked at the path: a device would never end. What names volumes need not exist.
    if path.exists() && !path.is_file() {
        return Ok(None);
    }
    let (mut running, mut buffer) = (Running::default(), vec![0; 1 << 16]);
    for part in volumes::find(path)?.unwrap_or_else(|| vec![path.to_path_buf()]) {
        let place = part.display().to_string();
        let failed = |error| Error::io(&place, error);
        let mut file = File::open(&part).map_err(failed)?;
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                read => running.update(buffer.get(..read).unwrap_or_default()),
            }
        }
    }
    Ok(Some(running.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(path: &str) -> Result<Option<String>> {
        FileDigest::begin(Path::new(path)).finish()
    }

    #[test]
    fn a_file_has_a_digest_and_what_does_not_end_has_none() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(digest(file).unwrap(), Some(koff_bundle::digest::sha256(&std::fs::read(file).unwrap())));
        assert_eq!(digest(env!("CARGO_MANIFEST_DIR")).unwrap(), None);
        #[cfg(unix)]
        assert_eq!(digest("/dev/zero").unwrap(), None);
        assert!(digest("no such file").unwrap_err().to_string().contains("no such file"));
    }
}
