//! The same run in steps, for a person who looks first and decides then: look around, look at single entries, choose,
//! write. Writes nothing but the bundle, and only when told to.

use std::{
    collections::BTreeSet,
    io::{Seek, Write},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::{HostKind, Manifest},
};

use super::{Clock, Planned, Watch, fetch, jobs, left_out, look_around, obtain, planned, pump, redactor, unknown_host};
use crate::{
    error::{Error, Result},
    export::{self, Export},
    host::{Answer, Host},
    plan::{Choice, Plan, Selection},
    redact::{Masks, Redactor},
    source::{Context, Fetched, Job, Want, survey::Person, worker},
};

/// A machine that was looked at: what would be collected, any item of it, and the bundle.
pub struct Session {
    context: Context,
    redactor: Redactor,
    kind: HostKind,
    clock: Clock,
    started: Timestamp,
}

/// One entry as it would stand in the bundle.
#[derive(Debug)]
pub struct Look {
    /// Its text.
    pub text: String,
    /// Masks by kind in that text.
    pub masks: Masks,
    /// How obtaining it ended.
    pub acquisition: Acquisition,
}

/// Bytes of an entry whose size nobody knows before it is read: a registry key, a file of facts.
const TYPICAL: u64 = 8 << 10;

impl Session {
    /// Looks around on the host and learns which names to hide.
    ///
    /// # Errors
    /// Where nobody is called as the plan asks, or names cannot be masked.
    pub fn open(host: &Arc<dyn Host>, plan: &Arc<Plan>, kind: HostKind) -> Result<Self> {
        let clock = Clock::start(plan);
        let started = clock.now();
        let context = look_around(host, plan, &clock)?;
        let redactor = redactor(plan, &context, &clock)?;
        Ok(Self { context, redactor, kind, clock, started })
    }

    /// Chooses again what is collected, and starts the clock again: a person's thinking is not the run's time.
    pub fn choose(&mut self, selection: Selection, agreed: BTreeSet<Artifact>) {
        let plan = Plan { selection, agreed, ..Plan::clone(&self.context.plan) };
        self.clock = Clock::start(&plan);
        self.started = self.clock.now();
        self.context.plan = Arc::new(plan);
    }

    /// Every artifact with the entries that it would have.
    #[must_use]
    pub fn planned(&self) -> Vec<Planned> {
        planned(&self.context, &Clock::start(&self.context.plan))
    }

    /// What one entry would be in the bundle, redacted; nothing is written. At most `most` bytes of it.
    ///
    /// # Errors
    /// How obtaining it ended instead.
    pub fn look(&self, job: &Job, most: u64, watch: &dyn Watch) -> Answer<Look> {
        let clock = Clock::start(&self.context.plan);
        let (looked, acquisition) = match fetch(job, &self.context, &clock, watch)? {
            Fetched::Raw(raw) => {
                let acquisition = raw.acquisition();
                (export::look(&self.redactor, raw.content, most), acquisition)
            }
            Fetched::File(stream) => {
                let (file, outcome) = pump(job, stream, &self.context, &clock, watch)?;
                (export::look_into(&self.redactor, file, most), outcome.get().0)
            }
        };
        looked
            .map(|(text, masks)| Look { text, masks, acquisition })
            .map_err(|error| Acquisition::ended(State::Failed, format!("it has no text form: {error}")))
    }

    /// Bytes that an entry has on the host, as far as that can be told without reading it.
    #[must_use]
    pub fn estimate(&self, job: &Job) -> u64 {
        let (Want::File(path) | Want::Program(path) | Want::Catalogue(path)) = &job.want else {
            return if matches!(job.want, Want::Nothing(_)) { 0 } else { TYPICAL };
        };
        let (host, path) = (Arc::clone(&self.context.host), path.clone());
        let stat = worker::within(Duration::from_secs(2), move || host.stat(&path));
        stat.ok().and_then(|stat| stat.ok()).map_or(TYPICAL, |stat| stat.size.min(self.context.plan.caps.file_size))
    }

    /// Names of the people whose evidence it is, where whoever runs this program is none of them: somebody else's
    /// password was given to "run as administrator", or another account is asked about.
    #[must_use]
    pub fn others(&self) -> Vec<String> {
        let people = &self.context.survey.people;
        if self.kind == HostKind::Disk || people.iter().any(|person| person.account.current) {
            return Vec::new();
        }
        let name = |person: &Person| {
            person.account.name.clone().unwrap_or_else(|| person.account.profile.file_name().to_owned())
        };
        people.iter().map(name).collect()
    }

    /// What everything in the bundle passes.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Collects into `out`, which holds a whole bundle when this returns.
    ///
    /// # Errors
    /// Where no bundle could be written, or the watcher cancelled.
    pub fn write<W: Write + Seek>(&self, out: W, watch: &mut dyn Watch) -> Result<(W, Manifest)> {
        let (context, clock) = (&self.context, &self.clock);
        let info = context.survey.info.clone().unwrap_or_else(|| unknown_host(self.kind));
        let mut export = Export::begin(out, info, self.started, self.redactor.clone());
        for (done, artifact) in Artifact::ALL.iter().enumerate() {
            watch.begins(*artifact, done, Artifact::ALL.len());
            match context.plan.selection.choice(*artifact) {
                Choice::Collect => {
                    for job in jobs(*artifact, context, clock) {
                        obtain(&job, context, clock, watch, &mut export)?;
                    }
                }
                choice @ (Choice::Skip | Choice::Withhold) => {
                    let end = match choice {
                        Choice::Withhold => Acquisition::ended(State::Withheld, "unticked by the user"),
                        _ => Acquisition::ended(State::Skipped, "left out by an option"),
                    };
                    left_out(*artifact, context, &end, &mut export)?;
                }
            }
            if watch.cancelled() {
                return Err(Error::Cancelled);
            }
        }
        export.finish(clock.now())
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, path::Path};

    use koff_bundle::{limits::Limits, reader::Bundle};

    use super::{super::Unwatched, *};
    use crate::host::{disk::DiskHost, recorded::RecordedHost};

    fn session(folder: &Path) -> Session {
        let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hosts/healthy-c2r-x64");
        koff_fixtures::disk::build(&story, folder).unwrap();
        let host: Arc<dyn Host> = Arc::new(DiskHost::open(folder, Timestamp::now()).unwrap());
        Session::open(&host, &Arc::new(Plan::default()), HostKind::Disk).unwrap()
    }

    #[test]
    fn what_is_looked_at_is_what_the_bundle_holds_then_and_what_is_unticked_is_withheld() {
        let folder = tempfile::tempdir().unwrap();
        let mut session = session(folder.path());
        let planned = session.planned();
        let kerio = planned.iter().find(|planned| planned.artifact == Artifact::RegistryKerio).unwrap();
        let job = kerio.jobs.iter().find(|job| !matches!(job.want, Want::Nothing(_))).unwrap();
        let look = session.look(job, 1 << 20, &Unwatched).unwrap();
        assert!(look.text.contains(r"[HKEY_LOCAL_MACHINE\SOFTWARE\"), "{}", look.text);
        assert!(session.estimate(job) > 0);

        let withheld = BTreeSet::from([Artifact::RegistryMessaging]);
        session.choose(Selection { withheld, ..Selection::default() }, BTreeSet::new());
        let (out, manifest) = session.write(Cursor::new(Vec::new()), &mut Unwatched).unwrap();
        let state = |id: &str| manifest.entries.iter().find(|e| e.artifact == id).map(|e| e.acquisition.state);
        assert_eq!(state("registry-messaging"), Some(State::Withheld));
        let bundle = Bundle::from_bytes("bundle", out.into_inner(), Limits::default()).unwrap();
        assert_eq!(export::readable(&bundle.read(&job.name).unwrap().bytes), look.text);
    }

    #[test]
    fn whoever_runs_it_with_another_password_is_told_whose_evidence_it_is() {
        for (current, told) in [("anna", vec![]), ("Administrator", vec!["anna".to_owned()])] {
            let folder = tempfile::tempdir().unwrap();
            koff_fixtures::build_recording("healthy-c2r-x64", folder.path()).unwrap();
            let tape = folder.path().join("recorded.json");
            let text = std::fs::read_to_string(&tape).unwrap();
            let mut tape_json: serde_json::Value = serde_json::from_str(&text).unwrap();
            tape_json["current"] = current.into();
            std::fs::write(&tape, tape_json.to_string()).unwrap();
            let host: Arc<dyn Host> = Arc::new(RecordedHost::open(folder.path()).unwrap());
            let session = Session::open(&host, &Arc::new(Plan::default()), HostKind::Recorded).unwrap();
            assert_eq!(session.others(), told);
        }
    }

    /// Wants no more after so many artifacts.
    struct Impatient(usize);

    impl Watch for Impatient {
        fn begins(&mut self, _artifact: Artifact, _done: usize, _total: usize) {
            self.0 = self.0.saturating_sub(1);
        }

        fn cancelled(&self) -> bool {
            self.0 == 0
        }
    }

    #[test]
    fn a_cancelled_run_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let end = session(folder.path()).write(Cursor::new(Vec::new()), &mut Impatient(3));
        assert!(matches!(end, Err(Error::Cancelled)));
    }
}
