//! Local Firebird databases (`facts/databases.json`): size, times and the fixed part of the header page. The database
//! holds mail; not one byte beyond that part is read.

use std::{collections::VecDeque, io::Read};

use koff_bundle::{
    acquisition::State,
    manifest::Gap,
    path::WinPath,
    reading::Reading,
    record::{DatabaseRecord, FileStat},
};

use super::{Budget, Context, Raw, file, gap, walk};
use crate::host::{Answer, Host};

/// The fixed part of Firebird's header page; what follows it in a page may be data of the clumplets and beyond.
const HEADER: usize = 128;

/// At most so many junctions of one folder are followed.
const MOST_LINKS: usize = 16;

/// Every `.fdb` below the people's Kerio folders.
///
/// # Errors
/// None of its own: each folder that cannot be searched is a gap.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let host = context.host.as_ref();
    let caps = &context.plan.caps;
    let mut gaps: Vec<Gap> = Vec::new();
    let mut cut = None;
    let mut records = Vec::new();
    let mut waiting: VecDeque<(WinPath, Option<String>, bool)> =
        data_folders(context).into_iter().map(|(folder, user)| (folder, user, true)).collect();
    while let Some((folder, user, follow)) = waiting.pop_front() {
        match walk::below(host, &folder, caps.depth, caps, budget) {
            Ok(seen) => {
                // A cache that somebody moved and left a junction for; what lies behind is not followed further.
                let links = seen.entries.iter().filter(|found| follow && found.stat.folder && found.stat.reparse);
                waiting.extend(links.take(MOST_LINKS).map(|found| (found.path.clone(), user.clone(), false)));
                gaps.extend(seen.gaps);
                cut = cut.or(seen.cut);
                let databases = seen.entries.into_iter().filter(|found| is_database(host, found));
                records.extend(databases.map(|found| record(host, found.path, found.stat, user.clone())));
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => gaps.push(gap(folder.as_str(), end)),
        }
    }
    let mut raw = Raw::records(&records)?.with_gaps(gaps);
    raw.cut = cut;
    raw.bytes_read = (records.len() as u64).saturating_mul(HEADER as u64);
    Ok(raw)
}

/// Folders that may hold databases: Kerio's in both halves of a person's application data, and in `ProgramData`.
fn data_folders(context: &Context) -> Vec<(WinPath, Option<String>)> {
    let mut found = Vec::new();
    for person in &context.survey.people {
        let folders = &person.record.folders;
        for reading in [&folders.local_app_data, &folders.roaming_app_data] {
            if let Some(folder) = reading.value() {
                found.push((folder.join("Kerio"), Some(person.record.id.clone())));
            }
        }
    }
    if let Ok(data) = context.host.variable("ProgramData", None) {
        found.push((WinPath::new(data).join("Kerio"), None));
    }
    found
}

/// By its name; a file in the connector's data folder without a telling name, by the header page: page type 1 at the
/// start and a plausible page size at offset 16.
fn is_database(host: &dyn Host, found: &walk::Found) -> bool {
    if found.stat.folder {
        return false;
    }
    let name = found.path.file_name().to_lowercase();
    if name.ends_with(".fdb") {
        return true;
    }
    // Nothing smaller than one page of 1024 bytes, and nothing with a name that says what else it is.
    if found.stat.size < 1024 || name.contains('.') && !name.contains(".fdb") {
        return false;
    }
    let Ok(header) = header(host, &found.path) else { return false };
    let word = |place: usize| header.get(place..place + 2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    header.first() == Some(&1) && word(16).is_some_and(|size| size >= 1024 && size.is_power_of_two())
}

fn record(host: &dyn Host, path: WinPath, stat: FileStat, user: Option<String>) -> DatabaseRecord {
    let header = header(host, &path).map(|bytes| bytes.iter().map(|byte| format!("{byte:02x}")).collect());
    DatabaseRecord { header: Reading::from(header), stat: Reading::Value(stat), path, user }
}

fn header(host: &dyn Host, path: &WinPath) -> Answer<Vec<u8>> {
    let mut kept = Vec::with_capacity(HEADER);
    host.open(path)?.take(HEADER as u64).read_to_end(&mut kept).map_err(|error| file::refused(&error))?;
    Ok(kept)
}
