//! Data folders of the connector: one per Outlook profile below `%LOCALAPPDATA%\Kerio\Outlook Connector` \[K2\]\[K6\], those
//! that exist and those that a profile should have. Owns pairing folders with profiles and databases.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use koff_bundle::{
    acquisition::State,
    path::WinPath,
    reading::{Missing, Reading},
    record::{FolderRecord, FolderRole},
};

use super::{
    profiles::{Profile, Profiles, ROOTS},
    users::{User, Users},
};
use crate::{
    evidence::Evidence,
    facts::{
        context::is_read,
        raw::{
            Seen,
            files::{Files, index::Tree},
        },
    },
    verdict::Unknown,
};

/// Folder of all data folders, below `%LOCALAPPDATA%`.
pub const DATA: &str = r"Kerio\Outlook Connector";

/// One database file in a data folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// Full path.
    pub path: WinPath,
    /// Bytes, where known.
    pub size: Option<u64>,
    /// Last write.
    pub modified: Option<Timestamp>,
    /// Where it was seen.
    pub at: Evidence,
}

/// One data folder, existing or expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Cache {
    /// User id.
    pub user: String,
    /// Profile name, which is the folder's name.
    pub profile: String,
    /// The folder.
    pub path: WinPath,
    /// Where it really leads.
    pub resolves_to: Option<WinPath>,
    /// Databases in it.
    ///
    /// An error says why they cannot be told.
    pub databases: Result<Vec<Database>, Unknown>,
    /// Whether the folder itself exists.
    pub folder_exists: Result<bool, Unknown>,
    /// Whether an Outlook profile of that name exists.
    pub profile_exists: Result<bool, Unknown>,
    /// Whether that profile has the connector's service.
    pub uses_connector: Result<bool, Unknown>,
    /// Where it was seen.
    pub at: Vec<Evidence>,
}

/// All data folders.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Caches {
    /// By user and name.
    pub caches: Vec<Cache>,
    /// Why there may be more.
    pub gaps: Vec<Unknown>,
}

impl Caches {
    /// Data folders of everybody. `majors` are those of the installed Outlooks, where all are known.
    #[must_use]
    pub fn read(files: &Files, users: &Users, profiles: &BTreeMap<String, Profiles>, majors: Option<&[u64]>) -> Self {
        let mut all = Self { caches: Vec::new(), gaps: users.gaps.clone() };
        let listings = listings(files);
        for user in &users.users {
            let none = Profiles::default();
            let own = profiles.get(&user.id).unwrap_or(&none);
            let listing = listings.get(user.id.as_str()).copied();
            Reader::new(files, user, own, majors, listing).read(&mut all);
        }
        all.caches.sort_by_key(|cache| (cache.user.clone(), cache.path.key()));
        all.gaps.sort();
        all.gaps.dedup();
        all
    }

    /// Those of `user`.
    pub fn of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a Cache> {
        self.caches.iter().filter(move |cache| cache.user == user)
    }
}

impl Cache {
    /// Whether it exists and holds a database.
    ///
    /// # Errors
    /// Why it cannot be told.
    pub fn exists(&self) -> Result<bool, Unknown> {
        match (&self.folder_exists, &self.databases) {
            (_, Ok(databases)) if !databases.is_empty() => Ok(true),
            (Ok(false), _) | (Ok(true), Ok(_)) => Ok(false),
            (Err(why), _) | (_, Err(why)) => Err(why.clone()),
        }
    }

    /// The largest database.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        self.databases.as_ref().ok()?.iter().filter_map(|database| database.size).max()
    }
}

/// The listing of everybody's data folders. Folders behind junctions have listings of their own, further down.
fn listings(files: &Files) -> BTreeMap<&str, &Seen<FolderRecord>> {
    let mut found: BTreeMap<&str, &Seen<FolderRecord>> = BTreeMap::new();
    for seen in files.folders.iter().filter(|seen| seen.value.role == FolderRole::Data) {
        let Some(user) = seen.value.user.as_deref() else { continue };
        let depth = |seen: &Seen<FolderRecord>| seen.value.path.parts().count();
        let known = found.entry(user).or_insert(seen);
        if depth(seen) < depth(known) {
            *known = seen;
        }
    }
    found
}

/// What is known of one user, each thing made ready for being asked once a folder.
struct Reader<'a> {
    files: &'a Files,
    user: &'a User,
    /// Outlook's profiles by lower-case name.
    profiles: BTreeMap<String, &'a Profile>,
    /// The names of those that use the connector, in their order.
    connected: Vec<&'a str>,
    /// Why there may be more profiles.
    gap: Option<&'a Unknown>,
    listing: Option<&'a Seen<FolderRecord>>,
    /// Databases in the listing, and where each stands.
    listed: Vec<Database>,
    places: Tree,
    /// Links in the listing.
    links: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    fn new(
        files: &'a Files,
        user: &'a User,
        profiles: &'a Profiles,
        majors: Option<&[u64]>,
        listing: Option<&'a Seen<FolderRecord>>,
    ) -> Self {
        let read = || profiles.profiles.iter().filter(|profile| is_read(profile, majors));
        let counts = |root: usize| {
            let generation = ROOTS.get(root).map(|(_, generation)| *generation);
            majors.is_none_or(|majors| {
                generation.is_some_and(|generation| majors.iter().any(|major| generation.read_by(*major)))
            })
        };
        let mut by_name = BTreeMap::new();
        for profile in read() {
            by_name.entry(profile.name.to_lowercase()).or_insert(profile);
        }
        let connected = read().filter(|profile| profile.uses_connector() == Some(true));
        let (mut listed, mut links) = (Vec::new(), BTreeSet::new());
        if let Some(seen) = listing {
            for entry in seen.value.entries.value().into_iter().flatten() {
                let path = seen.value.path.join(&entry.path);
                if entry.stat.reparse {
                    links.insert(path.key());
                }
                if !entry.stat.folder && path.key().ends_with(".fdb") {
                    let (size, modified) = (Some(entry.stat.size), entry.stat.modified);
                    listed.push(Database { path, size, modified, at: seen.at.clone() });
                }
            }
        }
        Self {
            files,
            user,
            connected: connected.map(|profile| profile.name.as_str()).collect(),
            profiles: by_name,
            gap: profiles.gaps.iter().find(|(root, _)| counts(*root)).map(|(_, why)| why),
            listing,
            places: Tree::new(listed.iter().map(|database| &database.path)),
            listed,
            links,
        }
    }

    fn read(&self, all: &mut Caches) {
        let listing = self.listing;
        let root = listing.map(|seen| Ok(seen.value.path.clone()));
        let root = root.unwrap_or_else(|| self.user.local_app_data().map(|local| local.join(DATA)));
        let root = match root {
            Ok(root) => root,
            Err(why) => {
                all.gaps.push(why);
                return;
            }
        };
        for name in self.names() {
            let cache = self.cache(&root, &name);
            let of_profile = cache.profile_exists != Ok(false);
            // A folder without a database that is no profile's (logs, say) is no data folder.
            if of_profile && cache.uses_connector != Ok(false) || cache.databases.as_ref().is_ok_and(|d| !d.is_empty())
            {
                all.caches.push(cache);
            }
        }
        match listing.map(|seen| (&seen.value.entries, &seen.at)) {
            Some((Reading::Value(_), _)) => {}
            Some((Reading::Missing(Missing { missing: State::Absent, .. }), _)) => {}
            Some((Reading::Missing(missing), at)) => {
                all.gaps.push(crate::facts::raw::rows::unknown(missing, root.as_str(), at));
            }
            None => all.gaps.push(self.not_listed(&root)),
        }
    }

    fn not_listed(&self, root: &WinPath) -> Unknown {
        let why = self.files.folders.gaps.first().cloned();
        why.unwrap_or_else(|| Unknown::new(State::NotCollected, root.as_str()))
    }

    /// Profiles with the connector, and folders that exist.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut known = BTreeSet::new();
        let mut add = |name: &str| {
            if !name.is_empty() && known.insert(name.to_lowercase()) {
                names.push(name.to_owned());
            }
        };
        self.connected.iter().for_each(|name| add(name));
        for entry in self.listing.and_then(|seen| seen.value.entries.value()).into_iter().flatten() {
            let path = WinPath::new(&entry.path);
            if entry.stat.folder || path.parts().count() > 1 {
                add(path.parts().next().unwrap_or(""));
            }
        }
        names
    }

    fn cache(&self, root: &WinPath, name: &str) -> Cache {
        let (path, listing) = (root.join(name), self.listing);
        let profile = self.profiles.get(&name.to_lowercase()).copied();
        let (profile_exists, uses_connector) = match (profile, self.gap) {
            (Some(profile), _) => {
                let gap = profile.gaps.first().cloned();
                let why = gap.unwrap_or_else(|| Unknown::new(State::NotCollected, &profile.name));
                (Ok(true), profile.uses_connector().ok_or(why))
            }
            (None, Some(why)) => (Err(why.clone()), Err(why.clone())),
            (None, None) => (Ok(false), Ok(false)),
        };
        let mut at: Vec<Evidence> = listing.map(|seen| seen.at.clone()).into_iter().collect();
        at.extend(profile.iter().flat_map(|profile| profile.at.iter().cloned()));
        let behind = self.files.folder(&path);
        at.extend(behind.map(|seen| seen.at.clone()));
        let databases = self.databases(&path, behind);
        let real = |seen: &Seen<FolderRecord>| seen.value.resolves_to.clone();
        let resolves_to = behind.and_then(real).or_else(|| listing.and_then(real).map(|real| real.join(name)));
        at.splice(0..0, databases.iter().flatten().map(|database| database.at.clone()));
        at.dedup();
        Cache {
            user: self.user.id.clone(),
            profile: name.to_owned(),
            resolves_to,
            folder_exists: self.files.find(&path).map(|found| found.is_some()),
            databases,
            profile_exists,
            uses_connector,
            path,
            at,
        }
    }

    fn databases(&self, folder: &WinPath, behind: Option<&Seen<FolderRecord>>) -> Result<Vec<Database>, Unknown> {
        let mut found: Vec<Database> = Vec::new();
        for seen in self.files.databases_below(folder) {
            if let Some(stat) = seen.value.stat.value() {
                found.push(Database {
                    path: seen.value.path.clone(),
                    size: Some(stat.size),
                    modified: stat.modified,
                    at: seen.at.clone(),
                });
            }
        }
        let mut known: BTreeSet<String> = found.iter().map(|database| database.path.key()).collect();
        let listed = self.places.below(folder).into_iter().filter_map(|at| self.listed.get(at));
        found.extend(listed.filter(|database| known.insert(database.path.key())).cloned());
        found.sort_by_key(|database| database.path.key());
        if found.is_empty() {
            let junction = self.links.contains(&folder.key());
            if junction && behind.is_none_or(|seen| seen.value.entries.value().is_none()) {
                let what = format!("what lies behind the junction {folder}");
                return Err(Unknown::new(State::NotCollected, what));
            }
            match self.listing.map(|seen| (&seen.value.entries, &seen.at)) {
                Some((Reading::Value(_) | Reading::Missing(Missing { missing: State::Absent, .. }), _)) => {}
                Some((Reading::Missing(missing), at)) => {
                    return Err(crate::facts::raw::rows::unknown(missing, folder.as_str(), at));
                }
                None => return Err(self.not_listed(folder)),
            }
        }
        Ok(found)
    }
}
