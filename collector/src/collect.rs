//! One run: survey, then every artifact's entries one after another, each on a worker that may be given up, all within
//! one deadline. Whatever fails becomes a state in the manifest; the run itself ends only where no bundle can be written.

use std::{
    io::{Seek, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
    manifest::{Entry, HostInfo, HostKind, Manifest},
    reading::Reading,
};

use crate::{
    catalogue,
    error::{Error, Result},
    export::Export,
    host::{Answer, Host},
    plan::{Choice, Plan},
    redact::{self, Key, Kind, Mode, Redactor},
    source::{
        self, Budget, Context, Fetched, Job, Want,
        file::Stream,
        survey::{self, Named, Survey},
        worker,
    },
};

mod pump;
mod session;

pub use self::session::{Look, Session};
use pump::{Outcome, Pump};

/// Share of an entry's time after which a source should end by itself, so that what it has is kept.
const OWN_END: f64 = 0.85;

/// Who watches a run: a progress bar, a window, a test.
pub trait Watch {
    /// An artifact is about to be collected; `done` of `total` artifacts are through.
    fn begins(&mut self, artifact: Artifact, done: usize, total: usize);

    /// Whether somebody wants the run to stop without a bundle.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Unwatched;

impl Watch for Unwatched {
    fn begins(&mut self, _artifact: Artifact, _done: usize, _total: usize) {}
}

/// One artifact of a plan, with the entries that it would have.
#[derive(Debug)]
pub struct Planned {
    /// The artifact.
    pub artifact: Artifact,
    /// Whether it is wanted.
    pub choice: Choice,
    /// Its entries; none where it is not wanted.
    pub jobs: Vec<Job>,
}

/// The clock of one run.
struct Clock {
    begun: Instant,
    deadline: Duration,
    fixed: Option<Timestamp>,
}

impl Clock {
    fn start(plan: &Plan) -> Self {
        Self { begun: Instant::now(), deadline: plan.deadline, fixed: plan.clock }
    }

    fn now(&self) -> Timestamp {
        self.fixed.unwrap_or_else(Timestamp::now)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.begun.elapsed())
    }

    /// Milliseconds since `from`; none with a fixed clock.
    fn since(&self, from: Instant) -> u64 {
        if self.fixed.is_some() { 0 } else { u64::try_from(from.elapsed().as_millis()).unwrap_or(u64::MAX) }
    }

    /// Time for something that may take `most`; none where the deadline has come.
    fn grant(&self, most: Duration) -> Option<Duration> {
        let time = self.left().min(most);
        (!time.is_zero()).then_some(time)
    }
}

/// What a run would do on this host: the entries it would plan, without obtaining one.
///
/// # Errors
/// Where nobody is called as the plan asks.
pub fn plan(host: &Arc<dyn Host>, plan: &Arc<Plan>) -> Result<Vec<Planned>> {
    let clock = Clock::start(plan);
    let context = look_around(host, plan, &clock)?;
    Ok(planned(&context, &clock))
}

fn planned(context: &Context, clock: &Clock) -> Vec<Planned> {
    let plan = |artifact: &Artifact| {
        let choice = context.plan.selection.choice(*artifact);
        let jobs = if choice == Choice::Collect { jobs(*artifact, context, clock) } else { Vec::new() };
        Planned { artifact: *artifact, choice, jobs }
    };
    Artifact::ALL.iter().map(plan).collect()
}

/// Collects into `out`, which holds a whole bundle when this returns; the redactor that it passed is given back, to check
/// the bundle with and for the owner's map of names.
///
/// # Errors
/// Where no bundle could be written, nobody is called as the plan asks, or the watcher cancelled.
pub fn run<W: Write + Seek>(
    host: &Arc<dyn Host>,
    plan: &Arc<Plan>,
    kind: HostKind,
    out: W,
    watch: &mut dyn Watch,
) -> Result<(W, Manifest, Redactor)> {
    let session = Session::open(host, plan, kind)?;
    let (out, manifest) = session.write(out, watch)?;
    Ok((out, manifest, session.redactor().clone()))
}

/// The survey, each step on a worker of its own; half the run's time is the most they may take together.
fn look_around(host: &Arc<dyn Host>, plan: &Arc<Plan>, clock: &Clock) -> Result<Context> {
    if let Some(name) = &plan.user {
        known_user(host, name, clock)?;
    }
    let mut survey = Survey::default();
    let half = plan.deadline / 2;
    for step in survey::STEPS {
        let left = half.saturating_sub(clock.begun.elapsed()).min(plan.caps.entry_time);
        let budget = Budget::of(left.mul_f64(OWN_END));
        let (worker_host, worker_plan, so_far) = (Arc::clone(host), Arc::clone(plan), survey.clone());
        let outcome = worker::within(left, move || {
            let mut survey = so_far;
            (step.run)(worker_host.as_ref(), &worker_plan, &budget, &mut survey);
            survey
        });
        match outcome {
            Ok(further) => survey = further,
            Err(end) => {
                (step.failed)(&mut survey, end.clone());
                survey.gaps.push(source::gap(step.name, end));
            }
        }
    }
    Ok(Context { host: Arc::clone(host), plan: Arc::clone(plan), survey: Arc::new(survey) })
}

/// The redactor, with the names that this host's people, machine and Outlook profiles have.
fn redactor(plan: &Plan, context: &Context, clock: &Clock) -> Result<Redactor> {
    let (host, limit) = (Arc::clone(&context.host), clock.grant(context.plan.caps.entry_time).unwrap_or_default());
    // Where the host is too slow to ask, the survey's names, shapes and labels still go.
    let mut learned = worker::within(limit, move || redact::learn(host.as_ref())).unwrap_or_default();
    for (named, text) in &context.survey.names {
        learned.add(kind_of(*named), text);
    }
    let computer = context.survey.info.as_ref().and_then(|info| info.computer.value());
    if let Some(name) = computer {
        learned.add(Kind::Host, name);
    }
    let mode = if plan.mask_names { Mode::Mask } else { Mode::Keep };
    let key = match &plan.key_file {
        Some(file) => Key::from_file(file),
        None => Key::random(),
    };
    Ok(Redactor::new(learned, key.map_err(|error| Error::Key(error.to_string()))?, mode))
}

fn kind_of(named: Named) -> Kind {
    match named {
        Named::User => Kind::User,
        Named::Person => Kind::Person,
        Named::Organisation => Kind::Organisation,
        Named::Mail => Kind::Mail,
        Named::Server => Kind::Server,
        Named::Share => Kind::Share,
        Named::Domain => Kind::Domain,
        Named::Profile => Kind::Profile,
    }
}

/// A name that nobody has is a mistake of the person at the keyboard, not a gap in the bundle.
fn known_user(host: &Arc<dyn Host>, name: &str, clock: &Clock) -> Result<()> {
    let asked = Arc::clone(host);
    let limit = clock.grant(Duration::from_secs(20)).unwrap_or_default();
    // A host that cannot say who there is gets its own entry in the manifest.
    let Ok(Ok(accounts)) = worker::within(limit, move || asked.accounts()) else { return Ok(()) };
    if accounts.iter().any(|account| survey::is_called(account, name)) {
        return Ok(());
    }
    let known: Vec<String> = accounts
        .iter()
        .map(|account| account.name.clone().unwrap_or_else(|| account.profile.file_name().to_owned()))
        .collect();
    let known = if known.is_empty() { "nobody".to_owned() } else { known.join(", ") };
    Err(Error::UnknownUser { asked: name.to_owned(), known })
}

/// The entries of one artifact; where planning itself fails, one entry that says so.
fn jobs(artifact: Artifact, context: &Context, clock: &Clock) -> Vec<Job> {
    let Some(limit) = clock.grant(context.plan.caps.entry_time) else {
        return vec![unplanned(artifact, late())];
    };
    let own = context.clone();
    let budget = Budget::of(limit.mul_f64(OWN_END));
    match worker::within(limit, move || catalogue::jobs(artifact, &own, &budget)) {
        Ok(jobs) if jobs.is_empty() => {
            // Nowhere to look, because the survey found nowhere or did not come back.
            let why = context.survey.gaps.iter().find(|gap| survey::STEPS.iter().any(|step| step.name == gap.place));
            let end = why.map(|gap| gap.acquisition.clone());
            vec![unplanned(artifact, end.unwrap_or_else(|| crate::host::absent("no place to look at on this host")))]
        }
        Ok(jobs) => jobs,
        Err(end) => vec![unplanned(artifact, end)],
    }
}

fn unplanned(artifact: Artifact, end: Acquisition) -> Job {
    Job {
        name: artifact.id().to_owned(),
        artifact,
        user: None,
        origin: artifact.purpose().to_owned(),
        method: "planned",
        want: Want::Nothing(end),
    }
}

fn late() -> Acquisition {
    Acquisition::ended(State::TimedOut, "the run's deadline came first")
}

/// Obtains one entry and hands it on.
fn obtain<W: Write + Seek>(
    job: &Job,
    context: &Context,
    clock: &Clock,
    watch: &dyn Watch,
    export: &mut Export<W>,
) -> Result<()> {
    let begun = Instant::now();
    let answer = fetch(job, context, clock, watch);
    if watch.cancelled() {
        return Err(Error::Cancelled);
    }
    let entry = Entry { duration_ms: clock.since(begun), ..entry(job) };
    match answer {
        Ok(Fetched::File(stream)) => {
            let modified = stream.modified;
            match pump(job, stream, context, clock, watch) {
                Ok((file, outcome)) => export.file(Entry { modified, ..entry }, file, || outcome.get()),
                Err(end) => export.note(Entry { acquisition: end, ..entry }),
            }
        }
        Ok(Fetched::Raw(raw)) => export.add(entry, raw),
        Err(end) => export.note(Entry { acquisition: end, ..entry }),
    }
}

/// Obtains one entry within its time, and gives it up as soon as the watcher cancels.
fn fetch(job: &Job, context: &Context, clock: &Clock, watch: &dyn Watch) -> Answer<Fetched> {
    let limit = clock.grant(catalogue::time(job.artifact, &context.plan)).ok_or_else(late)?;
    let (own, want) = (context.clone(), job.want.clone());
    let budget = Budget::of(limit.mul_f64(OWN_END));
    worker::within_unless(limit, || watch.cancelled(), move || source::fetch(&want, &own, &budget))?
}

/// The bytes of a file that `job` asks for, as they come.
fn pump(job: &Job, stream: Stream, context: &Context, clock: &Clock, watch: &dyn Watch) -> Answer<(Pump, Outcome)> {
    Pump::start(stream, catalogue::time(job.artifact, &context.plan), clock.left(), &|| watch.cancelled())
}

/// What somebody left out, entry by entry: whoever misses a part of it is told that, and not that nobody looked.
fn left_out<W: Write + Seek>(
    artifact: Artifact,
    context: &Context,
    end: &Acquisition,
    export: &mut Export<W>,
) -> Result<()> {
    let mut jobs = catalogue::unwanted(artifact, context);
    if jobs.is_empty() {
        jobs.push(unplanned(artifact, end.clone()));
    }
    jobs.iter().try_for_each(|job| export.note(Entry { acquisition: end.clone(), ..entry(job) }))
}

fn entry(job: &Job) -> Entry {
    Entry {
        name: job.name.clone(),
        artifact: job.artifact.id().to_owned(),
        user: job.user.clone(),
        origin: job.origin.clone(),
        method: job.method.to_owned(),
        acquisition: Acquisition::complete(),
        gaps: Vec::new(),
        bytes_read: 0,
        bytes_kept: 0,
        duration_ms: 0,
        sha256: None,
        masks: std::collections::BTreeMap::new(),
        flush_points: None,
        modified: None,
    }
}

/// A host that did not even say what it is.
fn unknown_host(kind: HostKind) -> HostInfo {
    fn silent<T>() -> Reading<T> {
        Reading::missing(State::TimedOut, "the host did not say in time")
    }
    HostInfo {
        kind,
        windows: silent(),
        edition: silent(),
        display_version: silent(),
        build: silent(),
        ubr: silent(),
        architecture: silent(),
        locale: silent(),
        time_zone: silent(),
        utc_offset_minutes: silent(),
        elevated: silent(),
        computer: silent(),
    }
}
