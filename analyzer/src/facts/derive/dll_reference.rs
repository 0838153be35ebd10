//! The `dll-reference` kind: places that tell MAPI to load the connector's DLL, joined with the file that it would load.

use std::{cell::RefCell, collections::BTreeMap};

use koff_bundle::{
    acquisition::State,
    path::WinPath,
    record::{FoundBy, ProgramRecord},
};

use super::table;
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::{Context, is_read},
        model::{
            mapisvc::{Inf, folder_of},
            office::Install,
        },
        names::{dll_base, loaded_files},
        raw::{Answer, Seen, rows::unknown},
    },
    verdict::Unknown,
};

/// The file that MAPI would load.
#[derive(Debug, Clone, PartialEq)]
struct Target {
    path: Option<WinPath>,
    exists: Result<bool, Unknown>,
    machine: Answer<String>,
    at: Option<Evidence>,
}

/// What names lead to. A file can name the same DLL in thousands of sections: each name is looked up once.
struct Targets<'a> {
    cx: &'a Context<'a>,
    /// The first path that a MAPISVC.INF names, by the base of its file name.
    placed: BTreeMap<String, String>,
    /// Names without a path that were looked up, with the bitness asked for.
    bare: RefCell<BTreeMap<(String, Option<String>), Target>>,
}

impl<'a> Targets<'a> {
    fn new(cx: &'a Context<'a>) -> Self {
        let mut placed = BTreeMap::new();
        for section in cx.infs.files.iter().flat_map(Inf::connector_sections) {
            let path = section.dll.value;
            if WinPath::new(&path).is_absolute() {
                placed.entry(dll_base(&path)).or_insert(path);
            }
        }
        Self { cx, placed, bare: RefCell::default() }
    }

    fn of(&self, named: &str, bitness: Option<&str>) -> Target {
        let written = WinPath::new(named);
        if written.is_absolute() {
            return qualified(self.cx, written.as_str());
        }
        let key = (named.to_lowercase(), bitness.map(str::to_owned));
        self.bare.borrow_mut().entry(key).or_insert_with(|| self.bare(named, bitness)).clone()
    }

    /// A name without a path: the file that MAPISVC.INF names with one, else a copy in a place where programs look or in the
    /// connector's own folder; of several, the one that Outlook could load.
    fn bare(&self, named: &str, bitness: Option<&str>) -> Target {
        let cx = self.cx;
        if let Some(path) = self.placed.get(&dll_base(named)) {
            let target = qualified(cx, WinPath::new(path).as_str());
            if target.exists != Ok(false) {
                return target;
            }
        }
        let names: Vec<String> = loaded_files(named).iter().map(|name| name.to_lowercase()).collect();
        let mut copies: Vec<&Seen<ProgramRecord>> = cx
            .files
            .programs
            .iter()
            .filter(|seen| {
                let program = &seen.value;
                let searched = [FoundBy::Install, FoundBy::System, FoundBy::Office, FoundBy::Mapisvc, FoundBy::Profile];
                names.contains(&program.path.file_name().to_lowercase())
                    && program.stat.value().is_some()
                    && program.found_by.iter().any(|by| searched.contains(by))
            })
            .collect();
        copies.sort_by_key(|seen| {
            let fits = machine(&seen.value, &seen.at).ok().flatten().as_deref() == bitness;
            (!fits, seen.value.path.key())
        });
        if let Some(copy) = copies.first() {
            return found(cx, &copy.value.path);
        }
        let why = cx.files.programs.gaps.first().cloned();
        let path = names.first().map(WinPath::new);
        Target { path, exists: why.clone().map_or(Ok(false), Err), machine: why.map_or(Ok(None), Err), at: None }
    }
}

/// One record a place.
#[must_use]
pub fn derive(cx: &Context<'_>) -> Table {
    let targets = Targets::new(cx);
    let (mut records, mut gaps) = (Vec::new(), cx.users.gaps.clone());
    let bitness = cx.offices.bitness();
    let majors = cx.offices.majors();
    for user in &cx.users.users {
        let Some(profiles) = cx.profiles.get(&user.id) else { continue };
        for profile in &profiles.profiles {
            let read: Datum = match (&majors, cx.offices.gaps.first()) {
                (Some(majors), _) => is_read(profile, Some(majors)).into(),
                (None, Some(why)) => why.clone().into(),
                (None, None) => false.into(),
            };
            for dll in &profile.provider_dlls {
                let record = reference(&targets, &dll.name, &bitness)
                    .with("source", "profile")
                    .with("user", user.id.as_str())
                    .with("profile", profile.name.as_str())
                    .with("section", dll.section.as_str())
                    .with("read_by_outlook", read.clone());
                records.push(record);
            }
            gaps.extend(profile.gaps.iter().cloned());
        }
        gaps.extend(cx.profile_gaps(&user.id));
    }
    for inf in &cx.infs.files {
        let readers: Vec<&Install> = cx.offices.with_outlook().filter(|install| reads(cx, install, inf)).collect();
        let (bitness, read) = bitness_of(cx, inf, &readers);
        for section in inf.connector_sections() {
            let record = reference(&targets, &section.dll, &bitness)
                .with("source", "mapisvc")
                .with("user", inf.user.clone())
                .with("section", section.section.as_str())
                .with("read_by_outlook", read.clone());
            records.push(record);
        }
    }
    gaps.extend(cx.infs.gaps.iter().map(|(_, why)| why.clone()));
    if !cx.infs.planned {
        gaps.push(Unknown::new(State::NotCollected, "MAPISVC.INF"));
    }
    table(records, gaps)
}

fn reads(cx: &Context<'_>, install: &Install, inf: &Inf) -> bool {
    inf.user.is_some() || folder_of(install, &cx.windows.common).is_some_and(|folder| inf.path.is_under(&folder))
}

/// Bitness of the Outlooks that read `inf`, and whether one does.
fn bitness_of(cx: &Context<'_>, inf: &Inf, readers: &[&Install]) -> (Answer<String>, Datum) {
    let placeless = || Unknown::new(State::NotCollected, format!("where {} was", inf.path));
    let mut bits: Vec<&Answer<String>> = readers.iter().map(|install| &install.bitness).collect();
    bits.dedup();
    match (bits.as_slice(), cx.offices.gaps.first()) {
        _ if !inf.path.is_absolute() => (Err(placeless()), placeless().into()),
        ([one], _) => ((*one).clone(), true.into()),
        ([], Some(why)) => (Err(why.clone()), why.clone().into()),
        ([], None) => (Ok(None), false.into()),
        _ => {
            let why = Unknown::new(State::Failed, "Outlooks of two bitnesses read it");
            (Err(why), true.into())
        }
    }
}

fn reference(targets: &Targets<'_>, named: &Seen<String>, bitness: &Answer<String>) -> Record {
    let wanted = bitness.as_ref().ok().and_then(Option::as_deref);
    let target = targets.of(&named.value, wanted);
    Record::default()
        .with("named", named.value.trim())
        .with("qualified", WinPath::new(&named.value).is_absolute())
        .with("expected", target.path.map(String::from))
        .with("exists", target.exists)
        .with("bitness_mismatch", mismatch(bitness, &target.machine))
        .with("machine", target.machine)
        .with("outlook_bitness", bitness.clone())
        .seen([named.at.clone()])
        .seen(target.at)
}

/// Both known and different. ARM64 programs can hold x64 code, so nothing is said about them.
fn mismatch(bitness: &Answer<String>, machine: &Answer<String>) -> Datum {
    let known = |word: &str| matches!(word, "x86" | "x64");
    match (bitness, machine) {
        (Ok(Some(outlook)), Ok(Some(dll))) if known(outlook) && known(dll) => (outlook != dll).into(),
        (Ok(Some(outlook)), Ok(Some(dll))) => {
            Unknown::new(State::NotCollected, format!("whether {outlook} Outlook can load a DLL for {dll}")).into()
        }
        (Err(why), _) | (_, Err(why)) => why.clone().into(),
        // No Outlook reads it, or there is no file: nothing that could differ.
        (Ok(None), _) | (_, Ok(None)) => false.into(),
    }
}

fn qualified(cx: &Context<'_>, named: &str) -> Target {
    let files: Vec<WinPath> = loaded_files(named).iter().map(WinPath::new).collect();
    let mut why = None;
    for path in &files {
        match cx.files.find(path) {
            Ok(Some(_)) => return found(cx, path),
            Ok(None) => {}
            Err(unknown) => why = why.or(Some(unknown)),
        }
    }
    let path = files.into_iter().next();
    let at = path.as_ref().and_then(|path| cx.files.program(path)).map(|seen| seen.at.clone());
    let exists = why.clone().map_or(Ok(false), Err);
    Target { machine: why.map_or(Ok(None), Err), path, exists, at }
}

fn found(cx: &Context<'_>, path: &WinPath) -> Target {
    let program = cx.files.program(path);
    let machine = match program {
        Some(seen) => machine(&seen.value, &seen.at),
        None => Err(Unknown::new(State::NotCollected, format!("machine type of {path}"))),
    };
    Target { path: Some(path.clone()), exists: Ok(true), machine, at: program.map(|seen| seen.at.clone()) }
}

fn machine(program: &ProgramRecord, at: &Evidence) -> Answer<String> {
    let what = format!("machine type of {}", program.path);
    let summary = program.pe.value().map(|pe| pe.format.value().map(|format| format.machine.clone()).ok_or(&pe.format));
    match (summary, program.pe.why_missing()) {
        (Some(Ok(machine)), _) => Ok(Some(machine)),
        (Some(Err(format)), _) => match format.why_missing() {
            Some(missing) => Err(unknown(missing, &what, at)),
            None => Ok(None),
        },
        (None, Some(missing)) => Err(unknown(missing, &what, at)),
        (None, None) => Ok(None),
    }
}
