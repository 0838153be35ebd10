//! Which files are collected: MAPISVC.INF from each documented place, logs and settings files of the connector, its
//! indexer, database engine, updater and installers. Decides by name and place; only an installer's log is looked into,
//! since its name does not say whose it is. Databases and memory dumps are never among them.

use std::collections::BTreeSet;

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    path::WinPath,
    record::{FileStat, FolderRole},
};

use crate::{
    host::Answer,
    source::{Budget, Content, Context, Job, Want, file, walk},
};

/// A folder to search, and whose it is.
struct Place {
    folder: WinPath,
    user: Option<String>,
    depth: usize,
}

/// A file that was found.
struct Hit {
    path: WinPath,
    user: Option<String>,
    stat: FileStat,
}

/// Settings files that say how the connector is set up.
const SETTINGS: [&str; 4] = ["cfg", "xml", "ini", "conf"];

/// Folders of the Temp level are searched this deep for logs.
const TEMP_DEPTH: usize = 2;

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

/// Logs and settings in the connector's data and program folders.
pub(super) fn connector(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut places = data_folders(context);
    places.extend(install_folders(context, FolderRole::Program));
    let programs: Vec<WinPath> = context.survey.installs.iter().map(|install| install.folder.clone()).collect();
    let wanted = |path: &WinPath| {
        let name = path.file_name().to_lowercase();
        let in_program = programs.iter().any(|folder| path.is_under(folder));
        let text = is_log(&name) || (!in_program && (name.ends_with(".txt") || has_ending(&name, &SETTINGS)));
        text && !is_indexer(&name) && !is_firebird(&name) && !is_updater(path)
    };
    let mut search = Search::new(Artifact::ConnectorLogs, "logs", context, budget);
    search.walk(&places, &wanted);
    let temp = |path: &WinPath| {
        let name = path.file_name().to_lowercase();
        (is_log(&name) || name.ends_with(".txt"))
            && (name.contains("kerio") || name.contains("koff"))
            && !is_installer(&name)
    };
    search.walk(&temp_folders(context), &temp);
    search.jobs()
}

/// Logs of the search index. Its query log holds what people searched for and is left where it is.
pub(super) fn indexer(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut places = install_folders(context, FolderRole::Program);
    places.extend(data_folders(context));
    let mut search = Search::new(Artifact::IndexerLogs, "indexer", context, budget);
    search.walk(&places, &|path| {
        let name = path.file_name().to_lowercase();
        is_indexer(&name) && !is_query_log(&name)
    });
    search.jobs()
}

/// Logs of the database engine.
pub(super) fn firebird(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut places = data_folders(context);
    places.extend(install_folders(context, FolderRole::Program));
    let mut search = Search::new(Artifact::FirebirdLogs, "firebird", context, budget);
    search.walk(&places, &|path| is_firebird(&path.file_name().to_lowercase()));
    search.jobs()
}

/// Logs of the updater.
pub(super) fn updater(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut places = install_folders(context, FolderRole::Updater);
    places.extend(data_folders(context));
    let own: Vec<WinPath> =
        install_folders(context, FolderRole::Updater).into_iter().map(|place| place.folder).collect();
    let wanted = |path: &WinPath| {
        let in_own = own.iter().any(|folder| path.is_under(folder));
        is_log(&path.file_name().to_lowercase()) && (in_own || is_updater(path))
    };
    let mut search = Search::new(Artifact::UpdaterLogs, "updater", context, budget);
    search.walk(&places, &wanted);
    search.jobs()
}

/// Installers' logs in Temp folders that mention Kerio.
pub(super) fn installer(context: &Context, budget: &Budget) -> Vec<Job> {
    let mut search = Search::new(Artifact::InstallerLogs, "installer", context, budget);
    search.walk(&temp_folders(context), &|path| {
        let name = path.file_name().to_lowercase();
        is_installer(&name) && mentions_kerio(context, path, budget)
    });
    search.jobs()
}

/// `debug.log`, `debug.log.1`, `debug.1.log`, `debug_20240101.log.old`.
fn is_log(name: &str) -> bool {
    let ending = |text: &str| has_ending(text, &["log", "err", "trace"]);
    let rotated = name.rsplit_once('.').is_some_and(|(head, tail)| {
        let turn = ["old", "bak"].contains(&tail) || (!tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()));
        turn && ending(head)
    });
    ending(name) || rotated
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, tail)| endings.contains(&tail))
}

/// Manticore's `searchd.log` and `query.log` with their turns.
fn is_indexer(name: &str) -> bool {
    is_query_log(name) || name.starts_with("searchd.") && is_log(name)
}

/// Holds what people searched for: never collected, its size stands in the listing.
fn is_query_log(name: &str) -> bool {
    name.starts_with("query") && is_log(name)
}

fn is_firebird(name: &str) -> bool {
    name.starts_with("firebird") && is_log(name)
}

/// Windows Installer calls its logs `MSI<hex>.LOG`; setup programs call theirs after the product.
fn is_installer(name: &str) -> bool {
    let msi = name.starts_with("msi") && name.ends_with(".log");
    msi || (is_log(name) && ["kerio", "koff"].iter().any(|word| name.contains(word)) && name.contains("install"))
}

fn is_updater(path: &WinPath) -> bool {
    path.parts().any(|part| part.to_lowercase().contains("updater"))
}

/// Whether the first part of a file names Kerio, in either encoding that Windows Installer writes.
fn mentions_kerio(context: &Context, path: &WinPath, budget: &Budget) -> bool {
    let Ok(raw) = file::read(context.host.as_ref(), path, GLANCE, budget) else { return false };
    let Content::Bytes(bytes) = raw.content else { return false };
    // Dropping NUL bytes makes UTF-16 text of Western letters look like plain text.
    let text: Vec<u8> = bytes.into_iter().filter(|byte| *byte != 0).map(|byte| byte.to_ascii_lowercase()).collect();
    memchr::memmem::find(&text, b"kerio").is_some()
}

/// Kerio's folders in people's application data and in `ProgramData`.
fn data_folders(context: &Context) -> Vec<Place> {
    let depth = context.plan.caps.depth;
    let mut places = Vec::new();
    for person in &context.survey.people {
        let folders = &person.record.folders;
        for reading in [&folders.local_app_data, &folders.roaming_app_data] {
            if let Some(folder) = reading.value() {
                places.push(Place { folder: folder.join("Kerio"), user: Some(person.record.id.clone()), depth });
            }
        }
    }
    if let Ok(data) = context.host.variable("ProgramData", None) {
        places.push(Place { folder: WinPath::new(data).join("Kerio"), user: None, depth });
    }
    places
}

fn install_folders(context: &Context, role: FolderRole) -> Vec<Place> {
    let depth = context.plan.caps.depth;
    let installs = context.survey.installs.iter().filter(|install| install.role == role);
    installs.map(|install| Place { folder: install.folder.clone(), user: None, depth }).collect()
}

fn temp_folders(context: &Context) -> Vec<Place> {
    let mut places = Vec::new();
    for person in &context.survey.people {
        if let Some(folder) = person.record.folders.temp.value() {
            let user = Some(person.record.id.clone());
            places.push(Place { folder: folder.clone(), user, depth: TEMP_DEPTH });
        }
    }
    if let Some(windows) = context.survey.office.system.first().and_then(WinPath::parent) {
        places.push(Place { folder: windows.join("Temp"), user: None, depth: TEMP_DEPTH });
    }
    places
}

/// A search under way: what was found, and the ends of folders that could not be searched.
struct Search<'a> {
    artifact: Artifact,
    folder: &'static str,
    context: &'a Context,
    budget: &'a Budget,
    hits: Vec<Hit>,
    ends: Vec<Job>,
    searched: Vec<String>,
    /// Where the files found really lie.
    known: BTreeSet<String>,
}

impl<'a> Search<'a> {
    fn new(artifact: Artifact, folder: &'static str, context: &'a Context, budget: &'a Budget) -> Self {
        let known = BTreeSet::new();
        Self { artifact, folder, context, budget, hits: Vec::new(), ends: Vec::new(), searched: Vec::new(), known }
    }

    fn walk(&mut self, places: &[Place], wanted: &dyn Fn(&WinPath) -> bool) {
        for place in places {
            self.searched.push(place.folder.as_str().to_owned());
            match self.list(place) {
                Ok(seen) => {
                    let bounded = seen.cut.filter(|_| place.depth > TEMP_DEPTH);
                    if let Some(why) = bounded {
                        self.end(place, place.folder.as_str(), Acquisition::ended(State::TimedOut, why));
                    }
                    for gap in seen.gaps.iter().filter(|gap| gap.acquisition.state != State::Truncated) {
                        self.end(place, &gap.place, gap.acquisition.clone());
                    }
                    for found in seen.entries.into_iter().filter(|found| !found.stat.folder && wanted(&found.path)) {
                        self.hit(Hit { path: found.path, user: place.user.clone(), stat: found.stat });
                    }
                }
                Err(end) if end.state == State::Absent => {}
                Err(end) => self.end(place, place.folder.as_str(), end),
            }
        }
    }

    /// Folders of the connector are searched through junctions, since moved caches leave some; Temp folders are not.
    fn list(&self, place: &Place) -> Answer<walk::Seen> {
        let search = if place.depth > TEMP_DEPTH { walk::through_links } else { walk::below };
        search(self.context.host.as_ref(), &place.folder, place.depth, &self.context.plan.caps, self.budget)
    }

    /// Notes a file, once however many ways lead to it.
    fn hit(&mut self, hit: Hit) {
        let real = self.context.host.resolve(&hit.path).unwrap_or_else(|_| hit.path.clone()).key();
        if self.known.insert(real) {
            self.hits.push(hit);
        }
    }

    /// A folder that was not searched, or not to its end: an entry without content.
    fn end(&mut self, place: &Place, origin: &str, end: Acquisition) {
        let name = format!("{}/unsearched-{}", self.home(place.user.as_deref()), self.ends.len() + 1);
        let job = self.job(name, place.user.clone(), origin, Want::Nothing(end));
        self.ends.push(job);
    }

    fn home(&self, user: Option<&str>) -> String {
        format!("files/{}/{}", user.unwrap_or("machine"), self.folder)
    }

    fn job(&self, name: String, user: Option<String>, origin: &str, want: Want) -> Job {
        Job { name, artifact: self.artifact, user, origin: origin.to_owned(), method: "file", want }
    }

    /// Newest files first within the caps; what is beyond them has an entry that says so. No file at all is one entry
    /// that says that there is none.
    fn jobs(mut self) -> Vec<Job> {
        self.hits.sort_by(|a, b| b.stat.modified.cmp(&a.stat.modified).then_with(|| a.path.key().cmp(&b.path.key())));
        let caps = &self.context.plan.caps;
        let mut bytes = 0_u64;
        let mut jobs = Vec::new();
        for (place, hit) in self.hits.iter().enumerate() {
            bytes = bytes.saturating_add(hit.stat.size.min(caps.file_size));
            let late = (place >= caps.files).then(|| format!("older than the newest {} files", caps.files));
            let large = (bytes > caps.artifact_size).then(|| format!("beyond {} bytes in all", caps.artifact_size));
            let want = match late.or(large) {
                Some(why) => Want::Nothing(Acquisition::ended(State::Skipped, why)),
                None => Want::File(hit.path.clone()),
            };
            let home = self.home(hit.user.as_deref());
            let name = format!("{home}/{:03}-{}", place + 1, member(hit.path.file_name()));
            jobs.push(self.job(name, hit.user.clone(), hit.path.as_str(), want));
        }
        if jobs.is_empty() && self.ends.is_empty() {
            let origin = self.searched.join("; ");
            let none = crate::host::absent("no such file in the folders searched");
            jobs.push(self.job(format!("files/machine/{}", self.folder), None, &origin, Want::Nothing(none)));
        }
        jobs.append(&mut self.ends);
        jobs
    }
}

/// A file name that every unzip tool can write.
fn member(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._-()".contains(c) { c } else { '_' };
    let name: String = name.to_lowercase().chars().map(kept).take(80).collect();
    name.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_told_by_name_and_the_query_log_is_none_of_the_connectors() {
        for name in ["debug.log", "debug.log.1", "debug.log.old", "koff.1.log", "crash.trace"] {
            assert!(is_log(name), "{name}");
        }
        for name in ["store.fdb", "debug.dmp", "log", "readme.md", "a.1", "debug.log.zip"] {
            assert!(!is_log(name), "{name}");
        }
        assert!(is_indexer("searchd.log") && is_indexer("query.log") && !is_indexer("debug.log"));
        assert!(is_installer("msi4f2a1.log") && is_installer("kerio-koff-install.log") && !is_installer("debug.log"));
    }

    #[test]
    fn a_member_name_is_safe_everywhere() {
        assert_eq!(member(r"Debüg log.LOG"), "deb_g_log.log");
        assert_eq!(member("..."), "");
    }
}
