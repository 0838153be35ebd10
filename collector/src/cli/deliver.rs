//! From a looked-at machine to the finished zip under its final name, the same way for the terminal and the window.

use std::path::{Path, PathBuf};

use koff_bundle::manifest::Manifest;

use super::{
    existing,
    place::{self, Target},
    sending::Sending,
};
use crate::{
    collect::{Session, Watch},
    error::{Error, Result},
    redact,
};

/// A bundle that stands under its name.
pub(super) struct Delivered {
    /// Full path; of volumes, that of the first.
    pub(super) target: PathBuf,
    /// How many volumes; 1 where it is one file.
    pub(super) volumes: usize,
    /// Whether only the holders of chosen keys can open it.
    pub(super) sealed: bool,
    /// Bytes of the plain bundle.
    pub(super) bytes: u64,
    /// What it holds.
    pub(super) manifest: Manifest,
    /// Whose evidence it is, where that is not whoever runs the program.
    pub(super) others: Vec<String>,
    /// File name of the list of stand-ins beside it.
    pub(super) map: Option<String>,
}

/// Collects, checks and names the bundle.
///
/// # Errors
/// Where there is none in the end; then nothing of it is left.
pub(super) fn deliver(
    session: &Session,
    target: &Target,
    sending: &Sending,
    watch: &mut dyn Watch,
) -> Result<Delivered> {
    let file = place::open(&target.path)?;
    // The file itself, not its temporary guard, whose errors speak of a name that nobody asked for.
    let (_, manifest) = session.write(file.as_file(), watch).map_err(|error| unwritten(error, &target.path))?;
    // Fail-closed: a bundle in which a name survived never gets its name.
    redact::verify(file.path(), session.redactor())?;
    let bytes = file.as_file().metadata().map_or(0, |file| file.len());
    let masked = manifest.redaction.names_masked;
    let map = masked.then(|| existing::Map::write(&target.path, session.redactor())).transpose()?;
    let files = sending.complete(file, target)?;
    let first = files.first().map_or(target.path.as_path(), PathBuf::as_path);
    let map = map.map(|map| map.keep(&named_after(first, target), &files)).transpose()?;
    let target = std::path::absolute(first).unwrap_or_else(|_| first.to_path_buf());
    // The list of digests is a file of its own.
    let volumes = files.len().saturating_sub(1).max(1);
    let (sealed, others) = (sending.seals(), session.others());
    Ok(Delivered { target, volumes, sealed, bytes, manifest, others, map })
}

/// The zip that `first` belongs to: itself, or what it was before it was sealed and split.
fn named_after(first: &Path, target: &Target) -> PathBuf {
    let name = first.file_name().unwrap_or_default().to_string_lossy();
    match name.split_once(".zip") {
        Some((stem, _)) if !target.asked => first.with_file_name(format!("{stem}.zip")),
        _ => target.path.clone(),
    }
}

/// What the disk refuses while the bundle is written is about the file that was asked for, not about a member of it.
fn unwritten(error: Error, target: &Path) -> Error {
    match error {
        Error::Bundle(koff_bundle::error::Error::Io { source, .. }) => {
            Error::Write { place: target.to_path_buf(), source }
        }
        other => other,
    }
}
