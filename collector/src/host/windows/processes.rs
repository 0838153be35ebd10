//! Processes that matter, watched over a short window: who holds a connector DLL, what it costs, whom it talks to.
//! Processes that do not show their modules are counted, never taken for harmless.

mod command;
mod connections;
mod inspect;
mod list;

use std::{
    collections::BTreeMap,
    os::windows::io::OwnedHandle,
    thread,
    time::{Duration, Instant},
};

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    record::{ProcessRecord, ProcessSurvey},
};

use super::{
    super::{Answer, absent},
    trust,
};
use inspect::Usage;
use list::Listed;

/// How processes are watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    /// Length of the window over which processor time and transfers are measured.
    pub(super) window: Duration,
    /// How often connections are looked at in it, its begin and end included.
    pub(super) samples: u32,
}

impl Default for Watch {
    fn default() -> Self {
        Self { window: Duration::from_secs(2), samples: 4 }
    }
}

/// A process under watch.
struct Watched {
    listed: Listed,
    /// Open for queries, or why not.
    process: Answer<OwnedHandle>,
    dlls: Answer<Vec<WinPath>>,
    before: Answer<Usage>,
}

/// Ids of the processes whose program is called `name`; none where the list cannot be had.
pub(super) fn called(name: &str) -> Vec<u32> {
    let listed = list::processes().unwrap_or_default();
    listed.into_iter().filter(|process| process.name.eq_ignore_ascii_case(name)).map(|process| process.pid).collect()
}

/// Every process that holds one of `dlls` or is called one of `programs` (both lower case).
pub(super) fn survey(dlls: &[&str], programs: &[&str], watch: Watch) -> Answer<ProcessSurvey> {
    let listed = list::processes()?;
    let names: BTreeMap<u32, Listed> = listed.iter().map(|process| (process.pid, process.clone())).collect();
    let total = u32::try_from(listed.len()).unwrap_or(u32::MAX);
    let mut unseen = 0;
    let mut watched = Vec::new();
    for listed in listed {
        let held = inspect::modules(listed.pid).map(|modules| holding(modules, dlls));
        // Process 0 and the kernel's own processes have no modules at all.
        let denied = held.is_err() && !inspect::is_kernel(&listed);
        unseen += u32::from(denied);
        let named = programs.contains(&listed.name.to_lowercase().as_str());
        if named || held.as_ref().is_ok_and(|held| !held.is_empty()) {
            let process = inspect::open(listed.pid);
            let before = used(&process);
            watched.push(Watched { listed, process, dlls: held, before });
        }
    }
    let begin = Instant::now();
    let (connections, samples) = connections::sampled(watch, begin);
    let window = begin.elapsed();
    let processes =
        watched.into_iter().map(|watched| record(watched, &names, &connections, window)).collect::<Vec<_>>();
    let window_ms = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    Ok(ProcessSurvey { processes, total, unseen, window_ms, samples })
}

fn holding(modules: Vec<WinPath>, dlls: &[&str]) -> Vec<WinPath> {
    modules.into_iter().filter(|module| dlls.contains(&module.file_name().to_lowercase().as_str())).collect()
}

fn used(process: &Answer<OwnedHandle>) -> Answer<Usage> {
    process.as_ref().map_err(Clone::clone).and_then(inspect::usage)
}

fn record(
    watched: Watched,
    names: &BTreeMap<u32, Listed>,
    connections: &Answer<connections::Seen>,
    window: Duration,
) -> ProcessRecord {
    let Watched { listed, process, dlls, before } = watched;
    let after = used(&process);
    let handle = process.as_ref().map_err(Clone::clone);
    let path = handle.clone().and_then(inspect::path);
    let started = after.as_ref().ok().or(before.as_ref().ok()).and_then(|usage| usage.started);
    let gone = || Acquisition::ended(State::Failed, "the process ended meanwhile");
    let both = before.and_then(|before| after.clone().map(|after| (before, after))).map_err(|_| gone());
    ProcessRecord {
        pid: listed.pid,
        command_line: handle.clone().and_then(|process| command::line(process, listed.pid)).into(),
        parent: parent(&listed, started, names).into(),
        session: list::session(listed.pid).into(),
        started: started.ok_or_else(|| absent("start time not told")).into(),
        architecture: handle.and_then(inspect::architecture).into(),
        signer: path.clone().and_then(|path| trust::signer(&path)).into(),
        connector_dlls: dlls.into(),
        cpu_percent: both.clone().map(|(before, after)| cpu_percent(&before, &after, window)).into(),
        io_bytes: both.map(|(before, after)| after.transferred.saturating_sub(before.transferred)).into(),
        memory: after.map(|after| after.memory).into(),
        connections: connections
            .as_ref()
            .map(|seen| seen.get(&listed.pid).cloned().unwrap_or_default())
            .map_err(Clone::clone)
            .into(),
        name: listed.name,
        path: path.into(),
    }
}

/// The parent, if it still is the one: a process id is given again after its owner has ended.
fn parent(listed: &Listed, started: Option<jiff::Timestamp>, names: &BTreeMap<u32, Listed>) -> Answer<(u32, String)> {
    let parent = names.get(&listed.parent).ok_or_else(|| absent("the parent process has ended"))?;
    let parent_started = inspect::open(parent.pid).and_then(|process| inspect::usage(&process));
    match (parent_started.ok().and_then(|usage| usage.started), started) {
        (Some(theirs), Some(ours)) if theirs > ours => Err(absent("the parent process has ended")),
        _ => Ok((parent.pid, parent.name.clone())),
    }
}

/// Percent of one processor, one digit after the point.
fn cpu_percent(before: &Usage, after: &Usage, window: Duration) -> f64 {
    let busy = after.busy.saturating_sub(before.busy);
    if window.is_zero() {
        return 0.0;
    }
    (busy.as_secs_f64() / window.as_secs_f64() * 1000.0).round() / 10.0
}

/// Sleeps until `part` of `parts` of the window has passed since `begin`.
fn sleep_until(begin: Instant, window: Duration, part: u32, parts: u32) {
    let due = window.saturating_mul(part) / parts.max(1);
    thread::sleep(due.saturating_sub(begin.elapsed()));
}
