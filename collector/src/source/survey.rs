//! What must be known before collecting can be planned: whose PC it is, where the connector and Office lie, which places
//! name a connector DLL. Reads little, decides only what to look at; the evidence itself is collected afterwards.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use koff_bundle::{
    acquisition::Acquisition,
    manifest::{Gap, HostInfo},
    path::WinPath,
    reading::Reading,
    record::{FoundBy, PeSummary, ProcessSurvey, UserRecord},
};

use super::Budget;
use crate::{
    host::{Account, Answer, Host, Root},
    plan::Plan,
};

mod copies;
mod names;
mod office;
mod people;
mod places;
mod references;

pub use copies::{Copy, Haul, search};
pub use names::Named;
pub use office::Office;
pub use people::Person;
pub use places::{Install, Service, is_kerio, is_office_product};
pub use references::Reference;
pub(crate) use references::profile_keys;

/// File names of a connector DLL in lower case; MAPI stores the name without `32` and adds it on load \[M2\]\[M3\].
pub const CONNECTOR_DLLS: [&str; 3] = ["kofmsp.dll", "kofmsp32.dll", "kofmsp64.dll"];

/// Office versions whose keys are looked for: 2003 to today.
pub const OFFICE_VERSIONS: [&str; 5] = ["16.0", "15.0", "14.0", "12.0", "11.0"];

/// Everything that the plan of a run rests on.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The people whose evidence is collected, or why nobody's is.
    pub people: Vec<Person>,
    /// Why accounts are missing, if they are.
    pub no_people: Option<Acquisition>,
    /// Names of accounts that were left out: no trace of the connector or Outlook.
    pub others: usize,
    /// Program folders of the connector and its updater, existing or expected.
    pub installs: Vec<Install>,
    /// Services of Kerio.
    pub services: Vec<Service>,
    /// Why the services could not be read.
    pub no_services: Option<Acquisition>,
    /// Where Office lies.
    pub office: Office,
    /// MAPISVC.INF files that exist or are documented.
    pub mapisvc: Vec<(WinPath, Option<String>)>,
    /// Places that name a connector DLL.
    pub references: Vec<Reference>,
    /// Connector DLLs found in people's folders.
    pub copies: Vec<Copy>,
    /// Names to be hidden, of people left out too.
    pub names: Vec<(Named, String)>,
    /// Parts of the survey that failed.
    pub gaps: Vec<Gap>,
    /// What the host says of itself.
    pub info: Option<HostInfo>,
    /// Processes, once their source has looked.
    pub processes: Arc<OnceLock<Answer<ProcessSurvey>>>,
    /// Summaries of programs already read, by comparable path.
    summaries: Arc<Mutex<BTreeMap<String, Reading<PeSummary>>>>,
    /// Accounts before the choice.
    candidates: Vec<people::Candidate>,
}

/// Whether `name` means `account`: its name, its SID or the name of its profile folder.
#[must_use]
pub fn is_called(account: &Account, name: &str) -> bool {
    people::is(account, name)
}

/// One step of looking around. Each adds to the survey so far, and may be given up without the others.
pub struct Step {
    /// What it looks at, for the reason of what is missing.
    pub name: &'static str,
    /// Adds what it finds.
    pub run: fn(&dyn Host, &Plan, &Budget, &mut Survey),
    /// What is noted where it did not come back.
    pub failed: fn(&mut Survey, Acquisition),
}

/// The steps in their order; a later one may build on an earlier one.
pub const STEPS: &[Step] = &[
    Step { name: "what Windows it is", run: |host, _, _, survey| survey.info = Some(host.info()), failed: |_, _| {} },
    Step { name: "accounts", run: people::meet, failed: |survey, end| survey.no_people = Some(end) },
    Step { name: "names to hide", run: names::learn, failed: |_, _| {} },
    Step { name: "people's folders", run: people::search, failed: |_, _| {} },
    Step { name: "whose evidence counts", run: |_, plan, _, survey| people::choose(plan, survey), failed: |_, _| {} },
    Step { name: "Office", run: |host, _, _, survey| survey.office = office::find(host), failed: |_, _| {} },
    Step { name: "program folders", run: |host, _, _, survey| places::installs(host, survey), failed: |_, _| {} },
    Step { name: "services", run: services, failed: |survey, end| survey.no_services = Some(end) },
    Step { name: "MAPISVC.INF", run: mapisvc, failed: |_, _| {} },
];

fn services(host: &dyn Host, _: &Plan, _: &Budget, survey: &mut Survey) {
    match places::services(host, survey) {
        Ok(services) => survey.services = services,
        Err(end) => survey.no_services = Some(end),
    }
    places::from_services(host, survey);
}

fn mapisvc(host: &dyn Host, plan: &Plan, budget: &Budget, survey: &mut Survey) {
    survey.mapisvc = office::mapisvc_places(host, survey);
    references::from_mapisvc(host, plan, budget, survey);
}

impl Survey {
    /// The record of the person with this id.
    #[must_use]
    pub fn record(&self, id: &str) -> Option<&UserRecord> {
        self.people.iter().map(|person| &person.record).find(|record| record.id == id)
    }

    /// The summary of a program that was read before in this run.
    #[must_use]
    pub fn summary(&self, path: &WinPath) -> Option<Reading<PeSummary>> {
        self.summaries.lock().ok()?.get(&path.key()).cloned()
    }

    /// Keeps a program's summary for whoever asks next. One that ran out of time is not worth keeping.
    pub fn keep_summary(&self, path: &WinPath, summary: &Reading<PeSummary>) {
        if let (Some(_), Ok(mut kept)) = (summary.value(), self.summaries.lock()) {
            kept.insert(path.key(), summary.clone());
        }
    }

    /// In whose profile `path` lies, by the id of `facts/users.json`.
    #[must_use]
    pub fn owner(&self, path: &WinPath) -> Option<String> {
        let homes = self.people.iter().filter(|person| path.is_under(&person.record.profile));
        homes.max_by_key(|person| person.record.profile.as_str().len()).map(|person| person.record.id.clone())
    }

    /// Whether `path` lies in a program folder of the connector or its updater, or below a folder called Kerio.
    #[must_use]
    pub fn is_kerio_path(&self, path: &WinPath) -> bool {
        self.installs.iter().any(|install| path.is_under(&install.folder))
            || path.parts().any(|part| part.eq_ignore_ascii_case("kerio"))
    }
}

/// Whether a file name is one of a connector DLL.
#[must_use]
pub fn is_connector_dll(name: &str) -> bool {
    CONNECTOR_DLLS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// The account's Desktop, redirections followed.
#[must_use]
pub fn desktop(host: &dyn Host, account: &Account) -> Option<WinPath> {
    people::desktop(host, account)
}

/// The registry of a person.
#[must_use]
pub fn registry(person: &Person) -> Root {
    Root::User(person.account.key.clone())
}

/// How a search by place names what it found.
#[must_use]
pub fn staged(place: &WinPath, record: &UserRecord) -> Option<FoundBy> {
    let folders = &record.folders;
    let under = |reading: &Reading<WinPath>| reading.value().is_some_and(|f| place.is_under(f));
    if under(&folders.temp) {
        Some(FoundBy::Temp)
    } else if under(&folders.downloads) {
        Some(FoundBy::Downloads)
    } else if under(&folders.desktop) {
        Some(FoundBy::Desktop)
    } else if under(&folders.roaming_app_data) {
        Some(FoundBy::Roaming)
    } else {
        None
    }
}
