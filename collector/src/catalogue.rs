//! Which source obtains which artifact: for each one the entries that a run plans on this host. Owns the table; the
//! match is exhaustive, so that a new artifact does not compile before it has a source.

use koff_bundle::{
    acquisition::{Acquisition, State},
    artifact::Artifact,
};

use crate::source::{
    self, Budget, Context, Job, Raw, Want, databases, dumps, events, events::Channel, folders, licences, machine,
    programs, services,
};
use crate::{
    host::{Answer, Scene},
    plan::Plan,
};

mod crashes;
mod dlls;
mod logs;
mod registry;

/// Which rules each artifact bears on: `id: rule rule …`, one line each. The analyzer's tests measure it and keep it.
const NEEDS: &str = include_str!("catalogue/needs.txt");

/// Ids of the rules whose verdict may change with `artifact`; none for what only a person reads.
pub fn rules(artifact: Artifact) -> impl Iterator<Item = &'static str> {
    let line = NEEDS.lines().filter_map(|line| line.split_once(':')).find(|(id, _)| *id == artifact.id());
    line.into_iter().flat_map(|(_, rules)| rules.split_whitespace())
}

/// The entries that `artifact` consists of on this host.
#[must_use]
pub fn jobs(artifact: Artifact, context: &Context, budget: &Budget) -> Vec<Job> {
    match artifact {
        Artifact::Users => facts(artifact, "users", "accounts and user folders", machine::users),
        Artifact::System => facts(artifact, "system", "memory, updates, security products", machine::system),
        Artifact::Volumes => facts(artifact, "volumes", "drives and mapped drives", machine::volumes),
        Artifact::Services => facts(artifact, "services", "service manager", services::collect),
        Artifact::Processes => facts(artifact, "processes", "process list", machine::processes),
        Artifact::Folders => facts(artifact, "folders", "folders of the connector", folders::collect),
        Artifact::Programs => facts(artifact, "programs", "connector DLLs and programs", programs::collect),
        Artifact::Databases => facts(artifact, "databases", "data folders of the connector", databases::collect),
        Artifact::OfficeLicences => facts(artifact, "office-licences", "licences of Office", licences::collect),
        Artifact::RegistryKerio
        | Artifact::RegistryKerioUser
        | Artifact::RegistryOutlookProfiles
        | Artifact::RegistryOutlookUser
        | Artifact::RegistryOutlookMachine
        | Artifact::RegistryMessaging
        | Artifact::RegistryMailClients
        | Artifact::RegistryClickToRun
        | Artifact::RegistryOfficeMsi
        | Artifact::RegistryOfficeAccount
        | Artifact::RegistryAddins
        | Artifact::RegistryUninstall
        | Artifact::RegistryAppx
        | Artifact::RegistryDefender
        | Artifact::RegistryFirewall
        | Artifact::RegistryExecution
        | Artifact::RegistryProfileList
        | Artifact::RegistryServices
        | Artifact::RegistryWindows
        | Artifact::RegistryUserFolders
        | Artifact::RegistryPolicies
        | Artifact::RegistryCertificates => registry::jobs(artifact, context),
        Artifact::RegistryComServers => registry::com_servers(context),
        Artifact::Mapisvc => logs::mapisvc(context),
        Artifact::ConnectorLogs => logs::connector(context, budget),
        Artifact::IndexerLogs => logs::indexer(context, budget),
        Artifact::FirebirdLogs => logs::firebird(context, budget),
        Artifact::UpdaterLogs => logs::updater(context, budget),
        Artifact::InstallerLogs => logs::installer(context, budget),
        Artifact::EventsApplication => events(artifact, events::APPLICATION),
        Artifact::EventsSystem => events(artifact, events::SYSTEM),
        Artifact::EventsDefender => events(artifact, events::DEFENDER),
        Artifact::EventsOutlookAlerts => events(artifact, events::ALERTS),
        Artifact::CrashDumps => facts(artifact, "crash-dumps", "folders of crash dumps", dumps::collect),
        Artifact::Catalogues => dlls::catalogues(context, budget),
        Artifact::ConnectorDlls => dlls::whole(context, budget),
        Artifact::Pictures => pictures(context),
        Artifact::Reachability => reachability(context),
        Artifact::ErrorReports => crashes::reports(context, budget),
    }
}

/// The entries of an artifact that nobody wants on this host, so that the manifest says of each what became of it. Registry
/// keys are named one by one: whoever misses one asks for it by its name. Of everything else finding the names would be
/// looking at what is not wanted; one entry stands for it.
#[must_use]
pub fn unwanted(artifact: Artifact, context: &Context) -> Vec<Job> {
    match artifact {
        Artifact::RegistryComServers => registry::classes(context),
        _ => registry::named(artifact, context),
    }
}

/// How long one entry of `artifact` may take. Sampling processes and reading whole program folders takes longer than a
/// registry key.
#[must_use]
pub fn time(artifact: Artifact, plan: &Plan) -> std::time::Duration {
    match artifact {
        Artifact::Programs | Artifact::Processes | Artifact::Folders | Artifact::Catalogues => {
            plan.caps.entry_time.saturating_mul(2)
        }
        _ => plan.caps.entry_time,
    }
}

/// Without consent one entry that says so.
fn reachability(context: &Context) -> Vec<Job> {
    let artifact = Artifact::Reachability;
    let mut jobs = facts(artifact, "reachability", "mail server of the Outlook profile", source::reachability::collect);
    if !context.plan.agreed.contains(&artifact) {
        let end = Acquisition::ended(State::Skipped, "collected with consent only (--with reachability)");
        jobs.iter_mut().for_each(|job| job.want = Want::Nothing(end.clone()));
    }
    jobs
}

/// One entry a scene; without consent one entry that says so.
fn pictures(context: &Context) -> Vec<Job> {
    let artifact = Artifact::Pictures;
    let job = |name: &str, origin: &str, want: Want| Job {
        name: name.to_owned(),
        artifact,
        user: None,
        origin: origin.to_owned(),
        method: "picture",
        want,
    };
    if !context.plan.agreed.contains(&artifact) {
        let end = Acquisition::ended(State::Skipped, "collected with consent only (--with pictures)");
        return vec![job(artifact.id(), "screen", Want::Nothing(end))];
    }
    vec![
        job("pictures/outlook.png", "foremost window of Outlook", Want::Picture(Scene::Outlook)),
        job("pictures/notification-area.png", "icons beside the clock", Want::Picture(Scene::NotificationArea)),
    ]
}

type Records = fn(&Context, &Budget) -> Answer<Raw>;

fn facts(artifact: Artifact, name: &str, origin: &str, source: Records) -> Vec<Job> {
    vec![Job {
        name: format!("facts/{name}.json"),
        artifact,
        user: None,
        origin: origin.to_owned(),
        method: "facts",
        want: Want::Records(source),
    }]
}

fn events(artifact: Artifact, channel: Channel) -> Vec<Job> {
    vec![Job {
        name: events::member(&channel),
        artifact,
        user: None,
        origin: channel.name.to_owned(),
        method: "events",
        want: Want::Events(channel),
    }]
}
