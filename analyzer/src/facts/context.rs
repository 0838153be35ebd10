//! Everything parsed from one bundle before records are built: raw inputs and models side by side. Owns the order in
//! which they are read; derives nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use koff_bundle::{
    artifact::Artifact,
    record::{ProcessSurvey, ServiceRecord, SystemRecord, UserRecord, VolumeRecord},
};

use super::{
    model::{
        cache::Caches,
        connector::Installation,
        defender::Exclusions,
        host::Windows,
        licences::Licences,
        mapisvc::Infs,
        office::Offices,
        profiles::{Profile, Profiles},
        users::Users,
    },
    raw::{files::Files, input::Input, registry::Registry, rows::Rows},
};
use crate::{pack::Pack, verdict::Unknown};

/// What derivations look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// Manifest and members.
    pub input: &'a Input,
    /// The rule pack's tables.
    pub pack: &'a Pack,
    /// All registry exports.
    pub registry: Registry,
    /// Listings, programs, databases.
    pub files: Files,
    /// People.
    pub users: Users,
    /// Windows.
    pub windows: Windows,
    /// Offices.
    pub offices: Offices,
    /// Licences of Office.
    pub licences: Licences,
    /// MAPISVC.INF files.
    pub infs: Infs,
    /// The connector's installation.
    pub connector: Installation,
    /// Outlook profiles by user id.
    pub profiles: BTreeMap<String, Profiles>,
    /// Exclusions of Microsoft's scanner.
    pub exclusions: Exclusions,
    /// Data folders.
    pub caches: Caches,
    /// Volumes.
    pub volumes: Rows<VolumeRecord>,
    /// The machine's one record.
    pub system: Rows<SystemRecord>,
    /// Services.
    pub services: Rows<ServiceRecord>,
    /// Processes.
    pub processes: Rows<ProcessSurvey>,
}

impl<'a> Context<'a> {
    /// Reads `input`. `at` is the moment judged where another than the bundle's is wanted.
    #[must_use]
    pub fn read(input: &'a Input, pack: &'a Pack, at: Option<Timestamp>) -> Self {
        let people: Rows<UserRecord> = input.rows(Artifact::Users);
        let registry = Registry::read(input, &Users::sids(&people));
        let files = Files::read(input);
        let users = Users::read(input, &registry);
        let ids: Vec<String> = users.users.iter().map(|user| user.id.clone()).collect();
        let windows = Windows::read(input, &registry, pack, at);
        let offices = Offices::read(&registry, windows.architecture(), &ids);
        let profiles: BTreeMap<String, Profiles> =
            ids.iter().map(|id| (id.clone(), Profiles::read(&registry, id))).collect();
        let connector = Installation::read(&registry, &files, &ids);
        let majors = offices.majors();
        let build = windows.build.as_ref().ok().and_then(|seen| Some(seen.as_ref()?.value));
        let caches = Caches::read(&files, &users, &profiles, majors.as_deref());
        Self {
            licences: Licences::read(input, windows.collected),
            infs: Infs::read(input),
            exclusions: Exclusions::read(&registry, build),
            volumes: input.rows(Artifact::Volumes),
            system: input.rows(Artifact::System),
            services: input.rows(Artifact::Services),
            processes: input.rows(Artifact::Processes),
            input,
            pack,
            registry,
            files,
            users,
            windows,
            offices,
            connector,
            profiles,
            caches,
        }
    }

    /// Profiles of `user` that an installed Outlook reads; all of them where the Outlooks are not all known.
    pub fn profiles_of(&self, user: &str) -> Vec<&Profile> {
        let majors = self.offices.majors();
        let all = self.profiles.get(user).map(|profiles| profiles.profiles.as_slice()).unwrap_or_default();
        all.iter().filter(|profile| is_read(profile, majors.as_deref())).collect()
    }

    /// Why `user` may have more profiles that count.
    #[must_use]
    pub fn profile_gaps(&self, user: &str) -> Vec<Unknown> {
        let Some(profiles) = self.profiles.get(user) else { return Vec::new() };
        let majors = self.offices.majors();
        let counts = |root: usize| {
            let generation = super::model::profiles::ROOTS.get(root).map(|(_, generation)| *generation);
            majors.as_ref().is_none_or(|majors| {
                generation.is_some_and(|generation| majors.iter().any(|major| generation.read_by(*major)))
            })
        };
        profiles.gaps.iter().filter(|(root, _)| counts(*root)).map(|(_, why)| why.clone()).collect()
    }

    /// Whether any profile of anybody has the connector's service.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn used_by_profile(&self) -> Result<bool, Unknown> {
        let mut why = self.users.gaps.first().cloned();
        for user in &self.users.users {
            for profile in self.profiles_of(&user.id) {
                match profile.uses_connector() {
                    Some(true) => return Ok(true),
                    Some(false) => {}
                    None => why = why.or_else(|| profile.gaps.first().cloned()),
                }
            }
            why = why.or_else(|| self.profile_gaps(&user.id).into_iter().next());
        }
        why.map_or(Ok(false), Err)
    }
}

/// Whether one of the Outlooks with these major versions reads `profile`; yes where they are not known.
#[must_use]
pub fn is_read(profile: &Profile, majors: Option<&[u64]>) -> bool {
    majors.is_none_or(|majors| majors.iter().any(|major| profile.generation.read_by(*major)))
}
