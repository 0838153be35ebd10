//! Crash dumps of Outlook and the connector (`facts/crash-dumps.json`): file facts and headers, read piece by piece.
//! Memory content is neither read nor collected.

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    reading::Reading,
    record::DumpRecord,
};

use super::{Budget, Context, Raw, gap, walk};
use crate::host::Answer;

mod minidump;

/// At most so many dumps, the newest.
const DUMPS: usize = 20;

/// Levels below a folder of reports: `ReportQueue\AppCrash_…\….mdmp`.
const DEPTH: usize = 2;

/// Headers of every dump found.
///
/// # Errors
/// None of its own: each folder that cannot be searched is a gap, each dump carries its own end.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let host = context.host.as_ref();
    let mut gaps = Vec::new();
    let mut found = Vec::new();
    for (folder, user) in folders(context) {
        match walk::below(host, &folder, DEPTH, &context.plan.caps, budget) {
            Ok(seen) => {
                gaps.extend(seen.gaps);
                let dumps = seen.entries.into_iter().filter(|entry| !entry.stat.folder && is_ours(&entry.relative));
                found.extend(dumps.map(|entry| (entry, user.clone())));
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => gaps.push(gap(folder.as_str(), end)),
        }
    }
    found.sort_by(|(a, _), (b, _)| b.stat.modified.cmp(&a.stat.modified).then_with(|| a.path.key().cmp(&b.path.key())));
    let cut = (found.len() > DUMPS).then(|| format!("the newest {DUMPS} dumps only"));
    found.truncate(DUMPS);
    let records: Vec<DumpRecord> = found
        .into_iter()
        .map(|(entry, user)| DumpRecord {
            headers: Reading::from(headers(context, &entry.path)),
            path: entry.path,
            user,
            size: entry.stat.size,
            modified: entry.stat.modified,
        })
        .collect();
    let mut raw = Raw::records(&records)?.with_gaps(gaps);
    raw.cut = cut;
    Ok(raw)
}

fn headers(context: &Context, path: &WinPath) -> Answer<koff_bundle::record::DumpHeaders> {
    let mut bytes = context.host.open(path)?;
    minidump::read(bytes.as_mut()).map_err(|why| Acquisition::ended(State::Failed, why))
}

/// Where Windows and the connector leave dumps.
fn folders(context: &Context) -> Vec<(WinPath, Option<String>)> {
    let mut places = Vec::new();
    for person in &context.survey.people {
        if let Some(local) = person.record.folders.local_app_data.value() {
            let user = Some(person.record.id.clone());
            for below in [
                "CrashDumps",
                r"Microsoft\Windows\WER\ReportArchive",
                r"Microsoft\Windows\WER\ReportQueue",
                r"Kerio\Outlook Connector",
            ] {
                places.push((local.join(below), user.clone()));
            }
        }
    }
    if let Ok(data) = context.host.variable("ProgramData", None) {
        for below in ["ReportArchive", "ReportQueue"] {
            places.push((WinPath::new(&data).join(r"Microsoft\Windows\WER").join(below), None));
        }
    }
    places.extend(context.survey.installs.iter().map(|install| (install.folder.clone(), None)));
    places
}

/// A dump whose own or whose folder's name tells that it is of Outlook or the connector, or that lies in its folders.
fn is_ours(relative: &str) -> bool {
    let name = relative.to_lowercase();
    let dump = [".dmp", ".mdmp", ".hdmp"].iter().any(|ending| name.ends_with(ending));
    dump && (["outlook", "koff", "kofmsp", "kerio"].iter().any(|word| name.contains(word))
        || !name.contains("appcrash"))
}
