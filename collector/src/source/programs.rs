//! Connector DLLs and programs (`facts/programs.json`): every copy that lies in an install folder, is registered, loaded
//! or lies where it has no business, summarised so that it can be judged without the file. A registered DLL that is
//! missing has a record, too. Copies no program into the bundle.

use std::collections::BTreeMap;

use koff_bundle::{
    acquisition::{Acquisition, State},
    manifest::Gap,
    path::WinPath,
    pe,
    reading::Reading,
    record::{FoundBy, PeSummary, ProgramRecord},
    registry::Value,
};

use super::{
    Budget, Content, Context, Raw, environment, file, gap,
    survey::{self, Copy, Haul},
    walk,
};
use crate::host::{Answer, Root};

/// Levels below Office's own folders that are searched: `root\VFS\ProgramFilesCommonX64\System\MSMAPI\1033`.
const OFFICE_DEPTH: usize = 3;

/// Paths of every connector DLL that exists, by the same search.
#[must_use]
pub fn connector_dlls(context: &Context, budget: &Budget) -> Vec<WinPath> {
    let found = candidates(context, budget);
    let paths = found.paths.into_values().map(|(path, _)| path);
    paths.filter(|path| survey::is_connector_dll(path.file_name()) && context.host.stat(path).is_ok()).collect()
}

/// Every program that the diagnosis asks about.
///
/// # Errors
/// None of its own: each record carries its own ends, each folder that cannot be searched is a gap.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    let found = candidates(context, budget);
    // The connector's own DLL first: should time run out, the rest of the folder matters less.
    let mut order: Vec<&(WinPath, Vec<FoundBy>)> = found.paths.values().collect();
    order.sort_by_key(|(path, _)| (!survey::is_connector_dll(path.file_name()), path.key()));
    let mut bytes_read = 0_u64;
    let mut records: Vec<ProgramRecord> = Vec::new();
    for (path, found_by) in order {
        let record = record(context, path, found_by, budget);
        bytes_read = bytes_read.saturating_add(record.pe.value().map_or(0, |pe| pe.size));
        records.push(record);
    }
    records.sort_by_key(|record| record.path.key());
    let mut raw = Raw::records(&records)?.with_gaps(found.gaps);
    raw.bytes_read = bytes_read;
    raw.cut = budget.spent().then(|| "out of time; programs further down have no summary".to_owned());
    Ok(raw)
}

/// Whether a file's name says that it is a program or library.
#[must_use]
pub fn is_program(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, end)| ["dll", "exe"].iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// Headers, version, digests and signature parts of a program; read once a run.
#[must_use]
pub fn summary(context: &Context, path: &WinPath, budget: &Budget) -> Reading<PeSummary> {
    if let Some(known) = context.survey.summary(path) {
        return known;
    }
    let read = Reading::from(summarise(context, path, budget));
    context.survey.keep_summary(path, &read);
    read
}

/// A program's own bytes, for those who asked for them.
///
/// # Errors
/// As the host says, or where it is no PE file: only programs leave unmasked.
pub fn whole(context: &Context, path: &WinPath, budget: &Budget) -> Answer<Raw> {
    let bytes = bytes(context, path, budget)?;
    if !bytes.starts_with(b"MZ") {
        return Err(Acquisition::ended(State::Skipped, "expected a program, found other content under its name"));
    }
    let read = bytes.len() as u64;
    let name = path.file_name().to_lowercase();
    Ok(Raw { bytes_read: read, ..Raw::whole(Content::Program { name, bytes }) })
}

fn summarise(context: &Context, path: &WinPath, budget: &Budget) -> Answer<PeSummary> {
    Ok(pe::summarise(&bytes(context, path, budget)?))
}

/// The whole file at `path`, within the cap for programs.
pub(super) fn bytes(context: &Context, path: &WinPath, budget: &Budget) -> Answer<Vec<u8>> {
    let host = context.host.as_ref();
    let cap = context.plan.caps.program_size;
    let stat = host.stat(path)?;
    if stat.size > cap {
        let why = format!("{} bytes, more than the {cap} that are summarised", stat.size);
        return Err(Acquisition::ended(State::Skipped, why));
    }
    file::whole(host, path, cap, budget)
}

/// Paths by their comparable form, each with every way it came to notice.
#[derive(Default)]
struct Candidates {
    paths: BTreeMap<String, (WinPath, Vec<FoundBy>)>,
    gaps: Vec<Gap>,
}

impl Candidates {
    fn add(&mut self, path: WinPath, found_by: FoundBy) {
        let (_, ways) = self.paths.entry(path.key()).or_insert_with(|| (path, Vec::new()));
        if !ways.contains(&found_by) {
            ways.push(found_by);
            ways.sort();
        }
    }
}

fn candidates(context: &Context, budget: &Budget) -> Candidates {
    let mut found = Candidates::default();
    from_installs(context, budget, &mut found);
    from_names(context, &mut found);
    from_stub(context, &mut found);
    let mut haul = Haul { found: context.survey.copies.clone(), gaps: context.survey.gaps.clone() };
    search(context, budget, &mut haul);
    found.gaps.extend(haul.gaps);
    for copy in haul.found {
        found.add(copy.path, copy.found_by);
    }
    loaded(context, &mut found);
    found
}

/// Every DLL and EXE of the program folders.
fn from_installs(context: &Context, budget: &Budget, found: &mut Candidates) {
    let caps = &context.plan.caps;
    for install in &context.survey.installs {
        match walk::below(context.host.as_ref(), &install.folder, caps.depth, caps, budget) {
            Ok(seen) => {
                let programs =
                    seen.entries.into_iter().filter(|entry| !entry.stat.folder && is_program(entry.path.file_name()));
                for program in programs {
                    found.add(program.path, FoundBy::Install);
                }
                found.gaps.extend(seen.gaps);
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => found.gaps.push(gap(install.folder.as_str(), end)),
        }
    }
}

/// What profiles, MAPISVC.INF files and services name: the file that MAPI loads even where it is missing, and the file
/// under the name as written where there is one.
fn from_names(context: &Context, found: &mut Candidates) {
    for reference in &context.survey.references {
        let written = WinPath::new(&reference.named);
        if !written.is_absolute() {
            continue;
        }
        found.add(reference.loads(), reference.found_by);
        if context.host.stat(&written).is_ok() {
            found.add(written, reference.found_by);
        }
    }
    // The MAPI stub's own target, and Outlook itself: whether they are there, and for which processor.
    for path in &context.survey.office.stubs {
        found.add(path.clone(), FoundBy::Office);
    }
    for folder in &context.survey.office.programs {
        let outlook = folder.join("OUTLOOK.EXE");
        if context.host.stat(&outlook).is_ok() {
            found.add(outlook, FoundBy::Office);
        }
    }
    for image in context.survey.services.iter().filter_map(|service| service.image.clone()) {
        found.add(image, FoundBy::Service);
    }
}

/// The DLLs to which Windows' own MAPI stub sends calls: whether they exist decides about the stub.
fn from_stub(context: &Context, found: &mut Candidates) {
    const KEY: &str = r"SOFTWARE\Clients\Mail\Microsoft Outlook";
    let Ok(key) = context.host.key(&Root::Machine, KEY) else { return };
    for name in ["DLLPathEx", "DLLPath"] {
        let Some(text) = key.value(name).and_then(Value::text) else { continue };
        let path = WinPath::new(environment::expand(context.host.as_ref(), &text, None));
        if path.is_absolute() {
            found.add(path, FoundBy::Office);
        }
    }
}

/// Connector DLLs in Office's, Windows' and everybody's folders, and on the `PATH`.
fn search(context: &Context, budget: &Budget, haul: &mut Haul) {
    let (host, plan, survey) = (context.host.as_ref(), context.plan.as_ref(), context.survey.as_ref());
    for folder in &survey.office.system {
        by_name(context, folder, FoundBy::System, haul);
    }
    for (list, user) in path_lists(context) {
        for folder in environment::folders(host, &list, user.as_deref()) {
            by_name(context, &folder, FoundBy::Path, haul);
        }
    }
    for folder in survey.office.programs.iter().chain(&survey.office.msmapi) {
        survey::search(host, plan, folder, FoundBy::Office, OFFICE_DEPTH, budget, haul);
    }
    if let Some(windows) = survey.office.system.first().and_then(WinPath::parent) {
        survey::search(host, plan, &windows.join("Temp"), FoundBy::Temp, plan.caps.depth, budget, haul);
    }
    if let Ok(public) = host.variable("PUBLIC", None) {
        for (name, word) in [("Desktop", FoundBy::Desktop), ("Downloads", FoundBy::Downloads)] {
            let folder = WinPath::new(&public).join(name);
            survey::search(host, plan, &folder, word, plan.caps.depth, budget, haul);
        }
    }
    if let Ok(data) = host.variable("ProgramData", None) {
        survey::search(host, plan, &WinPath::new(data), FoundBy::ProgramData, plan.caps.depth, budget, haul);
    }
}

/// The machine's `PATH` and each person's own.
fn path_lists(context: &Context) -> Vec<(String, Option<String>)> {
    let host = context.host.as_ref();
    let mut lists: Vec<(String, Option<String>)> = host.variable("Path", None).into_iter().map(|l| (l, None)).collect();
    for person in &context.survey.people {
        let key = &person.account.key;
        lists.extend(host.variable("Path", Some(key)).into_iter().map(|list| (list, Some(key.clone()))));
    }
    lists
}

/// The three names in one folder, without listing it: `System32` holds thousands.
fn by_name(context: &Context, folder: &WinPath, found_by: FoundBy, haul: &mut Haul) {
    for name in survey::CONNECTOR_DLLS {
        let path = folder.join(name);
        match context.host.stat(&path) {
            Ok(stat) if !stat.folder => haul.found.push(Copy { path, found_by }),
            Ok(_) => {}
            Err(end) if end.state == State::Absent => {}
            Err(end) => haul.gaps.push(gap(path.as_str(), end)),
        }
    }
}

/// Connector DLLs that processes hold, as far as the processes were read before.
fn loaded(context: &Context, found: &mut Candidates) {
    match context.survey.processes.get() {
        Some(Ok(seen)) => {
            for dlls in seen.processes.iter().filter_map(|process| process.connector_dlls.value()) {
                for dll in dlls {
                    found.add(dll.clone(), FoundBy::Loaded);
                }
            }
        }
        Some(Err(end)) if end.state == State::Unsupported => {}
        Some(Err(end)) => found.gaps.push(gap("loaded modules", end.clone())),
        None => found
            .gaps
            .push(gap("loaded modules", Acquisition::ended(State::Skipped, "processes were not read in this run"))),
    }
}

fn record(context: &Context, path: &WinPath, found_by: &[FoundBy], budget: &Budget) -> ProgramRecord {
    let host = context.host.as_ref();
    let stat = host.stat(path);
    let base = |missing: Acquisition| ProgramRecord {
        path: path.clone(),
        found_by: found_by.to_vec(),
        user: context.survey.owner(path),
        stat: Reading::from(Err(missing.clone())),
        pe: Reading::from(Err(missing.clone())),
        streams: Reading::from(Err(missing.clone())),
        owner: Reading::from(Err(missing.clone())),
        writers: Reading::from(Err(missing.clone())),
        windows_verdict: Reading::from(Err(missing)),
    };
    let stat = match stat {
        Ok(stat) => stat,
        Err(end) => return base(end),
    };
    if budget.spent() {
        let late = Acquisition::ended(State::TimedOut, "time ran out before this program was read");
        return ProgramRecord { stat: Reading::Value(stat), ..base(late) };
    }
    let (owner, writers) = match host.security(path) {
        Ok((owner, writers)) => (Reading::Value(owner), Reading::Value(writers)),
        Err(end) => (Reading::from(Err(end.clone())), Reading::from(Err(end))),
    };
    ProgramRecord {
        stat: Reading::Value(stat),
        pe: summary(context, path, budget),
        streams: Reading::from(host.streams(path)),
        owner,
        writers,
        windows_verdict: Reading::from(host.trust(path)),
        ..base(Acquisition::complete())
    }
}
