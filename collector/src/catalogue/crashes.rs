//! Windows error reports about Outlook and the connector: the text files only. Which folders count is told by their
//! names (`AppCrash_OUTLOOK.EXE_…`); memory dumps beside them are never collected.

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    path::WinPath,
};

use crate::source::{Budget, Context, Job, Want};

/// At most so many reports, the newest.
const REPORTS: usize = 40;

/// Programs whose reports matter; Windows cuts names in folder names short.
const PROGRAMS: [&str; 5] = ["outlook.exe", "koff", "kofmsp", "kerio", "searchd"];

/// One entry a report.
pub(super) fn reports(context: &Context, budget: &Budget) -> Vec<Job> {
    let host = context.host.as_ref();
    let mut found = Vec::new();
    let mut ends = Vec::new();
    for (folder, user) in folders(context) {
        if budget.spent() {
            ends.push((folder, user, Acquisition::ended(State::TimedOut, "out of time while searching")));
            continue;
        }
        match host.list(&folder) {
            Ok(children) => {
                let ours = children.into_iter().filter(|child| child.stat.folder && is_ours(&child.name));
                found.extend(
                    ours.map(|child| (folder.join(&child.name).join("Report.wer"), user.clone(), child.stat.modified)),
                );
            }
            Err(end) if end.state == State::Absent => {}
            Err(end) => ends.push((folder, user, end)),
        }
    }
    found.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.0.key().cmp(&b.0.key())));
    let mut jobs: Vec<Job> = Vec::new();
    for (place, (path, user, _)) in found.into_iter().enumerate() {
        let want = if place < REPORTS {
            Want::File(path.clone())
        } else {
            Want::Nothing(Acquisition::ended(State::Skipped, format!("older than the newest {REPORTS} reports")))
        };
        jobs.push(job(format!("report-{:02}.wer", place + 1), user, &path, want));
    }
    for (place, (folder, user, end)) in ends.into_iter().enumerate() {
        jobs.push(job(format!("unsearched-{}", place + 1), user, &folder, Want::Nothing(end)));
    }
    if jobs.is_empty() {
        let none = crate::host::absent("no report about Outlook or the connector");
        let origin = WinPath::new(r"C:\ProgramData\Microsoft\Windows\WER");
        jobs.push(job("none".to_owned(), None, &origin, Want::Nothing(none)));
    }
    jobs
}

fn job(name: String, user: Option<String>, origin: &WinPath, want: Want) -> Job {
    Job {
        name: format!("files/{}/error-reports/{name}", user.as_deref().unwrap_or("machine")),
        artifact: Artifact::ErrorReports,
        user,
        origin: origin.as_str().to_owned(),
        method: "file",
        want,
    }
}

/// Archive and queue of the machine and of each person.
fn folders(context: &Context) -> Vec<(WinPath, Option<String>)> {
    let mut homes = Vec::new();
    if let Ok(data) = context.host.variable("ProgramData", None) {
        homes.push((WinPath::new(data), None));
    }
    for person in &context.survey.people {
        if let Some(local) = person.record.folders.local_app_data.value() {
            homes.push((local.clone(), Some(person.record.id.clone())));
        }
    }
    homes
        .into_iter()
        .flat_map(|(home, user)| {
            ["ReportArchive", "ReportQueue"].map(|name| (home.join(r"Microsoft\Windows\WER").join(name), user.clone()))
        })
        .collect()
}

fn is_ours(name: &str) -> bool {
    let name = name.to_lowercase();
    PROGRAMS.iter().any(|program| name.contains(program))
}
