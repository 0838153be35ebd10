//! The `cache` kind: data folders with their volume, space, sync client and age.

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    record::{FolderRole, VolumeKind},
};

use super::{mib, table};
use crate::{
    facts::{
        Datum, Record, Table,
        context::Context,
        model::{cache::Cache, volumes},
        raw::rows::{answer, untold},
    },
    verdict::Unknown,
};

const DAY: i64 = 86_400;

/// One record a data folder, existing or expected.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let records = cx.caches.caches.iter().map(|cache| {
        let record = Record::default()
            .with("user", cache.user.as_str())
            .with("profile", cache.profile.as_str())
            .with("path", cache.path.as_str())
            .with("exists", cache.exists())
            .with("profile_exists", cache.profile_exists.clone())
            .with("profile_uses_connector", cache.uses_connector.clone())
            .seen(cache.at.iter().cloned());
        age(cx, cache, space(cx, cache, place(cx, cache, databases(cache, record))))
    });
    table(records.collect(), cx.caches.gaps.clone())
}

/// Where the folder really lies.
fn real(cache: &Cache) -> &WinPath {
    cache.resolves_to.as_ref().unwrap_or(&cache.path)
}

fn databases(cache: &Cache, record: Record) -> Record {
    let count = cache.databases.as_ref().map_err(Clone::clone).map(Vec::len);
    // Side by side means in one folder: a copy put away in a sub-folder is no upgrade.
    let twins = cache.databases.as_ref().map_err(Clone::clone).map(|all| {
        all.iter().any(|a| all.iter().any(|b| a.path.key() != b.path.key() && a.path.parent() == b.path.parent()))
    });
    record
        .with("databases", count.map(|count| i64::try_from(count).unwrap_or(i64::MAX)))
        .with("upgrade_interrupted", twins)
        .with("database_mb", cache.largest().map(mib))
}

fn place(cx: &Context<'_>, cache: &Cache, record: Record) -> Record {
    let kind = volumes::kind(&cx.volumes, real(cache), Some(&cache.user));
    let (synced, by) = synced(cx, cache);
    record
        .with("volume", kind.clone().map(volumes::word))
        .with("remote", kind.clone().map(|kind| kind == VolumeKind::Remote))
        .with("removable", kind.map(|kind| kind == VolumeKind::Removable))
        .with("synced", synced)
        .with("synced_by", by)
}

/// Whether a sync client or a redirection carries the folder away from this PC, and which.
fn synced(cx: &Context<'_>, cache: &Cache) -> (Result<bool, Unknown>, Option<String>) {
    let Some(user) = cx.users.get(&cache.user) else { return (Ok(false), None) };
    let places = [&cache.path, real(cache)];
    let client = places.iter().find_map(|path| path.parts().find(|part| is_client(part)));
    if let Some(part) = client {
        return (Ok(true), Some(part.to_owned()));
    }
    let roots = user.synced();
    if let Ok(roots) = &roots
        && let Some(root) = roots.iter().find(|root| places.iter().any(|path| path.is_under(root)))
    {
        return (Ok(true), Some(root.to_string()));
    }
    // Another disk of this PC is no redirection: the folder stays where the database engine wants it.
    let profile = user.record.as_ref().map(|seen| &seen.value.profile);
    if let (Some(profile), Ok(local)) = (profile, user.local_app_data())
        && local.is_absolute()
        && profile.is_absolute()
        && !local.is_under(profile)
        && differs_in_drive(&local, profile)
    {
        match volumes::kind(&cx.volumes, &local, Some(&cache.user)) {
            Ok(VolumeKind::Remote) => return (Ok(true), Some(format!("redirected to {local}"))),
            Ok(_) => {}
            Err(why) => return (Err(why), None),
        }
    }
    (roots.map(|_| false), None)
}

/// Folders that sync clients make under their own names.
fn is_client(part: &str) -> bool {
    let part = part.to_lowercase();
    let named =
        |name: &str| part == name || part.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '-', '(']));
    [
        "onedrive",
        "dropbox",
        "google drive",
        "googledrive",
        "my drive",
        "icloud drive",
        "iclouddrive",
        "nextcloud",
        "owncloud",
    ]
    .iter()
    .any(|name| named(name))
}

fn differs_in_drive(a: &WinPath, b: &WinPath) -> bool {
    let drive = |path: &WinPath| path.parts().next().map(str::to_lowercase);
    drive(a) != drive(b)
}

fn space(cx: &Context<'_>, cache: &Cache, record: Record) -> Record {
    let free = volumes::holding(&cx.volumes, real(cache), Some(&cache.user)).and_then(|volume| {
        let untold = || Unknown::new(State::NotCollected, format!("free space for {}", cache.path));
        let volume = volume.ok_or_else(untold)?;
        answer(&volume.value.free, &format!("free space of {}", volume.value.root), &volume.at)?.ok_or_else(untold)
    });
    let limits = &cx.pack.limits;
    let factor = u64::try_from(limits.upgrade_free_factor).unwrap_or(2);
    let largest = cache.databases.clone().map(|_| cache.largest());
    let below: Datum = match (&free, &largest) {
        (Ok(free), Ok(Some(largest))) => (*free < largest.saturating_mul(factor)).into(),
        (_, Ok(None)) => false.into(),
        (Err(why), _) | (_, Err(why)) => why.clone().into(),
    };
    record
        .with("free_mb", free.clone().map(mib))
        .with("free_below_double", below)
        .with("free_low", free.map(|bytes| mib(bytes) < limits.free_minimum_mb))
}

fn age(cx: &Context<'_>, cache: &Cache, record: Record) -> Record {
    let last = cache.databases.clone().map(|all| all.into_iter().filter_map(|database| database.modified).max());
    let used = outlook_used(cx, &cache.user);
    let bound = cx.pack.limits.stale_days.saturating_mul(DAY);
    let stale: Datum = match (&last, &used) {
        (Ok(Some(last)), Ok(used)) => (used.as_second().saturating_sub(last.as_second()) > bound).into(),
        (Ok(None), _) => false.into(),
        (Err(why), _) | (_, Err(why)) => why.clone().into(),
    };
    record.with("last_write", last).with("outlook_used", used).with("stale", stale)
}

/// The latest sign that `user` used Outlook: it runs now, or it wrote to its own logging folder.
fn outlook_used(cx: &Context<'_>, user: &str) -> Result<Timestamp, Unknown> {
    let survey = cx.processes.single();
    let runs = survey
        .as_ref()
        .is_ok_and(|seen| seen.value.processes.iter().any(|process| process.name.eq_ignore_ascii_case("outlook.exe")));
    if runs {
        return Ok(cx.input.manifest.started);
    }
    let logging = cx
        .files
        .folders
        .iter()
        .filter(|seen| seen.value.role == FolderRole::OutlookLogging && seen.value.user.as_deref() == Some(user));
    let written =
        logging.filter_map(|seen| seen.value.entries.value()).flatten().filter_map(|entry| entry.stat.modified);
    let gaps = cx.processes.gaps.iter().chain(&cx.files.folders.gaps);
    written.max().ok_or_else(|| untold(format!("when {user} last used Outlook"), gaps))
}
