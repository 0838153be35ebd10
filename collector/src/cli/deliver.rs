//! From a looked-at machine to the finished zip under its final name, the same way for the terminal and the window.

use std::path::{Path, PathBuf};

use koff_bundle::manifest::Manifest;

use super::{existing, place};
use crate::{
    collect::{Session, Watch},
    error::Result,
    redact,
};

/// A bundle that stands under its name.
pub(super) struct Delivered {
    /// Full path.
    pub(super) target: PathBuf,
    /// Its bytes.
    pub(super) bytes: u64,
    /// What it holds.
    pub(super) manifest: Manifest,
    /// File name of the list of stand-ins beside it.
    pub(super) map: Option<String>,
}

/// Collects, checks and names the bundle.
///
/// # Errors
/// Where there is none in the end; then nothing of it is left.
pub(super) fn deliver(session: &Session, target: &Path, watch: &mut dyn Watch) -> Result<Delivered> {
    let file = place::open(target)?;
    let (file, manifest) = session.write(file, watch)?;
    // Fail-closed: a bundle in which a name survived never gets its name.
    redact::verify(file.path(), session.redactor())?;
    let bytes = file.as_file().metadata().map_or(0, |file| file.len());
    place::complete(file, target)?;
    let masked = manifest.redaction.names_masked;
    let map = masked.then(|| existing::keep_map(target, session.redactor())).transpose()?;
    let target = std::path::absolute(target).unwrap_or_else(|_| target.to_path_buf());
    Ok(Delivered { target, bytes, manifest, map })
}
