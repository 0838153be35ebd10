//! The `connector` kind: the installation as one record.

use std::cmp::Ordering;

use koff_bundle::acquisition::State;

use super::{mib, table};
use crate::{
    evidence::Evidence,
    facts::{
        Datum, Record, Table,
        context::Context,
        raw::rows::{self, answer},
        server::Server,
        version::Version,
    },
    pack::Supported,
    verdict::Unknown,
};

/// Exactly one record.
#[must_use]
pub fn derive(cx: &Context<'_>, server: &Server) -> Table {
    let own = &cx.connector;
    let installed = own.installed();
    let present = super::any([
        installed.clone(),
        cx.used_by_profile(),
        Ok(cx.infs.files.iter().any(|inf| !inf.connector_sections().is_empty())),
        data_folders(cx),
    ]);
    let version = own.version.as_ref().map(|seen| &seen.value);
    let certainly_not = installed == Ok(false);
    let part = |found: &Result<bool, Unknown>| match &installed {
        Err(why) => Datum::from(why.clone()),
        Ok(_) => found.clone().into(),
    };
    let parts = &own.parts;
    let missing: Vec<String> =
        [(&parts.dll, "connector DLL"), (&parts.backend, "backend program"), (&parts.engine, "database engine")]
            .into_iter()
            .filter(|(found, _)| !certainly_not && installed.is_ok() && **found == Ok(false))
            .map(|(_, name)| name.to_owned())
            .collect();
    let versions: Vec<String> = parts.versions.iter().map(|seen| seen.value.clone()).collect();
    let mixed = if parts.versions.is_empty() && !certainly_not {
        Datum::from(rows::untold("versions of the connector's files", gaps(cx)))
    } else {
        (versions.len() > 1).into()
    };
    let unknown_version = || Datum::from(rows::untold("version of the connector", gaps(cx)));
    let record = Record::default()
        .with("present", present)
        .with("used_by_profile", cx.used_by_profile())
        .with("install_folder", own.folder().map(String::from))
        .with("version", version.map_or_else(|| none_or(&installed, unknown_version()), |v| v.text().into()))
        .with("build", version.map_or_else(|| none_or(&installed, unknown_version()), build))
        .with("installed_at", own.installed_at.and_then(super::super::model::connector::Installed::time))
        .with("dll_exists", part(&parts.dll))
        .with("backend_exists", part(&parts.backend))
        .with("engine_exists", part(&parts.engine))
        .with("missing_parts", missing)
        .with("versions", versions)
        .with("versions_mixed", mixed)
        .with("installed", installed)
        .seen(own.version.iter().map(|seen| seen.at.clone()))
        .seen(own.evidence())
        .seen(parts.versions.iter().map(|seen| seen.at.clone()));
    let record = against(cx, compatibility(cx, record, version), version, server);
    let record = running(cx, updater(cx, record, version));
    let record = unique(record);
    table(vec![record], Vec::new())
}

fn build(version: &Version) -> Datum {
    match version.build {
        Some(build) => build.into(),
        None => Unknown::new(State::NotCollected, "build of the connector").into(),
    }
}

/// Why something that the connector's installation would tell is missing.
fn gaps<'a>(cx: &'a Context<'_>) -> impl Iterator<Item = &'a Unknown> {
    cx.connector.gaps.iter().chain(&cx.files.programs.gaps)
}

/// Absent where the connector is certainly not installed.
fn none_or(installed: &Result<bool, Unknown>, otherwise: Datum) -> Datum {
    if *installed == Ok(false) { Datum::Absent } else { otherwise }
}

/// Whether anybody uses it: a profile has its service, or its data folder is there.
pub(super) fn in_use(cx: &Context<'_>) -> Result<bool, Unknown> {
    super::any([cx.used_by_profile(), data_folders(cx)])
}

fn data_folders(cx: &Context<'_>) -> Result<bool, Unknown> {
    let mut found = cx.caches.caches.iter().map(|cache| cache.folder_exists.clone());
    let why = cx.caches.gaps.first().cloned();
    super::any(found.by_ref().chain(why.map(Err)))
}

/// What the vendor's compatibility lists say, and the server's version where something tells it.
fn compatibility(cx: &Context<'_>, record: Record, version: Option<&Version>) -> Record {
    let windows = cx.windows.name();
    let outlook = outlook_name(cx);
    let judge = |name: &Result<Option<String>, Unknown>, ask: &dyn Fn(&str, &str) -> Supported| -> Datum {
        let Some(version) = version else {
            return rows::untold("version of the connector", gaps(cx)).into();
        };
        match name {
            Err(why) => why.clone().into(),
            Ok(None) => Datum::Absent,
            Ok(Some(name)) => match ask(&version.text(), name) {
                Supported::Yes => false.into(),
                Supported::No => true.into(),
                Supported::Unknown => {
                    let [major, minor, _] = version.release;
                    let what = format!("published list of what connector {major}.{minor} runs on");
                    Unknown::new(State::Absent, what).into()
                }
            },
        }
    };
    record
        .with("windows_unsupported", judge(&windows, &|version, name| cx.pack.connector_on_windows(version, name)))
        .with("outlook_unsupported", judge(&outlook, &|version, name| cx.pack.connector_with_office(version, name)))
        .with("windows", windows)
        .with("outlook", outlook)
}

/// The server's version where a log tells it, and how the connector's compares.
fn against(cx: &Context<'_>, record: Record, version: Option<&Version>, server: &Server) -> Record {
    let untold = |what: &str| Datum::from(Unknown::new(State::NotCollected, what));
    let Some(seen) = &server.version else {
        let all = ["server_version", "server_build", "against_server"];
        return all.into_iter().fold(record, |record, field| record.with(field, untold("version of the server")));
    };
    let (theirs, build) = (&seen.value, seen.value.build);
    let word: Datum = match version {
        None => rows::untold("version of the connector", gaps(cx)).into(),
        Some(own) => match (own.cmp_release(theirs), own.build, build) {
            (Ordering::Less, ..) => "older".into(),
            (Ordering::Greater, ..) => "newer".into(),
            (Ordering::Equal, Some(own), Some(build)) if own != build => "build_differs".into(),
            (Ordering::Equal, Some(_), Some(_)) => "same".into(),
            (Ordering::Equal, ..) => untold("builds of connector and server"),
        },
    };
    record
        .with("server_version", theirs.text())
        .with("server_build", build.map_or_else(|| untold("build of the server"), Datum::from))
        .with("against_server", word)
        .seen([seen.at.clone()])
}

fn outlook_name(cx: &Context<'_>) -> Result<Option<String>, Unknown> {
    let names = cx.offices.with_outlook().map(|install| super::office::release(cx, install).0);
    match (names.flatten().next(), cx.offices.gaps.first()) {
        (Some(name), _) => Ok(Some(name)),
        (None, Some(why)) => Err(why.clone()),
        (None, None) => Ok(None),
    }
}

fn updater(cx: &Context<'_>, record: Record, version: Option<&Version>) -> Record {
    const SINCE: [u64; 3] = [7, 3, 0];
    let wants = match version {
        Some(version) => (version.release >= SINCE).into(),
        None => Datum::from(rows::untold("version of the connector", gaps(cx))),
    };
    let services = super::service::all(cx);
    let present = services.iter().any(|service| service.role == "updater");
    let present: Datum = match (present, super::service::gaps(cx).into_iter().next()) {
        (true, _) => true.into(),
        (false, Some(why)) => why.into(),
        (false, None) => false.into(),
    };
    record.with("wants_updater", wants).with("updater_present", present)
}

fn running(cx: &Context<'_>, record: Record) -> Record {
    let survey = cx.processes.single();
    let find = |name: &str| -> Result<Option<(u64, Evidence)>, Unknown> {
        let seen = survey.clone()?;
        let process = seen.value.processes.iter().find(|process| process.name.eq_ignore_ascii_case(name));
        let Some(process) = process else { return Ok(None) };
        let memory = answer(&process.memory, "memory of a process", &seen.at).ok().flatten();
        Ok(Some((memory.unwrap_or(0), seen.at.clone())))
    };
    let backend = find(crate::facts::names::BACKEND);
    let memory = backend.clone().map(|found| found.map(|(bytes, _)| bytes).filter(|bytes| *bytes > 0));
    let largest = cx.caches.caches.iter().filter_map(super::super::model::cache::Cache::largest).max();
    let limits = &cx.pack.limits;
    let high = memory.clone().map(|memory| {
        let used = memory.map_or(0, mib);
        let share = largest.map(|bytes| mib(bytes).saturating_mul(limits.backend_memory_percent) / 100);
        used > limits.backend_memory_floor_mb && share.is_none_or(|share| used > share)
    });
    record
        .with("outlook_running", find("outlook.exe").map(|found| found.is_some()))
        .with("backend_running", backend.map(|found| found.is_some()))
        .with("backend_memory_mb", memory.map(|bytes| bytes.map(mib)))
        .with("backend_memory_high", high)
}

/// Each place once, best first.
fn unique(mut record: Record) -> Record {
    let mut seen: Vec<Evidence> = Vec::new();
    record.evidence.retain(|evidence| {
        let new = !seen.contains(evidence);
        if new {
            seen.push(evidence.clone());
        }
        new
    });
    record
}
