//! Environment variables as a person's program would have seen them, out of the registry. Variables that Windows makes at
//! logon are rebuilt from the values it makes them of.

use koff_bundle::path::WinPath;

use super::{DiskHost, accounts::PROFILE_LIST};
use crate::host::{Account, Answer, absent};

const WINDOWS_NT: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const WINDOWS: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion";
const MACHINE: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment";
const SHELL_FOLDERS: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders";
/// Variables inside variables inside variables: no real one is deeper.
const MOST_DEPTH: usize = 8;

/// The variable's text, expanded; a person's `PATH` stands behind the machine's.
pub(super) fn variable(host: &DiskHost, name: &str, user: Option<&str>) -> Answer<String> {
    let account = match user {
        Some(key) => {
            let accounts = host.account_list().clone()?;
            let account = accounts.into_iter().find(|account| account.key.eq_ignore_ascii_case(key));
            Some(account.ok_or_else(|| absent(format!("no account {key} on this disk")))?)
        }
        None => None,
    };
    value(host, name, account.as_ref(), 0).ok_or_else(|| absent(format!("no variable {name}")))
}

/// `text` with every `%name%` that is known replaced; unknown ones stay as they are, as Windows leaves them.
pub(super) fn expand(host: &DiskHost, text: &str, account: Option<&Account>, depth: usize) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        match after.split_once('%') {
            Some((name, behind)) => {
                match value(host, name, account, depth + 1).filter(|_| !name.is_empty()) {
                    Some(value) => out.push_str(&value),
                    None => out.push_str(&format!("%{name}%")),
                }
                rest = behind;
            }
            None => {
                out.push('%');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn value(host: &DiskHost, name: &str, account: Option<&Account>, depth: usize) -> Option<String> {
    if depth > MOST_DEPTH {
        return None;
    }
    let upper = name.to_uppercase();
    let own = account.and_then(|account| own_value(host, &upper, account, depth));
    let machine = || stored(host, name, depth).or_else(|| built_in(host, &upper, depth));
    match (upper.as_str(), own) {
        ("PATH", Some(own)) => match machine() {
            Some(machine) => Some(format!("{};{own}", machine.trim_end_matches(';'))),
            None => Some(own),
        },
        (_, Some(own)) => Some(own),
        (_, None) => machine(),
    }
}

/// Variables of one person.
fn own_value(host: &DiskHost, upper: &str, account: &Account, depth: usize) -> Option<String> {
    let profile = account.profile.as_str();
    let folder = |value: &str, usual: &str| {
        let key = host.registry.user(&host.tree, &account.profile, SHELL_FOLDERS).ok();
        let text = key.and_then(|key| key.value(value)?.text()).filter(|text| !text.is_empty());
        text.map_or_else(|| account.profile.join(usual).to_string(), |text| expand(host, &text, Some(account), depth))
    };
    match upper {
        "USERPROFILE" => return Some(profile.to_owned()),
        "USERNAME" => return account.name.clone(),
        "HOMEDRIVE" => return profile.get(..2).map(str::to_owned),
        "HOMEPATH" => return profile.get(2..).map(str::to_owned),
        "APPDATA" => return Some(folder("AppData", r"AppData\Roaming")),
        "LOCALAPPDATA" => return Some(folder("Local AppData", r"AppData\Local")),
        _ => {}
    }
    let key = host.registry.user(&host.tree, &account.profile, "Environment").ok()?;
    let text = key.value(upper)?.text()?;
    Some(expand(host, &text, Some(account), depth))
}

fn stored(host: &DiskHost, name: &str, depth: usize) -> Option<String> {
    let text = host.machine_key(MACHINE).ok()?.value(name)?.text()?;
    Some(expand(host, &text, None, depth))
}

/// Variables that Windows makes itself.
fn built_in(host: &DiskHost, upper: &str, depth: usize) -> Option<String> {
    let drive = format!("{}:", host.tree.letter());
    let text = |key: &str, value: &str| host.machine_key(key).ok()?.value(value)?.text();
    match upper {
        "SYSTEMDRIVE" => Some(drive),
        "SYSTEMROOT" | "WINDIR" => Some(text(WINDOWS_NT, "SystemRoot").unwrap_or(format!(r"{drive}\Windows"))),
        "PROGRAMFILES" | "PROGRAMW6432" => {
            Some(text(WINDOWS, "ProgramFilesDir").unwrap_or(format!(r"{drive}\Program Files")))
        }
        "PROGRAMFILES(X86)" => text(WINDOWS, "ProgramFilesDir (x86)"),
        "COMMONPROGRAMFILES" | "COMMONPROGRAMW6432" => {
            Some(text(WINDOWS, "CommonFilesDir").unwrap_or(format!(r"{drive}\Program Files\Common Files")))
        }
        "COMMONPROGRAMFILES(X86)" => text(WINDOWS, "CommonFilesDir (x86)"),
        "PROGRAMDATA" | "ALLUSERSPROFILE" => {
            let text = text(PROFILE_LIST, "ProgramData").unwrap_or(format!(r"{drive}\ProgramData"));
            Some(expand(host, &text, None, depth))
        }
        "PUBLIC" => {
            let text = text(PROFILE_LIST, "Public").unwrap_or(format!(r"{drive}\Users\Public"));
            Some(expand(host, &text, None, depth))
        }
        "COMPUTERNAME" => text(r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName", "ComputerName"),
        _ => None,
    }
}

/// The letter of the drive that Windows ran from, as `SystemRoot` says.
pub(super) fn drive_letter(system_root: &str) -> Option<char> {
    let path = WinPath::new(system_root);
    let first = path.parts().next()?.chars().next()?;
    (path.is_absolute() && !path.is_unc() && first.is_ascii_alphabetic()).then_some(first)
}
