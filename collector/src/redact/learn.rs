//! Where names come from: accounts, machine, registry, Outlook profiles, drives. Reads little, bounded, and forgives
//! whatever cannot be read; shapes and labels are masked without it.

use koff_bundle::registry::{Key as RegistryKey, Value, value_type};

use super::{kind::Kind, learned::Learned, words};
use crate::host::{Host, Root};

/// No more keys than this are read below all Outlook profiles and Kerio trees together.
const MOST_KEYS: usize = 4000;

/// Values with a fixed meaning: key, value, kind.
const MACHINE: &[(&str, &str, Kind)] = &[
    (r"SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName", "ComputerName", Kind::Host),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Hostname", Kind::Host),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "NV Hostname", Kind::Host),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "Domain", Kind::Domain),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "NV Domain", Kind::Domain),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "DhcpDomain", Kind::Domain),
    (r"SYSTEM\CurrentControlSet\Services\Tcpip\Parameters", "SearchList", Kind::Domain),
    (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "RegisteredOwner", Kind::Person),
    (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion", "RegisteredOrganization", Kind::Organisation),
    (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon", "DefaultUserName", Kind::User),
    (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon", "DefaultDomainName", Kind::Domain),
    (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon", "DefaultPassword", Kind::Secret),
    (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI", "LastLoggedOnUser", Kind::User),
    (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI", "LastLoggedOnSAMUser", Kind::User),
    (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI", "LastLoggedOnDisplayName", Kind::Person),
    (r"SOFTWARE\Microsoft\Cryptography", "MachineGuid", Kind::Guid),
    (r"SOFTWARE\Microsoft\SQMClient", "MachineId", Kind::Guid),
];

const PERSON: &[(&str, &str, Kind)] = &[
    ("Volatile Environment", "USERNAME", Kind::User),
    ("Volatile Environment", "USERDOMAIN", Kind::Domain),
    ("Volatile Environment", "USERDNSDOMAIN", Kind::Domain),
    ("Volatile Environment", "LOGONSERVER", Kind::Server),
    (r"Software\Microsoft\Office\Common\UserInfo", "UserName", Kind::Person),
    (r"Software\Microsoft\Office\Common\UserInfo", "Company", Kind::Organisation),
    (r"Software\Microsoft\Windows\CurrentVersion\Internet Settings", "AutoConfigURL", Kind::Url),
    (r"Software\Microsoft\Windows\CurrentVersion\Internet Settings", "ProxyServer", Kind::Url),
];

/// Keys of a person below which names are looked for in every text.
const TREES: &[&str] = &[
    r"Software\Kerio",
    r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles",
    r"Software\Microsoft\Office\16.0\Outlook\Profiles",
    r"Software\Microsoft\Office\15.0\Outlook\Profiles",
    r"Software\Microsoft\Office\16.0\Common\Identity\Identities",
    "Network",
];

/// Names that the host itself gives away.
#[must_use]
pub fn learn(host: &dyn Host) -> Learned {
    let mut learned = Learned::new();
    if let Some(name) = host.info().computer.value() {
        learned.add(Kind::Host, name);
    }
    fixed(host, &Root::Machine, MACHINE, &mut learned);
    let mut left = MOST_KEYS;
    for tree in [r"SOFTWARE\Kerio", r"SOFTWARE\WOW6432Node\Kerio"] {
        walk(host, &Root::Machine, tree, 0, &mut left, &mut learned);
    }
    for account in host.accounts().unwrap_or_default() {
        learned.add(Kind::User, account.profile.file_name());
        if let Some(name) = &account.name {
            learned.add(Kind::User, name);
        }
        let root = Root::User(account.key.clone());
        fixed(host, &root, PERSON, &mut learned);
        for (variable, kind) in [("USERDOMAIN", Kind::Domain), ("LOGONSERVER", Kind::Server), ("USERNAME", Kind::User)]
        {
            if let Ok(text) = host.variable(variable, Some(&account.key)) {
                learned.add(kind, &text);
            }
        }
        for tree in TREES {
            walk(host, &root, tree, 0, &mut left, &mut learned);
        }
    }
    for volume in host.volumes().unwrap_or_default() {
        harvest(volume.root.as_str(), &mut learned);
        if let Some(remote) = &volume.remote {
            harvest(remote.as_str(), &mut learned);
        }
    }
    learned
}

fn fixed(host: &dyn Host, root: &Root, values: &[(&str, &str, Kind)], learned: &mut Learned) {
    for (path, name, kind) in values {
        let Ok(key) = host.key(root, path) else { continue };
        let Some(text) = key.value(name).and_then(text_of) else { continue };
        match kind {
            Kind::Url => harvest(&text, learned),
            Kind::Domain => text.split([',', ' ']).for_each(|domain| learned.add(Kind::Domain, domain)),
            _ => learned.add(*kind, &text),
        }
    }
}

fn walk(host: &dyn Host, root: &Root, path: &str, depth: usize, left: &mut usize, learned: &mut Learned) {
    if *left == 0 || depth > 6 {
        return;
    }
    *left -= 1;
    let Ok(key) = host.key(root, path) else { return };
    from_key(path, &key, learned);
    for name in &key.subkeys {
        walk(host, root, &format!("{path}\\{name}"), depth + 1, left, learned);
    }
}

/// What a key gives away: a profile by its path, names by its values.
pub(super) fn from_key(path: &str, key: &RegistryKey, learned: &mut Learned) {
    let folded = path.to_lowercase();
    if folded.ends_with(r"\profiles") {
        key.subkeys.iter().for_each(|name| learned.add(Kind::Profile, name));
    }
    for value in &key.values {
        let Some(text) = text_of(value) else { continue };
        match value.name.to_lowercase().as_str() {
            name if super::json::is_secret_name(name) => {}
            "username" | "account name" | "user name" if !text.contains('@') => learned.add(Kind::User, &text),
            "friendlyname" | "display name" | "displayname" if folded.contains(r"\identities") => {
                learned.add(Kind::Person, &text);
            }
            "emailaddress" | "email" | "account name" | "001f6607" | "001f6603" => {
                learned.add(if text.contains('@') { Kind::Mail } else { Kind::User }, &text);
            }
            _ => harvest(&text, learned),
        }
    }
}

/// The readable text of a value: a string, or UTF-16 in bytes.
fn text_of(value: &Value) -> Option<String> {
    let text = match value.kind {
        value_type::MULTI_SZ => value.strings().join("\n"),
        _ => value.text()?,
    };
    let readable = !text.is_empty() && text.chars().all(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t'));
    readable.then_some(text)
}

/// Mail addresses, web addresses, shares and host names in a text.
pub(super) fn harvest(text: &str, learned: &mut Learned) {
    if let Some(rest) = text.trim().strip_prefix(r"\\") {
        let mut parts = rest.split('\\');
        if let (Some(server), Some(share)) = (parts.next(), parts.next())
            && !matches!(server, "?" | ".")
        {
            learned.add(Kind::Server, server);
            if !share.ends_with('$') {
                learned.add(Kind::Share, share);
            }
        }
        return;
    }
    for word in
        text.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '<' | '>' | '"' | '(' | ')' | '\'' | '='))
    {
        let host = word.split_once("://").map_or(word, |(_, rest)| rest);
        let host = host.split(['/', '?', '#', '\\']).next().unwrap_or(host);
        if let Some((local, domain)) = host.rsplit_once('@') {
            if word.contains("://") {
                learned.add(Kind::Server, without_port(domain));
            } else if is_host_name(domain) && !local.is_empty() && !local.contains(':') {
                learned.add(Kind::Mail, host);
            }
        } else if word.contains("://") && !host.is_empty() || is_host_name(without_port(host)) {
            learned.add(Kind::Server, without_port(host));
        }
    }
}

fn without_port(host: &str) -> &str {
    host.rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host, |(host, _)| host)
}

/// At least two labels, the last one letters, and no file name.
fn is_host_name(text: &str) -> bool {
    const FILES: &[&str] = &[
        "dll", "exe", "ini", "inf", "log", "txt", "xml", "dat", "fdb", "ost", "pst", "sys", "cpl", "tmp", "lnk",
        "json", "net", "cfg", "conf", "db", "zip", "msi", "cab", "mui", "htm", "html", "srs", "nk2", "otm",
    ];
    let labels: Vec<&str> = text.split('.').collect();
    let Some(last) = labels.last().filter(|_| labels.len() > 1) else { return false };
    let label =
        |label: &&str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let net = labels.len() == 2 && *last == "net";
    last.len() > 1
        && last.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (!FILES.contains(&last.to_ascii_lowercase().as_str()) || *last == "net" && !net)
        && labels.iter().all(label)
        && !words::is_public_host(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_settings_give_names_away_and_file_names_do_not() {
        let mut learned = Learned::new();
        for text in [
            "https://u:p@post.musterwerk.de:8443/x",
            "berta@musterwerk.de",
            "srv9.kunde.at:443",
            r"\\ablage\Gemeinsam\x",
            r"C:\Windows\kofmsp32.dll",
            "EMABLT.DLL",
            "9.4.0.6153",
            "www.kerio.com",
            "Contab32.dll",
        ] {
            harvest(text, &mut learned);
        }
        let names: Vec<&str> = learned.names().map(|(name, _, _)| name).collect();
        assert_eq!(names, ["ablage", "berta", "gemeinsam", "kunde.at", "musterwerk.de", "srv9"]);
    }
}
