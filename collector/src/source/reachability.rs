//! The servers that Outlook profiles name for the connector, and one contact with each, where a person agreed to it.
//! Contacts nobody else.

use std::net::Ipv4Addr;

use koff_bundle::{
    acquisition::{Acquisition, State},
    registry::Key,
};

use super::{Budget, Context, Raw, survey};
use crate::host::{Answer, Host, Root, absent};

/// A server as a profile names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Server {
    /// Its host name.
    pub name: String,
    /// Its port.
    pub port: u16,
    /// Whether the address is an encrypted one. All traffic of the connector is HTTP or HTTPS \[K15\]\[K11\]; without a
    /// scheme it is taken to be HTTPS.
    pub encrypted: bool,
}

/// Servers contacted, at most.
const MOST: usize = 3;

/// Keys of one profile looked into, and levels below it.
const KEYS: usize = 2_000;
const DEPTH: usize = 3;

/// One contact with each server.
///
/// # Errors
/// Where no profile names a server, or as the host says.
pub fn collect(context: &Context, budget: &Budget) -> Answer<Raw> {
    if !context.host.is_running() {
        return Err(Acquisition::ended(State::Unsupported, "only a running PC can reach a server"));
    }
    let servers = servers(context);
    if servers.is_empty() {
        return Err(absent("no Outlook profile names a server for the connector"));
    }
    let mut records = Vec::new();
    let all = servers.len();
    for server in servers {
        if budget.spent() {
            break;
        }
        records.push(context.host.reach(&server.name, server.port, server.encrypted)?);
    }
    let cut = (records.len() < all).then(|| format!("out of time: {} of {all} servers asked", records.len()));
    Ok(Raw { cut, ..Raw::records(&records)? })
}

/// What stands beside a connector DLL in a section of a profile and looks like the address of a host. A section that
/// names several hosts says nothing, and is left out.
#[must_use]
pub fn servers(context: &Context) -> Vec<Server> {
    let mut found = Vec::new();
    for person in &context.survey.people {
        let mut left = KEYS;
        for key in survey::profile_keys() {
            search(context.host.as_ref(), &survey::registry(person), &key, DEPTH, &mut left, &mut found);
        }
    }
    found.sort();
    found.dedup();
    found.truncate(MOST);
    found
}

fn search(host: &dyn Host, root: &Root, path: &str, depth: usize, left: &mut usize, found: &mut Vec<Server>) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    let Ok(key) = host.key(root, path) else { return };
    found.extend(in_section(&key));
    if depth > 0 {
        for name in &key.subkeys {
            search(host, root, &format!(r"{path}\{name}"), depth - 1, left, found);
        }
    }
}

/// The one server that a section of the connector names.
fn in_section(key: &Key) -> Option<Server> {
    let texts: Vec<String> = key.values.iter().filter_map(|value| value.text()).collect();
    let names_dll = |text: &String| survey::is_connector_dll(text.rsplit(['\\', '/']).next().unwrap_or_default());
    if !texts.iter().any(names_dll) {
        return None;
    }
    let mut servers: Vec<Server> = texts.iter().filter_map(|text| server(text)).collect();
    servers.sort();
    servers.dedup_by(|a, b| a.name == b.name);
    if servers.len() == 1 { servers.pop() } else { None }
}

/// `host.name`, `host.name:8443`, `https://host.name/path`; no files, no mail addresses. Four numbers are an address only
/// with a scheme or a port: alone they may as well be a version.
fn server(text: &str) -> Option<Server> {
    let text = text.trim().to_lowercase();
    let (encrypted, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => (true, text.as_str()),
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|port| *port > 0)?),
        None => (authority, if encrypted { 443 } else { 80 }),
    };
    let labels: Vec<&str> = name.split('.').collect();
    let plain = |label: &&str| {
        !label.is_empty() && label.len() < 64 && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top = labels.last()?;
    let file = ["dll", "exe", "fdb", "ini", "log", "dat", "pst", "ost", "xml"].contains(top);
    let named = labels.len() > 1 && labels.iter().all(plain) && !file && top.chars().all(char::is_alphabetic);
    let told = authority.contains(':') || rest.len() < text.len();
    let numbered = told && name.parse::<Ipv4Addr>().is_ok();
    ((named && top.len() > 1) || numbered).then(|| Server { name: name.to_owned(), port, encrypted })
}

#[cfg(test)]
mod tests {
    use koff_bundle::registry::{Value, value_type};

    use super::*;

    #[test]
    fn an_address_is_told_from_a_file_and_brings_its_port() {
        let found = |text: &str| server(text).map(|server| (server.name, server.port, server.encrypted));
        assert_eq!(found("mail.example.com"), Some(("mail.example.com".to_owned(), 443, true)));
        assert_eq!(found("https://Mail.example.com:8443/x"), Some(("mail.example.com".to_owned(), 8443, true)));
        assert_eq!(found("http://mail.example.com"), Some(("mail.example.com".to_owned(), 80, false)));
        assert_eq!(found("https://192.0.2.7"), Some(("192.0.2.7".to_owned(), 443, true)));
        assert_eq!(found("192.0.2.7:8443"), Some(("192.0.2.7".to_owned(), 8443, true)));
        for text in [
            "kofmsp.dll",
            "Anna Beispiel",
            "anna@example.com",
            r"C:\x.log",
            "9.4.0.6153",
            "9.4.0.61",
            "mail.example.com:0",
            "host",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn a_section_counts_only_with_the_connector_s_dll_and_one_host() {
        let wide = |text: &str| -> Vec<u8> { text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect() };
        let section = |texts: &[&str]| {
            let value = |text: &&str| Value { name: "001f6607".to_owned(), kind: value_type::BINARY, data: wide(text) };
            Key { values: texts.iter().map(value).collect(), ..Key::default() }
        };
        assert_eq!(in_section(&section(&["kofmsp.dll", "mail.example.com"])).unwrap().name, "mail.example.com");
        assert_eq!(in_section(&section(&["other.dll", "mail.example.com"])), None);
        assert_eq!(in_section(&section(&["kofmsp.dll", "mail.example.com", "proxy.example.com"])), None);
    }
}
