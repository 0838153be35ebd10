//! People's accounts: those with a profile folder in the registry's profile list, and the one this process runs as.

use koff_bundle::path::WinPath;

use super::{
    super::{Account, Answer},
    environment::expanded,
    identity,
    refusal::failed,
    registry::{Hive, read},
};

const PROFILE_LIST: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";

/// SIDs of people begin like this: local and domain accounts, Entra ID (Azure AD) accounts.
const PEOPLE: &[&str] = &["S-1-5-21-", "S-1-12-1-"];

/// Accounts sorted by key.
pub(super) fn accounts() -> Answer<Vec<Account>> {
    let own = identity::own_sid();
    let screen = identity::screen_sid().or_else(|| own.clone());
    let list = read(Hive::Machine, PROFILE_LIST);
    let subkeys = list.as_ref().map(|key| key.subkeys.clone()).unwrap_or_default();
    let mut accounts: Vec<Account> = subkeys
        .iter()
        // `….bak` is what Windows leaves of a profile that it could not load.
        .filter(|sid| PEOPLE.iter().any(|start| sid.starts_with(start)) && !sid.contains('.'))
        .filter_map(|sid| Some(account(sid, profile_folder(sid)?, &own, &screen)))
        .collect();
    if let Some(sid) = &own
        && !accounts.iter().any(|account| account.current)
        && PEOPLE.iter().any(|start| sid.starts_with(start))
        && let Ok(folder) = std::env::var("USERPROFILE")
    {
        accounts.push(account(sid, WinPath::new(folder), &own, &screen));
    }
    match list {
        Err(refusal) if accounts.is_empty() => Err(refusal),
        _ if own.is_none() && accounts.is_empty() => Err(failed("neither a profile list nor an own account")),
        _ => {
            accounts.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(accounts)
        }
    }
}

fn account(sid: &str, profile: WinPath, own: &Option<String>, screen: &Option<String>) -> Account {
    let current = own.as_deref() == Some(sid);
    Account {
        key: sid.to_owned(),
        sid: Some(sid.to_owned()),
        name: signed_in_name(sid).or_else(|| current.then(|| std::env::var("USERNAME").ok()).flatten()),
        profile,
        current,
        at_screen: screen.as_deref() == Some(sid),
    }
}

fn profile_folder(sid: &str) -> Option<WinPath> {
    let key = read(Hive::Machine, &format!(r"{PROFILE_LIST}\{sid}")).ok()?;
    let folder = key.value("ProfileImagePath")?.text()?;
    Some(WinPath::new(expanded(&folder)))
}

/// Account name of a person who is signed in now; asks no domain controller.
fn signed_in_name(sid: &str) -> Option<String> {
    let key = read(Hive::Users, &format!(r"{sid}\Volatile Environment")).ok()?;
    key.value("USERNAME")?.text().filter(|name| !name.is_empty())
}
