#![expect(unsafe_code, reason = "Win32 known folders and environment")]
//! Environment variables as the registry has them, machine-wide or a person's; what Windows makes up at sign-in
//! (`%LOCALAPPDATA%`, `%ProgramFiles%`, …) from where it is recorded.

use std::{ffi::c_void, ptr::null_mut};

use koff_bundle::path::WinPath;
use windows_sys::{
    Win32::{
        System::Environment::ExpandEnvironmentStringsW,
        UI::Shell::{FOLDERID_LocalAppData, FOLDERID_RoamingAppData, KF_FLAG_DEFAULT, SHGetKnownFolderPath},
    },
    core::GUID,
};

use super::{
    super::{Account, Answer, absent},
    library::function,
    registry::{Hive, read},
    wide::{narrow, wide},
};

const MACHINE: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment";

/// Nested `%…%` are followed this deep.
const DEPTH: usize = 8;

/// Same for every account of the machine, and recorded nowhere but in the environment.
const MADE_UP: &[&str] = &[
    "systemroot",
    "systemdrive",
    "windir",
    "programfiles",
    "programfiles(x86)",
    "programw6432",
    "commonprogramfiles",
    "commonprogramfiles(x86)",
    "commonprogramw6432",
    "programdata",
    "allusersprofile",
    "public",
    "computername",
];

/// A variable with `%…%` expanded; a person's where `account` is given.
pub(super) fn variable(name: &str, account: Option<&Account>) -> Answer<String> {
    let text = match account {
        Some(account) => personal(name, account),
        None => machine(name),
    };
    let text = text.ok_or_else(|| absent(format!("%{name}%: not set")))?;
    Ok(expand(&text, account, DEPTH))
}

fn machine(name: &str) -> Option<String> {
    let made_up = || MADE_UP.contains(&name.to_lowercase().as_str()).then(|| std::env::var(name).ok()).flatten();
    value(Hive::Machine, MACHINE, name).or_else(made_up)
}

fn personal(name: &str, account: &Account) -> Option<String> {
    let upper = name.to_uppercase();
    let folder = match upper.as_str() {
        "USERPROFILE" => return Some(account.profile.to_string()),
        "LOCALAPPDATA" => Some((&FOLDERID_LocalAppData, "Local AppData", r"AppData\Local")),
        "APPDATA" => Some((&FOLDERID_RoamingAppData, "AppData", r"AppData\Roaming")),
        _ => None,
    };
    let sid = account.sid.as_deref().unwrap_or(&account.key);
    if let Some((id, shell_name, usual)) = folder {
        let known = if account.current { known_folder(id) } else { None };
        let recorded = || {
            let shell = format!(r"{sid}\Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders");
            value(Hive::Users, &shell, shell_name)
        };
        return known.or_else(recorded).or_else(|| Some(account.profile.join(usual).to_string()));
    }
    value(Hive::Users, &format!(r"{sid}\Environment"), name)
        .or_else(|| value(Hive::Users, &format!(r"{sid}\Volatile Environment"), name))
        .or_else(|| (upper != "PATH").then(|| machine(name)).flatten())
}

fn value(hive: Hive, key: &str, name: &str) -> Option<String> {
    read(hive, key).ok()?.value(name)?.text().filter(|text| !text.is_empty())
}

/// Replaces each `%NAME%` that is set; leaves the others as they stand, as Windows does.
fn expand(text: &str, account: Option<&Account>, depth: usize) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        result.push_str(before);
        let Some((name, tail)) = after.split_once('%') else {
            result.push('%');
            rest = after;
            continue;
        };
        let found = account.and_then(|account| personal(name, account)).or_else(|| machine(name));
        match found.filter(|_| depth > 0 && !name.is_empty()) {
            Some(found) => {
                result.push_str(&expand(&found, account, depth - 1));
                rest = tail;
            }
            None => {
                result.push('%');
                rest = after;
            }
        }
    }
    result.push_str(rest);
    result
}

/// A known folder of the account that this process runs as.
fn known_folder(id: &GUID) -> Option<String> {
    type CoTaskMemFree = unsafe extern "system" fn(*const c_void);
    // Out of ole32.dll, where every Windows has it; the binding names a DLL that Windows 7 lacks.
    let free = function("ole32.dll", "CoTaskMemFree")?;
    let mut text: *mut u16 = null_mut();
    // SAFETY: on success the text is NUL-terminated; it is freed in either case, as the function asks for. The function of
    // that name has that signature.
    unsafe {
        let code = SHGetKnownFolderPath(id, KF_FLAG_DEFAULT as u32, null_mut(), &raw mut text);
        let found = (code == 0 && !text.is_null()).then(|| {
            let length = (0..32_768).take_while(|place| *text.add(*place) != 0).count();
            String::from_utf16_lossy(std::slice::from_raw_parts(text, length))
        });
        let free: CoTaskMemFree = std::mem::transmute(free);
        free(text.cast());
        found.map(|path| WinPath::new(path).to_string())
    }
}

/// `text` with machine-wide `%…%` expanded by Windows.
pub(super) fn expanded(text: &str) -> String {
    let source = wide(text);
    let mut target = vec![0_u16; 32_768];
    // SAFETY: the source is NUL-terminated, the target as long as said.
    let length = unsafe { ExpandEnvironmentStringsW(source.as_ptr(), target.as_mut_ptr(), target.len() as u32) };
    if length == 0 || length as usize > target.len() { text.to_owned() } else { narrow(&target) }
}
