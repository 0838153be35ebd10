//! Which volume a path lies on: drive letters, mapped drives of one user, network paths. Owns the look-up.

use koff_bundle::{
    acquisition::State,
    path::WinPath,
    record::{VolumeKind, VolumeRecord},
};

use crate::{
    facts::raw::{
        Answer, Seen,
        rows::{Rows, answer},
    },
    verdict::Unknown,
};

/// The volume that holds `path` as `user` sees it; `Ok(None)` where no such volume exists.
///
/// # Errors
/// Why it cannot be told.
pub fn holding<'a>(
    volumes: &'a Rows<VolumeRecord>,
    path: &WinPath,
    user: Option<&str>,
) -> Answer<&'a Seen<VolumeRecord>> {
    let candidates = volumes.iter().filter(|seen| {
        let theirs = seen.value.user.as_deref();
        path.is_under(&seen.value.root) && (theirs.is_none() || theirs == user)
    });
    let best = candidates.max_by_key(|seen| (seen.value.root.as_str().len(), seen.value.user.is_some()));
    match (best, volumes.gaps.first()) {
        (Some(seen), _) => Ok(Some(seen)),
        (None, Some(why)) => Err(why.clone()),
        (None, None) => Ok(None),
    }
}

/// What carries `path`: a network path is remote whatever the volumes say.
///
/// # Errors
/// Why it cannot be told.
pub fn kind(volumes: &Rows<VolumeRecord>, path: &WinPath, user: Option<&str>) -> Result<VolumeKind, Unknown> {
    if path.is_unc() {
        return Ok(VolumeKind::Remote);
    }
    let untold = || Unknown::new(State::NotCollected, format!("volume of {path}"));
    let Some(seen) = holding(volumes, path, user)? else { return Err(untold()) };
    if seen.value.remote.is_some() {
        return Ok(VolumeKind::Remote);
    }
    answer(&seen.value.kind, &format!("kind of volume {}", seen.value.root), &seen.at)?.ok_or_else(untold)
}

/// As the kinds spell it.
#[must_use]
pub fn word(kind: VolumeKind) -> &'static str {
    match kind {
        VolumeKind::Fixed => "fixed",
        VolumeKind::Removable => "removable",
        VolumeKind::Remote => "remote",
        VolumeKind::Optical => "optical",
        VolumeKind::Ram => "ram",
    }
}
