//! Which files are collected: MAPISVC.INF from each documented place, logs and settings files of the connector, its
//! indexer, database engine, updater and installers. Decides by name and place; only an installer's log is looked into,
//! since its name does not say whose it is. Databases and memory dumps are never among them.

use koff_bundle::{artifact::Artifact, path::WinPath, record::FolderRole};

use crate::source::{Budget, Context, Job, Want, file, walk::Found};

mod names;
mod places;
mod search;

use names::{is_firebird, is_indexer, is_installer, is_log, is_ours, is_query_log, is_settings, is_text, is_updater};
use search::Search;

/// How much of an installer's log is looked at for the connector's name.
const GLANCE: u64 = 4 << 20;

/// MAPISVC.INF, one entry a place, there or not.
pub(super) fn mapisvc(context: &Context) -> Vec<Job> {
    let places = context.survey.mapisvc.iter().enumerate();
    places
        .map(|(place, (path, user))| Job {
            name: format!("files/mapisvc/{:02}-mapisvc.inf", place + 1),
            artifact: Artifact::Mapisvc,
            user: user.clone(),
            origin: path.as_str().to_owned(),
            method: "file",
            want: Want::File(path.clone()),
        })
        .collect()
}

/// Logs and settings in the connector's data and program folders, and logs named after it in Temp and beside downloads.
pub(super) fn connector(context: &Context, budget: &Budget) -> Vec<Job> {
    let programs = places::installs(context, FolderRole::Program);
    let mut search = Search::new(Artifact::ConnectorLogs, "logs", context, budget);
    let wanted = |found: &Found| {
        let name = found.path.file_name().to_lowercase();
        let in_program = programs.iter().any(|place| found.path.is_under(&place.folder));
        let text = is_log(&name) || (!in_program && (is_text(&name) || is_settings(&name)));
        text && !is_indexer(&name) && !is_firebird(&name) && !is_updater(&found.path) && !is_installer(&name)
    };
    search.walk(&places::data(context), &wanted);
    search.walk(&programs, &wanted);
    let loose = |found: &Found| {
        let name = found.path.file_name().to_lowercase();
        let text = is_log(&name) || is_text(&name);
        text && is_ours(&found.relative) && !is_indexer(&name) && !is_firebird(&name) && !is_installer(&name)
    };
    search.walk(&places::loose(context, false), &loose);
    search.jobs()
}

/// Logs of the search index. Its query log holds what people searched for and is left where it is.
pub(super) fn indexer(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut search = Search::new(Artifact::IndexerLogs, "indexer", context, budget);
    let wanted = |found: &Found| {
        let name = found.path.file_name().to_lowercase();
        is_indexer(&name) && !is_query_log(&name)
    };
    search.walk(&places::installs(context, FolderRole::Program), &wanted);
    search.walk(&places::data(context), &wanted);
    search.jobs()
}

/// Logs of the database engine.
pub(super) fn firebird(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut search = Search::new(Artifact::FirebirdLogs, "firebird", context, budget);
    let wanted = |found: &Found| is_firebird(&found.path.file_name().to_lowercase());
    search.walk(&places::data(context), &wanted);
    search.walk(&places::installs(context, FolderRole::Program), &wanted);
    search.jobs()
}

/// Logs of the updater.
pub(super) fn updater(context: &Context, budget: &Budget) -> Vec<Job> {
    let own = places::installs(context, FolderRole::Updater);
    let folders: Vec<WinPath> = own.iter().map(|place| place.folder.clone()).collect();
    let wanted = |found: &Found| {
        let in_own = folders.iter().any(|folder| found.path.is_under(folder));
        let name = found.path.file_name().to_lowercase();
        is_log(&name) && !is_installer(&name) && (in_own || is_updater(&found.path))
    };
    let mut search = Search::new(Artifact::UpdaterLogs, "updater", context, budget);
    search.walk(&own, &wanted);
    search.walk(&places::data(context), &wanted);
    search.jobs()
}

/// Installers' logs that name Kerio in their name or their text: in Temp folders, beside downloads and in Kerio's folders.
pub(super) fn installer(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut search = Search::new(Artifact::InstallerLogs, "installer", context, budget);
    let wanted = |found: &Found| {
        is_installer(&found.path.file_name().to_lowercase())
            && (is_ours(&found.relative) || mentions_kerio(context, &found.path, budget))
    };
    search.walk(&places::loose(context, true), &wanted);
    search.walk(&places::data(context), &wanted);
    search.walk(&places::installs(context, FolderRole::Program), &wanted);
    search.jobs()
}

/// Whether the first part of a file names Kerio, in either encoding that Windows Installer writes.
fn mentions_kerio(context: &Context, path: &WinPath, budget: &Budget) -> bool {
    if budget.spent() {
        return false;
    }
    let Ok(bytes) = file::head(context.host.as_ref(), path, GLANCE) else { return false };
    // Dropping NUL bytes makes UTF-16 text of Western letters look like plain text.
    let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).map(|byte| byte.to_ascii_lowercase()).collect();
    memchr::memmem::find(&text, b"kerio").is_some()
}
