//! Processes that hold a connector DLL: what kind of process, whether it is busy for no reason, whom it talks to.

use std::net::IpAddr;

use koff_bundle::{
    acquisition::State,
    reading::Reading,
    record::{ProcessRecord, ProcessSurvey},
};

use super::{
    super::{Datum, Record, Table},
    Inputs, Places, Seen, reading,
};
use crate::{pack::Pack, verdict::Unknown};

/// regsvr32 that ran for less than so many seconds is registering something; longer, it is at rest.
const REGISTERING_SECONDS: i64 = 120;

/// One record per process and connector DLL in it.
pub(super) fn table(inputs: &Inputs<'_>) -> Table {
    let seen = match &inputs.processes {
        Ok(seen) => seen,
        Err(why) => return Table { records: Vec::new(), gaps: vec![why.clone()], ..Table::default() },
    };
    let survey = seen.record;
    let mut gaps = Vec::new();
    if survey.unseen > 0 {
        gaps.push(Unknown::new(State::Denied, format!("modules of {} of {} processes", survey.unseen, survey.total)));
    }
    let mut records = Vec::new();
    for (index, process) in survey.processes.iter().enumerate() {
        let Some(dlls) = process.connector_dlls.value() else { continue };
        for dll in dlls {
            let mut evidence = seen.evidence.clone();
            if let crate::evidence::Place::Json { pointer } = &mut evidence.place {
                pointer.push_str(&format!("/processes/{index}"));
            }
            let record = of(process, survey, inputs).with("dll", dll.as_str()).seen([evidence]);
            records.push(record);
        }
    }
    Table { records, gaps, ..Table::default() }
}

fn of(process: &ProcessRecord, survey: &ProcessSurvey, inputs: &Inputs<'_>) -> Record {
    let category = category(process, inputs.pack, &inputs.places, inputs.at);
    let outbound = outbound(process, survey, &category, &inputs.servers);
    let persistent = match &outbound {
        Datum::List(hosts) => Datum::Bool(!hosts.is_empty()),
        other => other.clone(),
    };
    Record::default()
        .with("process", process.name.to_lowercase())
        .with("path", reading(&process.path, "path of the program", |path| path.as_str().to_owned()))
        .with("pid", i64::from(process.pid))
        .with("command_line", reading(&process.command_line, "command line", Clone::clone))
        .with("category", category)
        .with("cpu_percent", reading(&process.cpu_percent, "CPU", |cpu| cpu.round() as i64))
        .with("busy_while_idle", busy_while_idle(process, survey, inputs.pack))
        .with("outbound", outbound)
        .with("persistent_outbound", persistent)
}

/// What kind of process it is. A known name counts only where the program does not lie among downloads and temporary
/// files.
fn category(process: &ProcessRecord, pack: &Pack, places: &Places, at: jiff::Timestamp) -> Datum {
    let name = process.name.to_lowercase();
    let path = process.path.value();
    let staged = path.is_some_and(|path| places.staging(path).is_some());
    if path.is_some_and(|path| places.is_kerio(path)) {
        return "mapi_client".into();
    }
    match name.as_str() {
        // The Mail control panel runs in rundll32; anything else in it is foreign code.
        "rundll32.exe" | "control.exe" => reading(&process.command_line, "command line of rundll32.exe", |line| {
            if line.to_lowercase().contains("mlcfg32.cpl") { "mapi_client" } else { "script_host" }
        }),
        "regsvr32.exe" => reading(&process.started, "start time of regsvr32.exe", |started| {
            let seconds = at.as_second().saturating_sub(started.as_second());
            if seconds < REGISTERING_SECONDS { "installer" } else { "script_host" }
        }),
        _ if pack.lists("script-hosts", &name) => "script_host".into(),
        _ if is_installer(&name) => "installer".into(),
        _ if pack.lists("mapi-clients", &name) && !staged => "mapi_client".into(),
        _ => "unknown_process".into(),
    }
}

/// Windows Installer, or the connector's own setup by its published name \[R4\].
fn is_installer(name: &str) -> bool {
    name == "msiexec.exe" || name.starts_with("kerio-connect-koff")
}

/// The field `installer_running` of every copy.
pub(super) fn installer_running(processes: &Result<Seen<'_, ProcessSurvey>, Unknown>) -> Datum {
    match processes {
        Ok(seen) => seen.record.processes.iter().any(|process| is_installer(&process.name.to_lowercase())).into(),
        Err(why) => why.clone().into(),
    }
}

/// Whether it is busy although neither Outlook runs nor the backend synchronises.
fn busy_while_idle(process: &ProcessRecord, survey: &ProcessSurvey, pack: &Pack) -> Datum {
    let named = |process: &ProcessRecord, name: &str| process.name.eq_ignore_ascii_case(name);
    if survey.processes.iter().any(|other| named(other, "OUTLOOK.EXE")) || named(process, "KoffBackend.exe") {
        return Datum::Bool(false);
    }
    let backend = survey.processes.iter().find(|other| named(other, "KoffBackend.exe"));
    if backend.is_some_and(|backend| busy(backend, survey, pack) != Datum::Bool(false)) {
        return Datum::Bool(false);
    }
    busy(process, survey, pack)
}

/// Whether CPU or traffic are above the pack's bounds.
fn busy(process: &ProcessRecord, survey: &ProcessSurvey, pack: &Pack) -> Datum {
    let window = survey.window_ms.max(1);
    let cpu = reading(&process.cpu_percent, "CPU of the process", |cpu| *cpu > pack.limits.busy_cpu_percent as f64);
    let io = reading(&process.io_bytes, "traffic of the process", |bytes| {
        let rate = i128::from(*bytes) * 1000 / i128::from(window);
        rate > i128::from(pack.limits.busy_bytes_per_second)
    });
    match (cpu, io) {
        (Datum::Bool(true), _) | (_, Datum::Bool(true)) => Datum::Bool(true),
        (Datum::Unknown(why), _) | (_, Datum::Unknown(why)) => Datum::Unknown(why),
        _ => Datum::Bool(false),
    }
}

/// Remote hosts of connections established in every sample, without loopback and the configured servers.
fn outbound(process: &ProcessRecord, survey: &ProcessSurvey, category: &Datum, servers: &[String]) -> Datum {
    if *category == Datum::from("mapi_client") {
        return Datum::List(Vec::new());
    }
    let connections = match &process.connections {
        Reading::Value(connections) => connections,
        Reading::Missing(_) => return reading(&process.connections, "connections of the process", |_| Datum::Absent),
    };
    let mut hosts: Vec<String> = connections
        .iter()
        .filter(|c| c.state.eq_ignore_ascii_case("established") && c.samples >= survey.samples.max(1))
        .map(|c| c.remote.to_lowercase())
        .filter(|host| !is_loopback(host) && !servers.contains(host))
        .collect();
    hosts.sort();
    hosts.dedup();
    Datum::List(hosts)
}

fn is_loopback(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => {
            v6.is_loopback() || v6.is_unspecified() || v6.to_ipv4_mapped().is_some_and(|v4| v4.is_loopback())
        }
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_unspecified(),
        Err(_) => host == "localhost",
    }
}
