//! Crash dumps of Outlook and the connector (`facts/crash-dumps.json`): file facts and headers, read piece by piece.
//! Memory content is neither read nor collected.

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    reading::Reading,
    record::DumpRecord,
    registry::{Key, Value},
};

use super::{Budget, Context, Raw, environment, gap, walk};
use crate::host::{Answer, Host, Root};

pub mod minidump;

/// At most so many dumps, the newest.
const DUMPS: usize = 20;

/// Levels below a folder of reports: `ReportQueue\AppCrash_…\….mdmp`.
const DEPTH: usize = 2;

/// Programs whose dumps count where those of every program lie.
const PROGRAMS: [&str; 5] = ["outlook", "koff", "kofmsp", "kerio", "searchd"];

/// A folder in which dumps may lie.
struct Place {
    folder: WinPath,
    user: Option<String>,
    /// The connector's own: every dump in it counts, at any depth.
    own: bool,
}

/// Headers of every dump found.
///
/// # Errors
/// None of its own: each folder that cannot be searched is a gap, each dump carries its own end.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let host = context.host.as_ref();
    let mut gaps = Vec::new();
    let mut found = Vec::new();
    let caps = &context.plan.caps;
    for Place { folder, user, own } in places(context) {
        let seen = match own {
            true => walk::through_links(host, &folder, caps.depth, caps, budget),
            false => walk::below(host, &folder, DEPTH, caps, budget),
        };
        match seen {
            Ok(seen) => {
                gaps.extend(seen.gaps);
                let dumps = seen.entries.into_iter().filter(|entry| !entry.stat.folder && counts(&entry.relative, own));
                found.extend(dumps.map(|entry| (entry, user.clone())));
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => gaps.push(gap(folder.as_str(), end)),
        }
    }
    found.sort_by_key(|(found, _)| found.path.key());
    found.dedup_by(|(a, _), (b, _)| a.path.key() == b.path.key());
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
fn places(context: &Context) -> Vec<Place> {
    let host = context.host.as_ref();
    let mut places = Vec::new();
    let mut add = |folder: WinPath, user: Option<&String>, own: bool| {
        places.push(Place { folder, user: user.cloned(), own });
    };
    for person in &context.survey.people {
        let user = Some(&person.record.id);
        if let Some(local) = person.record.folders.local_app_data.value() {
            for below in ["CrashDumps", r"Microsoft\Windows\WER\ReportArchive", r"Microsoft\Windows\WER\ReportQueue"] {
                add(local.join(below), user, false);
            }
            add(local.join("Kerio"), user, true);
        }
        for folder in configured(host, Some(&person.account.key)) {
            add(folder, user, false);
        }
    }
    if let Ok(data) = host.variable("ProgramData", None) {
        for below in ["ReportArchive", "ReportQueue"] {
            add(WinPath::new(&data).join(r"Microsoft\Windows\WER").join(below), None, false);
        }
        add(WinPath::new(&data).join("Kerio"), None, true);
    }
    if let Some(windows) = context.survey.office.system.first().and_then(WinPath::parent) {
        // Of services, which run under the system's account.
        add(windows.join(r"System32\config\systemprofile\AppData\Local\CrashDumps"), None, false);
    }
    for install in &context.survey.installs {
        add(install.folder.clone(), None, true);
    }
    places
}

/// Folders to which somebody told Windows to write dumps, of every program or of one.
fn configured(host: &dyn Host, user: Option<&str>) -> Vec<WinPath> {
    const KEY: &str = r"SOFTWARE\Microsoft\Windows\Windows Error Reporting\LocalDumps";
    let Ok(all) = host.key(&Root::Machine, KEY) else { return Vec::new() };
    let named = |key: &Key| key.value("DumpFolder").and_then(Value::text);
    let programs = all.subkeys.iter().filter(|name| is_program(name));
    let programs = programs.filter_map(|name| named(&host.key(&Root::Machine, &format!(r"{KEY}\{name}")).ok()?));
    let folders = named(&all).into_iter().chain(programs);
    folders.map(|text| WinPath::new(environment::expand(host, &text, user))).filter(WinPath::is_absolute).collect()
}

fn is_program(name: &str) -> bool {
    let name = name.to_lowercase();
    PROGRAMS.iter().any(|program| name.contains(program))
}

/// A dump whose own or whose folder's name tells that it is of Outlook or the connector, or that lies in its folders.
fn counts(relative: &str, own: bool) -> bool {
    let name = relative.to_lowercase();
    let dump = [".dmp", ".mdmp", ".hdmp"].iter().any(|ending| name.ends_with(ending));
    dump && (own || is_program(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_programs_dumps_are_nobodys_business() {
        assert!(counts("OUTLOOK.EXE.4711.dmp", false) && counts(r"AppCrash_KoffBackend.exe_1\memory.hdmp", false));
        assert!(!counts("chrome.exe.12.dmp", false) && !counts("OUTLOOK.EXE.4711.txt", false));
        assert!(counts("20260504.dmp", true));
    }
}
