//! How Office is activated (`facts/office-licences.json`): licence files by what they say of product, state and times,
//! and what the licensing services know. Keys, signatures and the identities in a licence stay where they are.

use koff_bundle::{
    acquisition::State,
    manifest::Gap,
    path::WinPath,
    reading::Reading,
    record::{LicenceFile, LicenceHolder, LicencesRecord},
};

use super::{Budget, Context, Raw, file, gap, walk, worker::aside};
use crate::host::{Answer, licensing::Licensing};

pub mod document;

/// At most so many files, the newest.
const FILES: usize = 40;

/// Levels below a folder of licences: `Licenses\5\….` is one file of one product.
const DEPTH: usize = 3;

/// A licence has a few kilobytes.
const LARGEST: u64 = 256 << 10;

/// A folder in which licences may lie.
struct Place {
    folder: WinPath,
    holder: LicenceHolder,
    user: Option<String>,
}

/// The one record.
///
/// # Errors
/// None of its own: each folder that cannot be searched is a gap, each file and each service carries its own end.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let (mut gaps, mut files) = (Vec::new(), Vec::new());
    for place in places(context, &mut gaps) {
        match walk::below(context.host.as_ref(), &place.folder, DEPTH, &context.plan.caps, budget) {
            Ok(seen) => {
                gaps.extend(seen.gaps);
                let licences =
                    seen.entries.into_iter().filter(|found| !found.stat.folder && counts(&place, &found.path));
                files.extend(licences.map(|found| unread(&place, found)));
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => gaps.push(gap(place.folder.as_str(), end)),
        }
    }
    files.sort_by(|a, b| b.modified.cmp(&a.modified).then_with(|| a.path.key().cmp(&b.path.key())));
    let cut = (files.len() > FILES).then(|| format!("the newest {FILES} licence files only"));
    files.truncate(FILES);
    for licence in &mut files {
        licence.licence = Reading::from(read(context, licence, budget));
    }
    let record = LicencesRecord {
        windows: Reading::from(aside(context, budget, |host| host.licences(Licensing::Windows))),
        office: Reading::from(aside(context, budget, |host| host.licences(Licensing::Office))),
        files,
    };
    Ok(Raw { cut, ..Raw::records(&[record])?.with_gaps(gaps) })
}

/// Where Office keeps licences, as Microsoft's `vNextDiag.ps1` looks for them.
fn places(context: &Context, gaps: &mut Vec<Gap>) -> Vec<Place> {
    let mut places = Vec::new();
    for person in &context.survey.people {
        let user = Some(person.record.id.clone());
        match &person.record.folders.local_app_data {
            Reading::Value(local) => {
                let folder = local.join(r"Microsoft\Office\Licenses");
                places.push(Place { folder, holder: LicenceHolder::User, user: user.clone() });
                let folder = local.join(r"Microsoft\Office\16.0\Licensing");
                places.push(Place { folder, holder: LicenceHolder::SharedComputer, user });
            }
            Reading::Missing(missing) => {
                let end = crate::host::Refusal::ended(missing.missing, missing.reason.clone());
                gaps.push(gap(person.record.profile.as_str(), end));
            }
        }
    }
    match context.host.variable("ProgramData", None) {
        Ok(data) => {
            let folder = WinPath::new(data).join(r"Microsoft\Office\Licenses");
            places.push(Place { folder, holder: LicenceHolder::Device, user: None });
        }
        Err(end) => gaps.push(gap("%ProgramData%", end)),
    }
    places
}

/// Beside tokens of a shared computer lie other files.
fn counts(place: &Place, path: &WinPath) -> bool {
    place.holder != LicenceHolder::SharedComputer || path.file_name().to_lowercase().contains("authstring")
}

fn unread(place: &Place, found: walk::Found) -> LicenceFile {
    LicenceFile {
        path: found.path,
        holder: place.holder,
        user: place.user.clone(),
        modified: found.stat.modified,
        licence: Reading::missing(State::TimedOut, "out of time before it was read"),
    }
}

fn read(context: &Context, licence: &LicenceFile, budget: &Budget) -> Answer<koff_bundle::record::Licence> {
    let bytes = file::whole(context.host.as_ref(), &licence.path, LARGEST, budget)?;
    match licence.holder {
        LicenceHolder::SharedComputer => document::token(&bytes),
        LicenceHolder::User | LicenceHolder::Device => document::licence(&bytes),
    }
    .map_err(crate::host::failed)
}
