//! Listings: names, sizes and times of the connector's folders with everything below them (`facts/folders.json`). A
//! folder that does not exist has a record too: its absence is evidence.

use std::collections::VecDeque;

use koff_bundle::{
    manifest::Gap,
    path::WinPath,
    reading::Reading,
    record::{FolderEntry, FolderRecord, FolderRole},
};

use super::{Budget, Context, Raw, programs, walk};
use crate::host::Answer;

/// At most so many junctions of one data folder are followed.
const MOST_LINKS: usize = 16;

/// A folder to be listed.
struct Place {
    folder: WinPath,
    role: FolderRole,
    user: Option<String>,
}

/// Listings of every folder of the connector.
///
/// # Errors
/// None of its own: each folder carries its own end.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let mut gaps: Vec<Gap> = Vec::new();
    let mut cut = None;
    let mut records = Vec::new();
    let mut waiting: VecDeque<Place> = places(context).into();
    while let Some(place) = waiting.pop_front() {
        let (record, why) = list(context, place, budget, &mut gaps);
        waiting.extend(behind(&record));
        records.push(record);
        cut = cut.or(why);
    }
    let mut raw = Raw::records(&records)?.with_gaps(gaps);
    raw.cut = cut;
    Ok(raw)
}

fn places(context: &Context) -> Vec<Place> {
    let survey = &context.survey;
    let mut places: Vec<Place> = survey
        .installs
        .iter()
        .map(|install| Place { folder: install.folder.clone(), role: install.role, user: None })
        .collect();
    for folder in &survey.office.msmapi {
        places.push(Place { folder: folder.clone(), role: FolderRole::Other, user: None });
    }
    for person in &survey.people {
        let (folders, user) = (&person.record.folders, Some(person.record.id.clone()));
        if let Some(local) = folders.local_app_data.value() {
            places.push(Place {
                folder: local.join(r"Kerio\Outlook Connector"),
                role: FolderRole::Data,
                user: user.clone(),
            });
            places.push(Place { folder: local.join("Kerio"), role: FolderRole::Other, user: user.clone() });
        }
        if let Some(roaming) = folders.roaming_app_data.value() {
            places.push(Place { folder: roaming.join("Kerio"), role: FolderRole::Other, user: user.clone() });
        }
        if let Some(temp) = folders.temp.value() {
            places.push(Place { folder: temp.join("Outlook Logging"), role: FolderRole::OutlookLogging, user });
        }
    }
    if let Ok(data) = context.host.variable("ProgramData", None) {
        places.push(Place { folder: WinPath::new(data).join("Kerio"), role: FolderRole::Other, user: None });
    }
    places
}

/// Junctions and links in a data folder, each to be listed by itself: somebody moved a cache, and where to matters. Those
/// behind a junction are not followed, so that a loop ends.
fn behind(record: &FolderRecord) -> Vec<Place> {
    let entries = record.entries.value().map(Vec::as_slice).unwrap_or_default();
    let followed = record.role == FolderRole::Data && record.resolves_to.is_none();
    let links = entries.iter().filter(|entry| followed && entry.stat.folder && entry.stat.reparse);
    links
        .take(MOST_LINKS)
        .map(|entry| Place { folder: record.path.join(&entry.path), role: record.role, user: record.user.clone() })
        .collect()
}

fn list(context: &Context, place: Place, budget: &Budget, gaps: &mut Vec<Gap>) -> (FolderRecord, Option<String>) {
    let host = context.host.as_ref();
    let resolved = host.resolve(&place.folder).ok().filter(|real| real.key() != place.folder.key());
    let caps = &context.plan.caps;
    let (entries, cut) = match walk::below(host, &place.folder, caps.depth, caps, budget) {
        Ok(seen) => {
            gaps.extend(seen.gaps);
            let entries = seen.entries.into_iter().map(|found| entry(context, &place, found, budget)).collect();
            (Reading::Value(entries), seen.cut)
        }
        // `Other` folders are places where something of Kerio may lie; only their presence says something.
        Err(end) => (Reading::from(Err(end)), None),
    };
    let cut = cut.map(|why| format!("{}: {why}", place.folder));
    (FolderRecord { path: place.folder, role: place.role, user: place.user, resolves_to: resolved, entries }, cut)
}

fn entry(context: &Context, place: &Place, found: walk::Found, budget: &Budget) -> FolderEntry {
    let program = matches!(place.role, FolderRole::Program | FolderRole::Updater) && !found.stat.folder;
    let version = (program && programs::is_program(found.path.file_name()))
        .then(|| programs::summary(context, &found.path, budget))
        .and_then(|summary| summary.value()?.version.value()?.file_version.clone());
    FolderEntry { path: found.relative, stat: found.stat, version }
}
