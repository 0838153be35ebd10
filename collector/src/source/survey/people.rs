//! Whose evidence is collected: everybody with a trace of the connector; nobody having one, everybody with an Outlook
//! profile; nobody having that, everybody. Owns the people's records (`facts/users.json`) and their folders.

use koff_bundle::{
    acquisition::{Acquisition, State},
    path::WinPath,
    reading::Reading,
    record::{FoundBy, UserFolders, UserRecord},
};

use super::{Named, Survey, copies, references};
use crate::{
    host::{Account, Host, Root},
    plan::Plan,
    source::{Budget, environment, gap},
};

/// One person whose evidence is collected.
#[derive(Debug, Clone)]
pub struct Person {
    /// The account on the host.
    pub account: Account,
    /// What the bundle says of the person.
    pub record: UserRecord,
}

/// Key of a person's folders below `HKEY_CURRENT_USER`.
const SHELL_FOLDERS: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders";

/// `FOLDERID_Downloads`, the value's name in `User Shell Folders`.
const DOWNLOADS: &str = "{374DE290-123F-4565-9164-39C4925E467B}";

/// An account before it is known whether its evidence counts.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    person: Person,
    has_profile: bool,
}

/// Everybody on the host, with what their registries say.
pub(super) fn meet(host: &dyn Host, plan: &Plan, _: &Budget, survey: &mut Survey) {
    let mut accounts = match host.accounts() {
        Ok(accounts) => accounts,
        Err(end) => {
            survey.no_people = Some(end);
            return;
        }
    };
    for account in &accounts {
        survey.names.extend(account.name.clone().map(|name| (Named::User, name)));
        survey.names.push((Named::User, account.profile.file_name().to_owned()));
    }
    accounts.retain(|account| plan.user.as_deref().is_none_or(|name| is(account, name)));
    accounts.sort_by_key(|account| account.key.to_lowercase());
    for account in accounts {
        let mut record = record(host, &account);
        let found = references::from_profiles(host, &account);
        record.trace_of_connector = has_data_folder(host, &record)
            || host.key(&Root::User(account.key.clone()), r"Software\Kerio").is_ok()
            || !found.references.is_empty();
        let has_profile = !found.names.is_empty();
        survey.references.extend(found.references);
        let profiles = found.names.into_iter().chain(data_folder_names(host, &record));
        survey.names.extend(profiles.map(|name| (Named::Profile, name)));
        survey.candidates.push(Candidate { person: Person { account, record }, has_profile });
    }
}

/// Registries of everybody met, before the choice.
pub(super) fn registries(survey: &Survey) -> Vec<Root> {
    survey.candidates.iter().map(|candidate| Root::User(candidate.person.account.key.clone())).collect()
}

/// Connector DLLs in everybody's folders: a trace, too.
pub(super) fn search(host: &dyn Host, plan: &Plan, budget: &Budget, survey: &mut Survey) {
    for candidate in &mut survey.candidates {
        let copies = copies::of_person(host, plan, &candidate.person.record, budget);
        candidate.person.record.trace_of_connector |= !copies.found.is_empty();
        survey.copies.extend(copies.found);
        survey.gaps.extend(copies.gaps);
    }
}

/// Settles whose evidence is collected, and the ids under which the bundle knows them.
pub(super) fn choose(plan: &Plan, survey: &mut Survey) {
    let candidates = std::mem::take(&mut survey.candidates);
    let traced = candidates.iter().any(|candidate| candidate.person.record.trace_of_connector);
    let profiled = candidates.iter().any(|candidate| candidate.has_profile);
    let all = plan.user.is_some() || !(traced || profiled);
    let before = candidates.len();
    let counts = |candidate: &Candidate| {
        all || if traced { candidate.person.record.trace_of_connector } else { candidate.has_profile }
    };
    survey.people = candidates.into_iter().filter(counts).map(|candidate| candidate.person).collect();
    survey.others = before.saturating_sub(survey.people.len());
    for (place, person) in survey.people.iter_mut().enumerate() {
        person.record.id = format!("user-{}", place + 1);
    }
    name_owners(survey);
    if survey.people.is_empty() && survey.no_people.is_none() {
        survey.no_people = Some(Acquisition::ended(State::Absent, "no account has a profile folder on this host"));
    }
}

/// Gives what was found in people's registries and folders the ids that only the choice settled.
fn name_owners(survey: &mut Survey) {
    let people = &survey.people;
    let id = |key: &str| people.iter().find(|person| person.account.key == key).map(|person| person.record.id.clone());
    for reference in &mut survey.references {
        reference.user = reference.account.as_deref().and_then(id);
    }
    let chosen = |reference: &super::Reference| reference.account.is_none() || reference.user.is_some();
    survey.references.retain(chosen);
}

/// Whether `name` means this account: its name, its SID or the name of its profile folder.
pub(super) fn is(account: &Account, name: &str) -> bool {
    let same = |other: &str| other.to_lowercase() == name.to_lowercase();
    account.name.as_deref().is_some_and(same)
        || account.sid.as_deref().is_some_and(same)
        || same(account.profile.file_name())
}

/// The account's Desktop, redirections followed.
pub(super) fn desktop(host: &dyn Host, account: &Account) -> Option<WinPath> {
    shell_folder(host, account, "Desktop", &["Desktop"]).value().cloned()
}

fn record(host: &dyn Host, account: &Account) -> UserRecord {
    let unknown = |what: &str| Reading::missing(State::Failed, format!("the host does not tell the {what}"));
    let root = Root::User(account.key.clone());
    let hive = match host.key(&root, "Software") {
        Ok(_) => Reading::Value(true),
        Err(end) => Reading::from(Err(end)),
    };
    UserRecord {
        id: String::new(),
        sid: account.sid.clone().map_or_else(|| unknown("SID"), Reading::Value),
        name: account.name.clone().map_or_else(|| unknown("account name"), Reading::Value),
        profile: account.profile.clone(),
        current: account.current,
        at_screen: account.at_screen,
        hive,
        trace_of_connector: false,
        folders: folders(host, account),
    }
}

fn folders(host: &dyn Host, account: &Account) -> UserFolders {
    let local = shell_folder(host, account, "Local AppData", &[r"AppData\Local", r"Local Settings\Application Data"]);
    let temp = match host.variable("TEMP", Some(&account.key)) {
        Ok(text) if WinPath::new(&text).is_absolute() => Reading::Value(WinPath::new(text)),
        _ => match local.value() {
            Some(folder) => Reading::Value(folder.join("Temp")),
            None => local.clone(),
        },
    };
    let roaming = shell_folder(host, account, "AppData", &[r"AppData\Roaming", "Application Data"]);
    UserFolders {
        desktop: shell_folder(host, account, "Desktop", &["Desktop"]),
        downloads: shell_folder(host, account, DOWNLOADS, &["Downloads"]),
        synced: synced(host, account, &[local.value(), roaming.value()]),
        local_app_data: local,
        roaming_app_data: roaming,
        temp,
    }
}

/// A folder by its value in `User Shell Folders`; where the value is not there, the first usual place that exists. A
/// registry that cannot be read leaves the usual place if it exists, since it was seen and not guessed.
fn shell_folder(host: &dyn Host, account: &Account, value: &str, usual: &[&str]) -> Reading<WinPath> {
    let key = host.key(&Root::User(account.key.clone()), SHELL_FOLDERS);
    if let Ok(key) = &key
        && let Some(text) = key.value(value).and_then(koff_bundle::registry::Value::text)
    {
        let expanded = environment::expand(host, &text, Some(&account.key));
        let home = account.profile.as_str();
        let path = WinPath::new(expanded.replace("%USERPROFILE%", home));
        if path.is_absolute() {
            return Reading::Value(path);
        }
    }
    let seen = usual.iter().map(|below| account.profile.join(below)).find(|path| host.stat(path).is_ok());
    match (seen, key) {
        (Some(path), _) => Reading::Value(path),
        (None, Ok(_)) => {
            Reading::missing(State::Absent, format!("no {value} folder is set, and the usual one is not there"))
        }
        (None, Err(end)) => Reading::from(Err(end)),
    }
}

/// Root folders of sync clients: OneDrive's accounts, and Dropbox' own record of its folder.
fn synced(host: &dyn Host, account: &Account, data: &[Option<&WinPath>]) -> Reading<Vec<WinPath>> {
    let root = Root::User(account.key.clone());
    let mut found: Vec<WinPath> = Vec::new();
    const ACCOUNTS: &str = r"Software\Microsoft\OneDrive\Accounts";
    match host.key(&root, ACCOUNTS) {
        Ok(key) => {
            for name in &key.subkeys {
                let folder = host.key(&root, &format!(r"{ACCOUNTS}\{name}"));
                let text = folder.ok().and_then(|key| key.value("UserFolder").and_then(|value| value.text()));
                found.extend(text.filter(|text| !text.is_empty()).map(WinPath::new));
            }
        }
        Err(end) if end.state == State::Absent => {}
        Err(end) => return Reading::from(Err(end)),
    }
    for name in ["OneDrive", "OneDriveCommercial", "OneDriveConsumer"] {
        found.extend(host.variable(name, Some(&account.key)).ok().map(WinPath::new).filter(WinPath::is_absolute));
    }
    for folder in data.iter().flatten() {
        found.extend(dropbox(host, &folder.join(r"Dropbox\info.json")));
    }
    found.sort_by_key(WinPath::key);
    found.dedup_by_key(|path| path.key());
    Reading::Value(found)
}

/// The folders that Dropbox' `info.json` names.
fn dropbox(host: &dyn Host, file: &WinPath) -> Vec<WinPath> {
    use std::io::Read as _;
    let Ok(bytes) = host.open(file) else { return Vec::new() };
    let mut text = String::new();
    if bytes.take(64 << 10).read_to_string(&mut text).is_err() {
        return Vec::new();
    }
    let Ok(serde_json::Value::Object(accounts)) = serde_json::from_str(&text) else { return Vec::new() };
    let paths = accounts.values().filter_map(|account| account.get("path")?.as_str());
    paths.map(WinPath::new).filter(WinPath::is_absolute).collect()
}

/// `%LOCALAPPDATA%\Kerio\Outlook Connector` \[K2\]\[K6\], or anything of Kerio beside it.
fn has_data_folder(host: &dyn Host, record: &UserRecord) -> bool {
    let folders = [record.folders.local_app_data.value(), record.folders.roaming_app_data.value()];
    folders.iter().flatten().any(|folder| host.stat(&folder.join("Kerio")).is_ok_and(|stat| stat.folder))
}

/// One sub-folder of the data folder for each Outlook profile \[K2\], past ones too.
fn data_folder_names(host: &dyn Host, record: &UserRecord) -> Vec<String> {
    let Some(local) = record.folders.local_app_data.value() else { return Vec::new() };
    let children = host.list(&local.join(r"Kerio\Outlook Connector")).unwrap_or_default();
    children.into_iter().filter(|child| child.stat.folder).map(|child| child.name).collect()
}

/// Folders of a person where a connector DLL has no business, with the word for each.
pub(super) fn staging(record: &UserRecord) -> Vec<(WinPath, FoundBy)> {
    let folders = &record.folders;
    [
        (&folders.downloads, FoundBy::Downloads),
        (&folders.desktop, FoundBy::Desktop),
        (&folders.temp, FoundBy::Temp),
        (&folders.roaming_app_data, FoundBy::Roaming),
    ]
    .into_iter()
    .filter_map(|(reading, word)| Some((reading.value()?.clone(), word)))
    .collect()
}

/// Notes that a part of the survey was cut short.
pub(super) fn note(survey_gaps: &mut Vec<koff_bundle::manifest::Gap>, place: &WinPath, why: &str) {
    survey_gaps.push(gap(place.as_str(), Acquisition::ended(State::Truncated, why)));
}
