//! A search for files in many folders: what was found, each file once, and the ends of folders that could not be searched.
//! Owns the entries of one artifact and their caps; which names count is the caller's.

use std::collections::BTreeSet;

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    path::WinPath,
    record::FileStat,
};

use super::places::Place;
use crate::{
    host::Answer,
    source::{Budget, Context, Job, Want, walk},
};

/// A file that was found.
struct Hit {
    path: WinPath,
    user: Option<String>,
    stat: FileStat,
}

/// A search under way: what was found, and the ends of folders that could not be searched.
pub(super) struct Search<'a> {
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
    pub(super) fn new(artifact: Artifact, folder: &'static str, context: &'a Context, budget: &'a Budget) -> Self {
        let known = BTreeSet::new();
        Self { artifact, folder, context, budget, hits: Vec::new(), ends: Vec::new(), searched: Vec::new(), known }
    }

    pub(super) fn walk(&mut self, places: &[Place], wanted: &dyn Fn(&walk::Found) -> bool) {
        for place in places {
            self.searched.push(place.folder.as_str().to_owned());
            match self.list(place) {
                Ok(seen) => {
                    if let Some(why) = seen.cut.filter(|_| place.own) {
                        self.end(place, place.folder.as_str(), Acquisition::ended(State::TimedOut, why));
                    }
                    for gap in seen.gaps.iter().filter(|gap| gap.acquisition.state != State::Truncated) {
                        self.end(place, &gap.place, gap.acquisition.clone());
                    }
                    for found in seen.entries.into_iter().filter(|found| !found.stat.folder && wanted(found)) {
                        self.hit(Hit { path: found.path, user: place.user.clone(), stat: found.stat });
                    }
                }
                Err(end) if end.state == State::Absent => {}
                Err(end) => self.end(place, place.folder.as_str(), end),
            }
        }
    }

    /// Folders of the connector are searched through junctions, since moved caches leave some; others are not.
    fn list(&self, place: &Place) -> Answer<walk::Seen> {
        let search = if place.own { walk::through_links } else { walk::below };
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
        if !place.told {
            return;
        }
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
    pub(super) fn jobs(mut self) -> Vec<Job> {
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
    fn a_member_name_is_safe_everywhere() {
        assert_eq!(member(r"Debüg log.LOG"), "deb_g_log.log");
        assert_eq!(member("..."), "");
    }
}
