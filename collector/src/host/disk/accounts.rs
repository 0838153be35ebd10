//! Persons of a disk: the registry's list of profiles and the folder of profiles, brought together. Service accounts and
//! templates are left out.

use std::collections::BTreeMap;

use koff_bundle::{path::WinPath, registry::Key};

use super::DiskHost;
use crate::host::{Account, Answer, Root};

/// Key of the profile list.
pub(super) const PROFILE_LIST: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
/// Profiles that belong to nobody, lower case.
const NOBODY: [&str; 7] =
    ["default", "default user", "public", "all users", "defaultuser0", "defaultapppool", "default.migrated"];

/// Accounts sorted by key; an empty list where the disk has none.
pub(super) fn accounts(host: &DiskHost) -> Answer<Vec<Account>> {
    let mut found: BTreeMap<String, Account> = BTreeMap::new();
    let list = host.machine_key(PROFILE_LIST);
    for (key, sid, profile) in listed(host, list.as_ref().ok()) {
        if !(on_other_volume(host, &profile) || host.tree.find(&profile).is_ok()) {
            continue;
        }
        let name = name(host, &profile);
        found.insert(key.clone(), Account { key, sid: Some(sid), name, profile, current: false, at_screen: false });
    }
    let folder = host.text_value(list.as_ref().ok(), "ProfilesDirectory").unwrap_or(r"%SystemDrive%\Users".to_owned());
    let folder = WinPath::new(host.expand(&folder, None));
    let known: Vec<String> = found.values().map(|account| resolved(host, &account.profile)).collect();
    for name in host.folder_names(&folder) {
        let profile = folder.join(&name);
        if NOBODY.contains(&name.to_lowercase().as_str()) || known.contains(&resolved(host, &profile)) {
            continue;
        }
        // A junction like `All Users` has a place elsewhere; a person's folder is one that was lived in.
        let lived_in =
            ["NTUSER.DAT", "NTUSER.MAN", "AppData"].iter().any(|file| host.tree.find(&profile.join(file)).is_ok());
        if lived_in {
            let account = self::name(host, &profile);
            found.insert(
                name.clone(),
                Account { key: name, sid: None, name: account, profile, current: false, at_screen: false },
            );
        }
    }
    if found.is_empty()
        && let Err(end) = list
    {
        return Err(end);
    }
    Ok(found.into_values().collect())
}

/// Profiles of the registry's list that belong to persons: key, SID, folder.
fn listed(host: &DiskHost, list: Option<&Key>) -> Vec<(String, String, WinPath)> {
    let subkeys = list.map(|list| list.subkeys.as_slice()).unwrap_or_default();
    let mut profiles = Vec::new();
    for subkey in subkeys {
        // `.bak`: Windows could not load the profile and made a temporary one under the plain SID.
        let sid = subkey.trim_end_matches(".bak");
        if !["S-1-5-21-", "S-1-12-1-"].iter().any(|person| sid.starts_with(person)) {
            continue;
        }
        let key = host.machine_key(&format!(r"{PROFILE_LIST}\{subkey}")).ok();
        let Some(path) = host.text_value(key.as_ref(), "ProfileImagePath") else { continue };
        let twin = sid != subkey && subkeys.iter().any(|other| other == sid);
        let name = if twin { subkey } else { sid };
        profiles.push((name.to_owned(), sid.to_owned(), WinPath::new(host.expand(&path, None))));
    }
    profiles
}

/// The account's name as it logged on, else the name of its folder.
fn name(host: &DiskHost, profile: &WinPath) -> Option<String> {
    let explorer = r"Software\Microsoft\Windows\CurrentVersion\Explorer";
    let key = host.registry.user(&host.tree, profile, explorer).ok();
    let text = key.and_then(|key| key.value("Logon User Name")?.text()).filter(|text| !text.is_empty());
    text.or_else(|| Some(profile.file_name().to_owned()).filter(|name| !name.is_empty()))
}

/// Where the folder really is, to tell two spellings of one profile apart from two profiles.
fn resolved(host: &DiskHost, profile: &WinPath) -> String {
    host.tree.find(profile).map_or_else(|_| profile.key(), |place| place.path.key())
}

fn on_other_volume(host: &DiskHost, profile: &WinPath) -> bool {
    profile.is_unc() || !profile.is_under(&WinPath::new(format!("{}:\\", host.tree.letter())))
}

/// The profile folder of the account that [`Root::User`] names, by its list of accounts.
pub(super) fn profile(host: &DiskHost, root: &Root) -> Answer<Option<WinPath>> {
    match root {
        Root::Machine => Ok(None),
        Root::User(key) => {
            let accounts = host.account_list().clone()?;
            let account = accounts.into_iter().find(|account| account.key.eq_ignore_ascii_case(key));
            match account {
                Some(account) => Ok(Some(account.profile)),
                None => Err(crate::host::absent(format!("no account {key} on this disk"))),
            }
        }
    }
}
