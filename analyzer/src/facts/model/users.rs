//! The people of the host: ids, names, folders. Loose evidence names nobody; its one user is made up from the registry
//! exports that belong to somebody.

use std::collections::BTreeMap;

use koff_bundle::{artifact::Artifact, path::WinPath, reading::Reading, record::UserRecord};

use crate::{
    evidence::Evidence,
    facts::raw::{
        Seen,
        input::Input,
        registry::Registry,
        rows::{Rows, untold},
    },
    verdict::Unknown,
};

/// One person.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// Id inside the bundle.
    pub id: String,
    /// The record, where the bundle has one.
    pub record: Option<Seen<UserRecord>>,
    /// Why the bundle has none, as far as it tells.
    pub gaps: Vec<Unknown>,
}

/// Everybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Users {
    /// Sorted by id.
    pub users: Vec<User>,
    /// Why there may be more.
    pub gaps: Vec<Unknown>,
}

impl Users {
    /// Security identifiers (upper case) and the ids they stand for.
    #[must_use]
    pub fn sids(rows: &Rows<UserRecord>) -> BTreeMap<String, String> {
        let pair = |seen: &Seen<UserRecord>| {
            let sid = seen.value.sid.value()?.to_uppercase();
            Some((sid, seen.value.id.clone()))
        };
        rows.iter().filter_map(pair).collect()
    }

    /// The users of `input`.
    #[must_use]
    pub fn read(input: &Input, registry: &Registry) -> Self {
        let rows: Rows<UserRecord> = input.rows(Artifact::Users);
        let mut users: Vec<User> = rows
            .rows
            .into_iter()
            .map(|seen| User { id: seen.value.id.clone(), record: Some(seen), gaps: Vec::new() })
            .collect();
        for id in registry.users() {
            if !users.iter().any(|user| user.id == id) && !is_service_account(&id) {
                users.push(User { id, record: None, gaps: rows.gaps.clone() });
            }
        }
        users.sort_by_key(|user| natural(&user.id));
        Self { users, gaps: rows.gaps }
    }

    /// The user called `id`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }
}

impl User {
    /// Where the record stands.
    #[must_use]
    pub fn at(&self) -> Option<&Evidence> {
        self.record.as_ref().map(|seen| &seen.at)
    }

    /// `%LOCALAPPDATA%`
    ///
    /// # Errors
    /// The bundle does not tell.
    pub fn local_app_data(&self) -> Result<WinPath, Unknown> {
        self.folder(|record| &record.folders.local_app_data, "%LOCALAPPDATA%").or_else(|why| {
            match self.record.as_ref().map(|seen| &seen.value.profile) {
                Some(profile) if profile.is_absolute() => Ok(profile.join(r"AppData\Local")),
                _ => Err(why),
            }
        })
    }

    fn folder(&self, pick: impl Fn(&UserRecord) -> &Reading<WinPath>, what: &str) -> Result<WinPath, Unknown> {
        let what = format!("{what} of {}", self.id);
        let Some(seen) = &self.record else { return Err(untold(what, &self.gaps)) };
        match pick(&seen.value) {
            Reading::Value(path) => Ok(path.clone()),
            Reading::Missing(missing) => Err(crate::facts::raw::rows::unknown(missing, &what, &seen.at)),
        }
    }

    /// Root folders of sync clients.
    ///
    /// # Errors
    /// The bundle does not tell.
    pub fn synced(&self) -> Result<Vec<WinPath>, Unknown> {
        let what = format!("synchronised folders of {}", self.id);
        let Some(seen) = &self.record else { return Err(untold(what, &self.gaps)) };
        let found = crate::facts::raw::rows::answer(&seen.value.folders.synced, &what, &seen.at)?;
        Ok(found.unwrap_or_default())
    }
}

/// Accounts of Windows itself, whose hives stand beside those of people.
fn is_service_account(id: &str) -> bool {
    matches!(id.to_uppercase().as_str(), "S-1-5-18" | "S-1-5-19" | "S-1-5-20" | ".DEFAULT" | "")
}

/// `user-2` before `user-10`.
fn natural(id: &str) -> (String, u64) {
    let digits = id.len() - id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (head, tail) = id.split_at(id.len() - digits);
    (head.to_owned(), tail.parse().unwrap_or(0))
}
